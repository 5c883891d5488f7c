"""Security headers of responses."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Nothing is loaded, framed or submitted.
STRICT_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class SecurityHeaders:
    """Add security headers to every response.

    Parameters
    ----------
    app
        What is guarded.
    service_paths
        First segments of the paths of the service: they get the strictest policy and are never cached, as they hold
        personal data. A response that brings a policy of its own keeps it.
    page_policy
        Content security policy of all other paths.
    """

    def __init__(self, app: ASGIApp, service_paths: Collection[str], page_policy: str | None) -> None:
        self.app = app
        self.service_paths = frozenset(service_paths)
        self.page_policy = page_policy or STRICT_POLICY

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        from starlette.datastructures import MutableHeaders

        is_service = first_segment(scope["path"]) in self.service_paths

        async def send_with_headers(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                headers = MutableHeaders(scope=message)
                for name, value in _ALWAYS.items():
                    headers[name] = value
                headers.setdefault("Content-Security-Policy", STRICT_POLICY if is_service else self.page_policy)
                if is_service:
                    headers["Cache-Control"] = "no-store"
            await send(message)

        await self.app(scope, receive, send_with_headers)


def first_segment(path: str) -> str:
    """Return the first part of a path: "personas" of "/personas/ada"."""
    return path.lstrip("/").partition("/")[0]
