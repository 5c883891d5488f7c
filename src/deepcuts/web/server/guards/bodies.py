"""Limits on the size and the form of bodies."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TYPE_CHECKING

from deepcuts.web.problems import Problem
from deepcuts.web.server.guards.headers import first_segment
from deepcuts.web.server.guards.hosts import header_values

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


_COMPRESSED = Problem(
    415,
    "The body is compressed, or encoded in another way. Send it as it is, without Content-Encoding.",
    "encoding",
    headers={"Accept-Encoding": "identity"},
)
_NO_JSON = Problem(415, "The body is to be JSON. Send it with Content-Type: application/json.", "encoding")
_JSON = re.compile(r"application/(?:[\w.-]+\+)?json\s*(;.*)?", re.IGNORECASE)


class BodyGuard:
    """Refuse bodies that are too large, by the length they announce or else once that much has come, or of no use.

    What is compressed is refused by all paths, and what does not say that it is JSON by those of the service.

    Parameters
    ----------
    app
        What is guarded.
    service_paths
        First segments of the paths of the service.
    body_bytes, upload_bytes
        Largest body for those paths, and for all others.
    """

    def __init__(self, app: ASGIApp, service_paths: Collection[str], body_bytes: int, upload_bytes: int) -> None:
        self.app = app
        self.service_paths = frozenset(service_paths)
        self.body_bytes, self.upload_bytes = body_bytes, upload_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        is_service = first_segment(scope["path"]) in self.service_paths
        most = self.body_bytes if is_service else self.upload_bytes
        too_large = Problem(413, f"The body is too large; at most {most:,} bytes are read.", "body")
        if any(coding.strip().lower() != "identity" for coding in header_values(scope, b"content-encoding")):
            await _COMPRESSED.refuse(scope, receive, send)
            return
        if is_service and not _says_json(scope):
            await _NO_JSON.refuse(scope, receive, send)
            return
        # Twenty digits are enough: int() of thousands takes long. What zeros in front let through is counted below.
        if any(not length.isdigit() or int(length[:20]) > most for length in header_values(scope, b"content-length")):
            await too_large.refuse(scope, receive, send)
        else:
            await self._count(scope, receive, send, most, too_large)

    async def _count(self, scope: Scope, receive: Receive, send: Send, most: int, too_large: Problem) -> None:
        n_bytes, has_answered = 0, False

        async def receive_counted() -> Message:
            nonlocal n_bytes
            message = await receive()
            n_bytes += len(message.get("body", b""))
            # Readers of a body take this as its end, and give up.
            return message if n_bytes <= most else {"type": "http.disconnect"}

        async def send_unless_too_large(message: Message) -> None:
            nonlocal has_answered
            if n_bytes <= most or has_answered:
                has_answered = True
                await send(message)

        try:
            await self.app(scope, receive_counted, send_unless_too_large)
        except Exception:
            if n_bytes <= most:
                raise
        if n_bytes > most and not has_answered:
            await too_large.refuse(scope, receive, send)


def _says_json(scope: Scope) -> bool:
    """Whether a body is announced as JSON, or there is none."""
    types = header_values(scope, b"content-type")
    lengths = header_values(scope, b"content-length") + header_values(scope, b"transfer-encoding")
    return all(map(_JSON.fullmatch, types)) if types else all(length.strip() == "0" for length in lengths)
