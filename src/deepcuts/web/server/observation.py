"""What stays of a request: its id, one line in the log, counts in the metrics."""

from __future__ import annotations

import logging
import re
from time import perf_counter
from typing import TYPE_CHECKING
from uuid import uuid4

from deepcuts.web.problems import INTERNAL, REQUEST_ID
from deepcuts.web.server import logs
from deepcuts.web.server.guards.hosts import PROBES, header_values
from deepcuts.web.server.guards.rates import address_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from deepcuts.web.server.ending import Ending
    from deepcuts.web.server.metrics import Metrics

logger = logging.getLogger(__name__)

_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_CLIENT_LEFT = 499  # status in log and metrics: the client closed the connection before the response
_QUIET = frozenset({f"/{probe}" for probe in PROBES} | {"/metrics"})


class Observation:
    """Give a request its id, count it and log it; respond where the application fails.

    Parameters
    ----------
    app
        What is observed.
    metrics
        Where requests are counted.
    ending
        Whether connections are to be closed, as the process is about to end.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, ending: Ending) -> None:
        self.app = app
        self.metrics = metrics
        self.ending = ending

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope[REQUEST_ID] = _request_id(scope)
        logs.request_id.set(scope[REQUEST_ID])
        status, began = 0, perf_counter()

        async def send_observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                closing = [(b"connection", b"close")] if self.ending.has_begun else []
                message["headers"] = [*message["headers"], (b"x-request-id", scope[REQUEST_ID].encode()), *closing]
            await send(message)

        self.metrics.under_way.inc()
        try:
            await self.app(scope, receive, send_observed)
        except Exception:
            logger.exception("a request failed", extra={logs.FIELDS: {"route": _route(scope)}})
            if not status:  # else the response has begun, and no other can be sent
                await INTERNAL.refuse(scope, receive, send_observed)
        finally:
            self.metrics.under_way.dec()
            self._note(scope, status or _CLIENT_LEFT, perf_counter() - began)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        # Not free text: each new label is a new series in memory.
        route, method = _route(scope), scope["method"] if scope["method"] in _METHODS else "other"
        self.metrics.requests.labels(route, method, str(status)).inc()
        self.metrics.seconds.labels(route).observe(seconds)
        fields = {
            "route": route,
            "method": method,
            "status": status,
            "ms": round(1e3 * seconds, 2),
            "client": address_of(scope),
        }
        level = logging.DEBUG if route in _QUIET and status < 400 else logging.INFO
        logger.log(level, "request", extra={logs.FIELDS: fields})


def _request_id(scope: Scope) -> str:
    """Take the id that the client gave, if it is one that a log can hold, or make one."""
    given = header_values(scope, b"x-request-id")
    return given[0] if len(given) == 1 and _SANE_ID.fullmatch(given[0]) else uuid4().hex


def _route(scope: Scope) -> str:
    """Return the pattern of the path, which has no ids in it."""
    return getattr(scope.get("route"), "path_format", "") or "other"
