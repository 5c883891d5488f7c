"""The end of the routes of the service, before those of a page that takes every path."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match

from deepcuts.web.problems import problem_of
from deepcuts.web.server.guards.headers import first_segment

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send


class Unanswered(BaseRoute):
    """What the routes before it leave of some paths: 405 where one of them takes another method, else 404.

    Parameters
    ----------
    routes
        The routes before it.
    segments
        First segments of the paths.
    has_page
        Whether a page stands behind it, which has a WebSocket of its own.
    """

    def __init__(self, routes: Sequence[BaseRoute], segments: Collection[str], *, has_page: bool) -> None:
        self.routes, self.segments, self.has_page = tuple(routes), frozenset(segments), has_page

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Take every request for such a path, and for a WebSocket, of which the service has none."""
        is_socket = scope["type"] == "websocket"
        is_asked = is_socket or scope["type"] == "http"
        is_ours = (is_asked and first_segment(scope["path"]) in self.segments) or (is_socket and not self.has_page)
        return (Match.FULL if is_ours else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request, as the router does that no page stands behind.

        Raises
        ------
        HTTPException
            Always, but for WebSockets.
        """
        if scope["type"] == "websocket":
            await problem_of(HTTPException(404)).refuse(scope, receive, send)
            return
        for route in self.routes:
            match, child_scope = route.matches(scope)
            if match is Match.PARTIAL:  # another method is taken, and the route says which
                scope.update(child_scope)
                await route.handle(scope, receive, send)
                return
        raise HTTPException(404)
