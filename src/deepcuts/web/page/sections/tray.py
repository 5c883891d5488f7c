"""What was kept, in view on every tab."""

from __future__ import annotations

from typing import Any

from nicegui import ui
from nicegui.element import Element

from deepcuts.data.labels import known_mbids
from deepcuts.web.page.session import View, VisitorSession, text_in
from deepcuts.web.page.state.exports import FORMATS, export
from deepcuts.web.page.state.item_choices import toggle_kept


class Tray(Element, component="tray.js"):
    """The keep list, and its exports."""

    def __init__(self, session: VisitorSession) -> None:
        super().__init__()
        self.session = session
        self.props["kept"], self.props["forms"] = [], list(FORMATS)
        session.on_visit.append(self.show)
        self.on("drop", self._on_drop)
        self.on("export", self._on_export)

    def show(self, view: View) -> None:
        """Show the keep list as it is now."""
        self.props["kept"] = [{"id": item_id, "name": name} for item_id, name in view.visit.kept.items()]

    async def _on_drop(self, event: Any) -> None:
        item_id, kept = text_in(event), self.session.visit.kept
        if item_id in kept:
            await self.session.change(lambda: toggle_kept(self.session.visit, item_id), "No longer kept:", item_id)

    def _on_export(self, event: Any) -> None:
        form = text_in(event)
        if form in FORMATS:
            kept, model = self.session.visit.kept, self.session.visit.model
            mbids = known_mbids(model.item_ids, model.seen.labels, model.item_ids.indexes_of(list(kept)))
            content = export(kept, form, dict(zip(kept, mbids, strict=True)))
            ui.download.content(content, f"deepcuts.{form}", FORMATS[form])
