"""Section "Who am I"."""

from __future__ import annotations

from collections.abc import Sequence
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
    start_as_stranger,
    start_from_user,
)
from deepcuts.web.page.state.pasted import MOST_TEXT, take_names
from deepcuts.web.page.state.shared_views import Example

_N_FOUND = 8
_MOST_QUERY = 200
_MOST_ARTISTS = 2_000  # own artists sent to the browser


class Finder(Element, component="finder.js"):
    """Search, own artists, exports, listeners to start from."""

    def __init__(
        self, session: VisitorSession, upload_url: str, upload_bytes: int, examples: Sequence[Example]
    ) -> None:
        super().__init__()
        self.session = session
        self.props["upload-url"], self.props["upload-bytes"] = upload_url, upload_bytes
        self.props["text-length"] = MOST_TEXT
        self.props["with-users"] = session.views.with_users
        self.props["found"] = {"query": "", "items": []}
        self.props["state"] = {
            "artists": [],
            "unmatched": [],
            "n_unmatched": 0,
            "source": "",
            "examples": [_example(one) for one in examples],
            "users": [],
            "n_entered": 0,
            "is_known": bool(session.visit.plays),
            "has_begun": session.visit.has_begun,
        }
        session.on_visit.append(self.show)
        self.on("search", self._on_search)
        self.on("enter", self._on_enter)
        self.on("add", self._on_add)
        self.on("amount", self._on_amount)
        self.on("remove", self._on_remove)
        self.on("example", self._on_user)
        self.on("user", self._on_user)
        self.on("users", self._on_users)
        self.on("popular", self._on_popular)
        self.on("clear", self._on_clear)

    def show(self, view: View) -> None:
        """Show the visit as it is now."""
        visit, scale = view.visit, plays_scale(view.visit)
        self._update_state(
            artists=[
                {"id": one.item_id, "name": one.name, "plays": round(one.plays), "dots": _n_dots(one.plays / scale)}
                for one in own_artists(visit)[:_MOST_ARTISTS]
            ],
            is_known=bool(visit.plays),
            has_begun=visit.has_begun,
            source=visit.source,
            unmatched=[
                {"name": one.artist, "suggestions": [{"id": item, "name": name} for item, name in one.suggestions]}
                for one in visit.unmatched
            ],
            n_unmatched=visit.n_unmatched,
        )

    def _update_state(self, **fields: object) -> None:
        self.props["state"] = {**self.props["state"], **fields}
        self.update()

    async def _on_search(self, event: Any) -> None:
        query, shared = text_in(event)[:_MOST_QUERY], self.session.views.current
        found = await self.session.look_up(lambda: shared.matcher.search(query, _N_FOUND)) if query else None
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

    async def _on_enter(self, event: Any) -> None:
        """Take what was typed before the search had answered, or pasted: one name or many."""
        text, plays = str(field_in(event, "text"))[:MOST_TEXT], self._plays(event)
        visit, matcher = self.session.visit, self.session.views.current.matcher
        found = 0

        def take() -> None:
            nonlocal found
            found = take_names(visit, matcher, text, plays)

        n_lost = visit.n_unmatched
        await self.session.change(take, "Added what you typed")
        n_lost = visit.n_unmatched - n_lost
        if n_lost:
            are = "is" if n_lost == 1 else "are"
            self.session.notify(
                f"{found:,} added; {n_lost:,} {are} not in this catalogue: see below the artists."
                if found
                else "This model knows no artist by that name: see what may be meant below."
            )
        self._update_state(n_entered=self.props["state"]["n_entered"] + 1)  # finder.js counts what is under way

    async def _on_add(self, event: Any) -> None:
        await self._add(event, "Added")

    async def _on_amount(self, event: Any) -> None:
        await self._add(event, "Changed how often I play")

    async def _add(self, event: Any, words: str) -> None:
        item_id, plays, visit = str(field_in(event, "item")), self._plays(event), self.session.visit
        await self.session.change(lambda: add_artist(visit, item_id, plays), words, item_id)

    def _plays(self, event: Any) -> float:
        """Plays that the chosen words stand for."""
        amount = str(field_in(event, "amount"))
        return AMOUNTS.get(amount, AMOUNTS["often"]) * plays_scale(self.session.visit)

    async def _on_remove(self, event: Any) -> None:
        item_id = text_in(event)
        await self.session.change(lambda: remove_artist(self.session.visit, item_id), "Removed", item_id)

    async def _on_user(self, event: Any) -> None:
        if self.session.views.with_users:
            user_id = text_in(event)
            await self.session.change(lambda: start_from_user(self.session.visit, user_id), "Started from a listener")

    async def _on_users(self, event: Any) -> None:
        shared, text = self.session.views.current, text_in(event)[:_MOST_QUERY]
        self._update_state(users=await self.session.look_up(lambda: shared.users_like(text)) or [])

    async def _on_popular(self) -> None:
        await self.session.change(lambda: start_as_stranger(self.session.visit), "Started from what everybody plays")

    async def _on_clear(self) -> None:
        await self.session.change(lambda: clear_artists(self.session.visit), "Started over")


def _n_dots(plays: float) -> int:
    """How much an artist is played, in one to three dots."""
    return 1 + sum(plays >= least for least in (AMOUNTS["often"] / 2, AMOUNTS["a lot"] / 2))


def _example(example: Example) -> dict[str, object]:
    """A listener to start from, told by artists of theirs."""
    return {"id": example.user_id, "title": ", ".join(example.artists), "n_artists": example.n_artists}
