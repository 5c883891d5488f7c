"""Request targets in absolute form, `GET http://host/path`, which a server has to accept (RFC 9112, section 3.2.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


class AbsoluteTargets:
    """Take the path out of a target in absolute form, and its host in place of the Host header, as the RFC has it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        target = (scope.get("raw_path") or b"").decode("latin-1")
        if target.lower().startswith(("http://", "https://")):
            scope = {**scope, **_parts(target, scope["headers"])}
        await self.app(scope, receive, send)


def _parts(target: str, headers: list[tuple[bytes, bytes]]) -> dict[str, object]:
    """Path and headers of a request for such a target; what cannot be taken apart names no host, and is refused."""
    try:
        parts = urlsplit(target)
    except ValueError:
        parts = urlsplit("")
    path = parts.path or "/"
    others = [(name, value) for name, value in headers if name != b"host"]
    return {
        "path": unquote(path),
        "raw_path": path.encode("latin-1"),
        "headers": [(b"host", parts.netloc.encode("latin-1")), *others],
    }
