"""Section "Who am I"."""

from __future__ import annotations

from typing import Any

from nicegui.element import Element

from deepcuts.web.page.session import View, VisitorSession, field_in, text_in
from deepcuts.web.page.state.visit import AMOUNTS

_N_FOUND = 8
_MOST_QUERY = 200
_MOST_SHOWN = 2_000  # own artists sent to the browser


class Finder(Element, component="finder.js"):
    """Search, own artists, exports, listeners to start from."""

    def __init__(self, session: VisitorSession, upload_url: str, upload_bytes: int) -> None:
        super().__init__()
        self.session = session
        self.props["upload-url"], self.props["upload-bytes"] = upload_url, upload_bytes
        self.props["found"] = {"query": "", "items": []}
        self.props["state"] = {
            "artists": [],
            "unmatched": [],
            "n_unmatched": 0,
            "examples": [],
            "users": [],
            "source": "",
        }
        self.props["with-users"] = session.shelves.with_users
        session.on_visit.append(self.show)
        for name in ("search", "add", "amount", "remove", "example", "user", "users", "clear"):
            self.on(name, getattr(self, f"_{name}"))

    def show(self, view: View) -> None:
        """Show the visit as it is now."""
        visit, scale = view.visit, view.visit.scale
        self.props["state"] = {
            **self.props["state"],
            "artists": [
                {"id": item, "name": name, "plays": round(plays), "dots": _dots(plays / scale)}
                for item, name, plays in visit.artists()[:_MOST_SHOWN]
            ],
            "source": visit.source,
            "unmatched": [
                {"name": lost.artist, "suggestions": [{"id": item, "name": name} for item, name in lost.suggestions]}
                for lost in visit.unmatched
            ],
            "n_unmatched": visit.n_unmatched,
        }
        self.update()

    async def show_examples(self) -> None:
        """Find listeners to start from; slow once, for the first visitor."""
        examples = await self.session.answer(lambda: self.session.shelves.current.examples)
        self._set(
            examples=[
                {
                    "id": one.user_id,
                    "title": " + ".join(dict.fromkeys(_tag(name) for name in one.personas)),
                    "n_artists": one.n_artists,
                }
                for one in examples or ()
            ]
        )

    def _set(self, **fields: object) -> None:
        self.props["state"] = {**self.props["state"], **fields}
        self.update()

    async def _search(self, event: Any) -> None:
        query = text_in(event)[:_MOST_QUERY]
        shelf = self.session.shelves.current
        found = await self.session.answer(lambda: shelf.matcher.search(query, _N_FOUND)) if query else None
        rows = [] if found is None else found.to_pylist()
        items = [
            {"id": row["item_id"], "name": row["name"], "listeners": int(shelf.model.item_listeners[row["item_index"]])}
            for row in rows
        ]
        self.props["found"] = {"query": query, "items": items}
        self.update()

    async def _add(self, event: Any) -> None:
        item, amount = field_in(event, "item"), field_in(event, "amount")
        await self.session.change(lambda: self._play(str(item), amount))

    def _play(self, item: str, amount: object) -> None:
        visit = self.session.visit
        visit.add(item, AMOUNTS.get(str(amount), AMOUNTS["often"]) * visit.scale)

    async def _amount(self, event: Any) -> None:
        await self._add(event)

    async def _remove(self, event: Any) -> None:
        await self.session.change(lambda: self.session.visit.remove(text_in(event)))

    async def _example(self, event: Any) -> None:
        await self._user(event)

    async def _user(self, event: Any) -> None:
        if self.session.shelves.with_users:
            await self.session.change(lambda: self.session.visit.become_user(text_in(event)))

    async def _users(self, event: Any) -> None:
        shelf, text = self.session.shelves.current, text_in(event)[:_MOST_QUERY]
        self._set(users=await self.session.answer(lambda: shelf.users_like(text)) or [])

    async def _clear(self) -> None:
        await self.session.change(self.session.visit.clear)


def _dots(plays: float) -> int:
    """How much an artist is played, in one to three dots."""
    return 1 + sum(plays >= least for least in (AMOUNTS["often"] / 2, AMOUNTS["a lot"] / 2))


def _tag(name: str) -> str:
    """First part of a persona's name: its tag, or else its artists."""
    return name.split(" · ", maxsplit=1)[0]
