"""Section "The map"."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from nicegui.element import Element

from deepcuts.web.page.session import View, VisitorSession, text_in


class Atlas(Element, component="atlas.js"):
    """The map of artists, with the visitor's own, their personas and the list on it; made once it is looked at."""

    def __init__(self, session: VisitorSession, source: str) -> None:
        super().__init__()
        self.session = session
        session.shows_map = True
        self.props["source"], self.props["marks"] = source, []
        session.on_list.append(self.show)
        self.on("add", self._add)

    def show(self, view: View) -> None:
        """Mark the visit as it is now."""
        self.props["marks"] = [asdict(mark) for mark in view.marks]

    async def _add(self, event: Any) -> None:
        await self.session.change(lambda: self.session.visit.more_like(text_in(event)))
