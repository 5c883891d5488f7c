"""What the browser keeps of a visit, and what a link brings."""

from __future__ import annotations

from typing import Any

from nicegui.element import Element

from deepcuts.web.page.sections.share import Share
from deepcuts.web.page.session import View, VisitorSession, field_in
from deepcuts.web.page.state.profile import options_of, profile_of, restore_options, restore_profile


class Memory(Element, component="memory.js"):
    """Keeps the profile in the storage of the browser's tab, and brings it back where the server has lost it."""

    def __init__(self, session: VisitorSession, share: Share) -> None:
        super().__init__()
        self.session, self.share = session, share
        self.has_looked = False  # into the storage: until then nothing is written over what it holds
        self.props["profile"], self.props["options"], self.props["looked"] = None, None, False
        session.on_list.append(self._keep_options)
        session.on_visit.append(self._keep_profile)
        self.on("found", self._on_found)
        self.on("shared", self._on_shared)

    def _keep_profile(self, view: View) -> None:
        if self.has_looked:
            self.props["profile"] = profile_of(view.visit)

    def _keep_options(self, view: View) -> None:
        if self.has_looked:
            self.props["options"] = options_of(view.visit.list_options)

    async def _on_found(self, event: Any) -> None:
        self.has_looked = True
        await self._bring_back(event)
        self.props["looked"] = True

    async def _bring_back(self, event: Any) -> None:
        """Bring back what the browser kept, where the server does not know the visit."""
        visit = self.session.visit
        profile, options = field_in(event, "profile"), field_in(event, "options")
        if profile is None or visit.plays or visit.kept or visit.refused:
            await self.session.change()
            return
        matcher, n_lost = self.session.views.current.matcher, 0

        def restore() -> None:
            nonlocal n_lost
            restore_options(visit.list_options, options)
            n_lost = restore_profile(visit, profile, matcher)

        await self.session.change(restore)
        if n_lost:
            what = "artist of yours is" if n_lost == 1 else "artists of yours are"
            self.session.notify(f"{n_lost:,} {what} not in the model that is served now; the others are.")

    async def _on_shared(self, event: Any) -> None:
        await self.share.offer(field_in(event, "profile"))
