"""Limit on the size of what comes before a body: the address and the headers of a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepcuts.web.problems import Problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

HEADER_BYTES = 32 << 10
TOO_LARGE = Problem(431, f"The headers are too large; at most {HEADER_BYTES:,} bytes are read.", "headers")
_OF_A_LINE = 4  # ": " and the end of the line


class HeadGuard:
    """Refuse requests whose address and headers are larger than `HEADER_BYTES`.

    The parser refuses those that come in pieces as soon as they are; one that comes at once it takes whole.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] in ("http", "websocket") and _size(scope) > HEADER_BYTES:
            await TOO_LARGE.refuse(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def _size(scope: Scope) -> int:
    headers = sum(len(name) + len(value) + _OF_A_LINE for name, value in scope["headers"])
    return headers + len(scope.get("raw_path") or b"") + len(scope.get("query_string") or b"")
