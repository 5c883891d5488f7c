"""What just happened: a change of the profile, which can be taken back, or a message."""

from __future__ import annotations

from nicegui.element import Element

from deepcuts.web.page.session import View, VisitorSession


class Toast(Element, component="toast.js"):
    """Messages at the foot of the window; also where Ctrl-Z is heard."""

    def __init__(self) -> None:
        super().__init__()
        self.session: VisitorSession | None = None
        self._show("", "", "")
        self.on("undo", self._on_undo)
        self.on("close", self._on_close)

    def follow(self, session: VisitorSession) -> None:
        """Tell of the changes of a session."""
        self.session = session
        session.on_visit.append(self.show)

    def say(self, message: str) -> None:
        """Show a message until it is closed or another change succeeds; an empty one removes the last."""
        if message or self.props["message"]:
            self._show(message, "", self.props["undoable"])

    def show(self, view: View) -> None:
        """Tell what has changed, if anything has."""
        if view.changed:
            self._show("", view.changed, view.undoable)
        else:
            self.props["undoable"] = view.undoable

    async def _on_undo(self) -> None:
        if self.session is not None:
            await self.session.undo()

    def _on_close(self) -> None:
        self.say("")

    def _show(self, message: str, changed: str, undoable: str) -> None:
        self.props["message"], self.props["changed"], self.props["undoable"] = message, changed, undoable
        self.props["sequence"] = self.props.get("sequence", 0) + 1  # the same words twice are shown twice
        self.update()
