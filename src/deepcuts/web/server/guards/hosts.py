"""Checks of the Host and Origin headers.

An open page of another site can point its own host name at 127.0.0.1 (DNS rebinding) and then read whatever is served
there. The Host header of its requests still holds that name. A page can also send requests to other addresses as they
are; those that change something, and WebSockets, carry the page's Origin.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from deepcuts.web.problems import Problem
from deepcuts.web.server.guards.headers import first_segment

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

PROBES = frozenset({"healthz", "readyz"})  # asked by address, say nothing of anyone, and need no token

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class HostGuard:
    """Refuse requests that were meant for another host, or that come from the page of another one.

    Parameters
    ----------
    app
        What is guarded.
    known_hosts
        Names that the Host header may hold, in small letters; None lets any pass.
    cors_origins
        Origins of other pages that may ask; * stands for all.
    """

    def __init__(self, app: ASGIApp, known_hosts: frozenset[str] | None, cors_origins: Collection[str] = ()) -> None:
        self.app = app
        self.known_hosts = known_hosts
        self.cors_origins = frozenset(cors_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        problem = self._problem(scope) if scope["type"] in ("http", "websocket") else None
        if problem is None:
            await self.app(scope, receive, send)
        else:
            await problem.refuse(scope, receive, send)

    def _problem(self, scope: Scope) -> Problem | None:
        if first_segment(scope["path"]) in PROBES:
            return None
        hosts = header_values(scope, b"host")
        if len(hosts) != 1 or host_name(hosts[0]) is None:
            return Problem(400, "A request needs one Host header that names this service.", "host")
        if self.known_hosts is not None and host_name(hosts[0]) not in self.known_hosts:
            return Problem(
                421, "This service does not go by the name in the Host header. Name it with --allowed-host.", "host"
            )
        origins = [] if "*" in self.cors_origins else header_values(scope, b"origin")
        origins = [origin for origin in origins if origin not in self.cors_origins]
        changes = scope["type"] == "websocket" or scope["method"] not in _SAFE_METHODS
        if changes and any(host_of_origin(origin) != hosts[0].lower() for origin in origins):
            return Problem(403, "The page of another host must not ask for this.", "origin")
        return None


def header_values(scope: Scope, name: bytes) -> list[str]:
    """All values of one header."""
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


def host_name(host: str) -> str | None:
    """Return the name in a Host header, without its port and in small letters; None where there is none."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def host_of_origin(origin: str) -> str | None:
    """Return the host and the port of an Origin, in small letters; None for "null" and nonsense."""
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None
