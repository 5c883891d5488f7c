"""Section "The map"."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from nicegui.element import Element

from deepcuts.web.page.session import View, VisitorSession, text_in
from deepcuts.web.page.state.own_artists import add_as_often_played


class Atlas(Element, component="atlas.js"):
    """The map of artists, with the visitor's own, their personas and the list on it; made when it is first opened."""

    def __init__(self, session: VisitorSession, source: str) -> None:
        super().__init__()
        self.session = session
        session.shows_map = True
        self.props["source"], self.props["marks"] = source, []
        session.on_list.append(self.show)
        self.on("add", self._on_add)

    def show(self, view: View) -> None:
        """Mark the visit as it is now."""
        self.props["marks"] = [asdict(mark) for mark in view.marks]

    async def _on_add(self, event: Any) -> None:
        item_id = text_in(event)
        await self.session.change(lambda: add_as_often_played(self.session.visit, item_id), "Added", item_id)
