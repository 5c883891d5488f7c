"""Section "Who am I"."""

from __future__ import annotations

from typing import Any

from nicegui.element import Element

from deepcuts.web.page.session import View, VisitorSession, field_in, text_in
from deepcuts.web.page.state.own_artists import (
    AMOUNTS,
    add_artist,
    clear_artists,
    own_artists,
    plays_scale,
    remove_artist,
    start_from_user,
)
from deepcuts.web.page.state.shared_views import Example

_N_FOUND = 8
_MOST_QUERY = 200
_MOST_ARTISTS = 2_000  # own artists sent to the browser


class Finder(Element, component="finder.js"):
    """Search, own artists, exports, listeners to start from."""

    def __init__(self, session: VisitorSession, upload_url: str, upload_bytes: int) -> None:
        super().__init__()
        self.session = session
        self.props["upload-url"], self.props["upload-bytes"] = upload_url, upload_bytes
        self.props["with-users"] = session.views.with_users
        self.props["found"] = {"query": "", "items": []}
        self.props["state"] = {"artists": [], "unmatched": [], "n_unmatched": 0, "source": ""}
        self.props["state"] |= {"examples": [], "users": []}
        session.on_visit.append(self.show)
        self.on("search", self._on_search)
        self.on("add", self._on_add)
        self.on("amount", self._on_add)
        self.on("remove", self._on_remove)
        self.on("example", self._on_user)
        self.on("user", self._on_user)
        self.on("users", self._on_users)
        self.on("clear", self._on_clear)

    def show(self, view: View) -> None:
        """Show the visit as it is now."""
        visit, scale = view.visit, plays_scale(view.visit)
        self._update_state(
            artists=[
                {"id": one.item_id, "name": one.name, "plays": round(one.plays), "dots": _n_dots(one.plays / scale)}
                for one in own_artists(visit)[:_MOST_ARTISTS]
            ],
            source=visit.source,
            unmatched=[
                {"name": one.artist, "suggestions": [{"id": item, "name": name} for item, name in one.suggestions]}
                for one in visit.unmatched
            ],
            n_unmatched=visit.n_unmatched,
        )

    async def show_examples(self) -> None:
        """Find listeners to start from; slow once, for the first visitor."""
        examples = await self.session.run(lambda: self.session.views.current.examples)
        self._update_state(examples=[_example(one) for one in examples or ()])

    def _update_state(self, **fields: object) -> None:
        self.props["state"] = {**self.props["state"], **fields}
        self.update()

    async def _on_search(self, event: Any) -> None:
        query, shared = text_in(event)[:_MOST_QUERY], self.session.views.current
        found = await self.session.run(lambda: shared.matcher.search(query, _N_FOUND)) if query else None
        rows = [] if found is None else found.to_pylist()
        items = [
            {
                "id": row["item_id"],
                "name": row["name"],
                "listeners": int(shared.model.item_listeners[row["item_index"]]),
            }
            for row in rows
        ]
        self.props["found"] = {"query": query, "items": items}  # by the query, finder.js drops what is out of date
        self.update()

    async def _on_add(self, event: Any) -> None:
        item_id, amount = str(field_in(event, "item")), str(field_in(event, "amount"))
        plays = AMOUNTS.get(amount, AMOUNTS["often"])
        visit = self.session.visit
        await self.session.change(lambda: add_artist(visit, item_id, plays * plays_scale(visit)))

    async def _on_remove(self, event: Any) -> None:
        await self.session.change(lambda: remove_artist(self.session.visit, text_in(event)))

    async def _on_user(self, event: Any) -> None:
        if self.session.views.with_users:
            await self.session.change(lambda: start_from_user(self.session.visit, text_in(event)))

    async def _on_users(self, event: Any) -> None:
        shared, text = self.session.views.current, text_in(event)[:_MOST_QUERY]
        self._update_state(users=await self.session.run(lambda: shared.users_like(text)) or [])

    async def _on_clear(self) -> None:
        await self.session.change(lambda: clear_artists(self.session.visit))


def _n_dots(plays: float) -> int:
    """How much an artist is played, in one to three dots."""
    return 1 + sum(plays >= least for least in (AMOUNTS["often"] / 2, AMOUNTS["a lot"] / 2))


def _example(example: Example) -> dict[str, object]:
    """A listener to start from, titled by the tags of their personas, or else by the artists in the names."""
    tags = dict.fromkeys(name.split(" · ", maxsplit=1)[0] for name in example.personas)
    return {"id": example.user_id, "title": " + ".join(tags), "n_artists": example.n_artists}
