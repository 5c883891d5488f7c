"""Scripts inside the document run only if they carry a nonce, drawn at random for every document.

NiceGUI starts from such scripts. A script that a name might inject into the document has no nonce, and does not run.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SCRIPT = b"<script"  # NiceGUI escapes "<" wherever it writes text into a document

# Vue compiles templates in the browser, and NiceGUI keeps event handlers as text: both need 'unsafe-eval'. Styles are
# set on elements, which needs 'unsafe-inline'. Everything else comes from this server.
_POLICY = (
    "default-src 'none'",
    "script-src 'self' 'unsafe-eval'{nonce}",
    "style-src 'self' 'unsafe-inline'",
    "font-src 'self'",
    "img-src 'self' data: blob:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
)


def page_policy(nonce: str = "") -> str:
    """Content security policy of the page; `nonce` lets the scripts run that carry it."""
    return "; ".join(_POLICY).format(nonce=f" 'nonce-{nonce}'" if nonce else "")


class ScriptNonces:
    """Add a nonce to the scripts of every HTML document, and let only those run.

    Parameters
    ----------
    app
        NiceGUI; its responses must not be compressed yet.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        await self.app(scope, receive, _DocumentSender(send) if scope["type"] == "http" else send)


class _DocumentSender:
    """Sends a response; an HTML document only once it is complete, with a nonce in its scripts and in its policy."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None  # of an HTML document
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_html(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")  # as the nonces change the length, which the start announces
            if not message.get("more_body", False):
                await self._send_document(self._start)

    async def _send_document(self, start: Message) -> None:
        from starlette.datastructures import MutableHeaders

        nonce = secrets.token_urlsafe(16)
        body = self._body.replace(_SCRIPT, _SCRIPT + f' nonce="{nonce}"'.encode())
        headers = MutableHeaders(scope=start)
        headers["Content-Length"] = str(len(body))
        headers["Content-Security-Policy"] = page_policy(nonce)
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})


def _is_html(message: Message) -> bool:
    return any(name == b"content-type" and value.startswith(b"text/html") for name, value in message["headers"])
