"""Limits on the requests of one client."""

from __future__ import annotations

import ipaddress
import math
from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

from deepcuts.web.problems import Problem
from deepcuts.web.server.guards.headers import first_segment
from deepcuts.web.server.guards.hosts import PROBES

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_MOST_CLIENTS = 10_000  # beyond, the least recently used bucket is dropped; it is full again by then, or nearly
_IPV6_NETWORK = 64  # bits that one household shares


class TokenBuckets:
    """One bucket of permits for each client: `burst` of them at most, refilled by `rate` a second.

    Parameters
    ----------
    rate
        Permits a second, above 0.
    burst
        Permits of a full bucket.
    clock
        Seconds that only grow.
    """

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = monotonic) -> None:
        self.rate, self.burst, self.clock = rate, burst, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, client: str) -> float:
        """Take a permit; return 0, or after how many seconds there will be one."""
        now = self.clock()
        # Popped and set again: the order is that of last use.
        permits, then = self._buckets.pop(client, (float(self.burst), now))
        permits = min(self.burst, permits + (now - then) * self.rate)
        wait = max(0.0, (1 - permits) / self.rate)
        self._buckets[client] = (permits if wait else permits - 1, now)
        if len(self._buckets) > _MOST_CLIENTS:
            self._buckets.popitem(last=False)
        return wait

    def __len__(self) -> int:
        return len(self._buckets)


class RateGuard:
    """Refuse requests of a client that sends too many.

    Parameters
    ----------
    app
        What is guarded.
    rate, burst
        As in `TokenBuckets`; a rate of 0 sets no limit.
    """

    def __init__(self, app: ASGIApp, rate: float, burst: int) -> None:
        self.app = app
        self.buckets = TokenBuckets(rate, burst) if rate > 0 else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        wait = 0.0
        is_probe = scope["type"] == "lifespan" or first_segment(scope["path"]) in PROBES
        if self.buckets is not None and not is_probe:
            wait = self.buckets.take(client_of(scope))
        if not wait:
            await self.app(scope, receive, send)
            return
        problem = Problem(
            429,
            "Too many requests from this address. Wait as long as the Retry-After header says.",
            "rate",
            headers={"Retry-After": str(math.ceil(wait))},
        )
        await problem.refuse(scope, receive, send)


def client_of(scope: Scope) -> str:
    """Client that a request counts for: an address, or for IPv6 its network, which is what is assigned."""
    return network_of(str((scope.get("client") or ("",))[0]))


def network_of(address: str) -> str:
    """Network of an IPv6 address; anything else as it is."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 6:
        return str(ipaddress.IPv6Network((int(found), _IPV6_NETWORK), strict=False))
    return address


def address_of(scope: Scope) -> str:
    """Client of a request, for the log; empty where a proxy has forwarded something else than an address."""
    client = client_of(scope)
    try:
        ipaddress.ip_network(client)
    except ValueError:
        return ""
    return client
