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
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        from starlette.datastructures import MutableHeaders

        start: Message | None = None
        body = b""

        async def send_with_nonce(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start" and _is_html(message):
                start = message
            elif start is None:
                await send(message)
            else:
                body += message.get("body", b"")
                if not message.get("more_body", False):
                    nonce = secrets.token_urlsafe(16)
                    body = body.replace(_SCRIPT, _SCRIPT + f' nonce="{nonce}"'.encode())
                    headers = MutableHeaders(scope=start)
                    headers["Content-Length"] = str(len(body))
                    headers["Content-Security-Policy"] = page_policy(nonce)
                    await send(start)
                    await send({"type": "http.response.body", "body": body})

        await self.app(scope, receive, send_with_nonce)


def _is_html(message: Message) -> bool:
    return any(name == b"content-type" and value.startswith(b"text/html") for name, value in message["headers"])
