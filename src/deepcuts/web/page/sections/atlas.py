"""Section "The map"."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from nicegui.element import Element

from deepcuts.web.page.session import View, VisitorSession, text_in
from deepcuts.web.page.state.map_marks import map_place
from deepcuts.web.page.state.own_artists import add_as_often_played
from deepcuts.web.page.state.shared_views import SharedViews

_MOST_QUERY = 200


class Atlas(Element, component="atlas.js"):
    """The map of artists, with the visitor's own, their personas and the list on it; made when it is first opened."""

    def __init__(self, session: VisitorSession, source: str) -> None:
        super().__init__()
        self.session = session
        session.shows_map = True
        self.props["source"], self.props["marks"], self.props["sought"] = source, [], None
        session.on_list.append(self.show)
        self.on("add", self._on_add)
        self.on("seek", self._on_seek)

    def show(self, view: View) -> None:
        """Mark the visit as it is now."""
        self.props["marks"] = [asdict(mark) for mark in view.marks]

    async def _on_add(self, event: Any) -> None:
        item_id = text_in(event)
        await self.session.change(lambda: add_as_often_played(self.session.visit, item_id), "Added", item_id)

    async def _on_seek(self, event: Any) -> None:
        """Find an artist as the search does, on the map or not."""
        query, shared = text_in(event)[:_MOST_QUERY], self.session.views.current
        self.props["sought"] = await self.session.look_up(lambda: _find(shared, query))


def _find(shared: SharedViews, query: str) -> dict[str, object]:
    rows = shared.matcher.search(query, 1).to_pylist() if query else []
    if not rows:
        return {"query": query}
    x, y = map_place(shared.model, shared.item_map, rows[0]["item_index"])
    return {"query": query, "id": rows[0]["item_id"], "name": rows[0]["name"], "x": x, "y": y}
