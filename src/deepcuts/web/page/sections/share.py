"""A picture of the visitor's tastes, a link to them, and blends with other people's."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from nicegui.element import Element

from deepcuts.web.page.session import View, VisitorSession, text_in
from deepcuts.web.page.state.blend import BLENDED, blend, leave_blend
from deepcuts.web.page.state.persona_card import persona_card
from deepcuts.web.page.state.profile import read_entries, restore_profile, shared_plays, shared_profile

_OPENED = "Opened a shared profile"


class Share(Element, component="share.js"):
    """What goes to others, and what comes from them."""

    def __init__(self, session: VisitorSession, upload_url: str) -> None:
        super().__init__()
        self.session = session
        self.view: View | None = None
        self.offered: object = None
        self.props["upload-url"] = upload_url
        self.props["known"], self.props["card"], self.props["profile"] = False, "", None
        self.props["offered"], self.props["blend"] = 0, None
        session.on_visit.append(self.show)
        session.on_list.append(self._remember)
        self.on("open", self._on_open)
        self.on("accept", self._on_accept)
        self.on("leave", self._on_leave)

    def show(self, view: View) -> None:
        """Show the blend, if there is one."""
        visit = view.visit
        self.props["known"] = bool(view.cards)
        self.props["blend"] = asdict(visit.blend) | {"mine": None} if visit.blend else None

    async def offer(self, profile: object) -> None:
        """Open a profile that a link brought; where there are artists, ask what to do with it first."""
        visit, matcher = self.session.visit, self.session.views.current.matcher
        if not visit.plays:
            await self.session.change(lambda: restore_profile(visit, profile, matcher), _OPENED)
            return
        entries = await self.session.run(lambda: list(read_entries(profile)))
        if entries:
            self.offered, self.props["offered"] = profile, len(entries)

    def _remember(self, view: View) -> None:
        self.view = view

    def _on_open(self) -> None:
        if self.view is not None:
            self.props["card"] = persona_card(self.view.cards, self.view.listed.rows)
            self.props["profile"] = shared_profile(self.view.visit)

    async def _on_accept(self, event: Any) -> None:
        profile, how, self.offered, self.props["offered"] = self.offered, text_in(event), None, 0
        visit, shared = self.session.visit, self.session.views.current
        if how == "open":
            await self.session.change(lambda: restore_profile(visit, profile, shared.matcher), _OPENED)
        elif how == "blend":
            await self.session.change(
                lambda: blend(visit, shared_plays(profile, visit, shared.matcher), shared.usual_matches), BLENDED
            )

    async def _on_leave(self) -> None:
        await self.session.change(lambda: leave_blend(self.session.visit), "Left the blend")
