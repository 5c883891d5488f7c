"""Connections as uvicorn serves them with h11, but for clients that say nothing for long, no HTTP, or too much.

A client that opens a connection and sends half a request would hold it for ever, and one that opens thousands would
hold all. Where the body of a request turns out to be no HTTP, uvicorn answers that itself, but leaves the request under
way to answer once more. And at the end it closes connections on which a request may be on its way.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import json
import sys
from collections import Counter
from functools import partial
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from deepcuts.web.problems import MEDIA_TYPE, Problem
from deepcuts.web.server.guards.heads import TOO_LARGE
from deepcuts.web.server.guards.rates import network_of
from deepcuts.web.server.settings import ServiceSettings, networks_of

HEAD_SECONDS = 20.0  # from the beginning of a connection, or of a later request on it, to the end of the headers
BODY_SECONDS = 30.0  # from one part of a body to the next
LINGER_SECONDS = 0.3  # at the end, for requests that were sent before their client could know of it
FIRST_SECONDS = 1.5  # at the end, for the first request of a connection

_NO_HTTP = Problem(400, "This is no HTTP request.")
_TOO_MANY = Problem(429, "Too many connections from this address. Close some.", "connections")


def connections_of(settings: ServiceSettings) -> Any:
    """Make the maker of connections that `uvicorn.Config` takes as its ``http``.

    It stands on h11: the faster parser of uvicorn takes headers without end.
    """
    return partial(Connection, crowd=Crowd(settings.connections, settings.trusted_proxies))


class Crowd:
    """How many connections every address has.

    Parameters
    ----------
    most
        Connections of one address; 0 sets no limit.
    exempt
        Addresses and networks without a limit, such as those of proxies.
    """

    def __init__(self, most: int = 0, exempt: tuple[str, ...] = ()) -> None:
        self.most, self.exempt = most, [network for text in exempt for network in networks_of(text)]
        self._of_address: Counter[str] = Counter()

    def enter(self, address: str) -> bool:
        """Count a connection; return whether it is one too many."""
        network = network_of(address)
        self._of_address[network] += 1
        return 0 < self.most < self._of_address[network] and not self._is_exempt(address)

    def _is_exempt(self, address: str) -> bool:
        with contextlib.suppress(ValueError):
            return any(ipaddress.ip_address(address) in network for network in self.exempt)
        return False

    def leave(self, address: str) -> None:
        """Count a connection no more."""
        network = network_of(address)
        self._of_address[network] -= 1
        if self._of_address[network] <= 0:
            del self._of_address[network]

    def __len__(self) -> int:
        return self._of_address.total()


class Connection(H11Protocol):
    """One connection; its `crowd` is that of the server."""

    def __init__(self, *args: Any, crowd: Crowd | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._crowd = Crowd() if crowd is None else crowd
        self._deadline: asyncio.TimerHandle | None = None
        self._address = ""

    def connection_made(self, transport: Any) -> None:  # noqa: D102
        super().connection_made(transport)
        self._address = self.client[0] if self.client else ""
        if self._crowd.enter(self._address):
            self._refuse(_TOO_MANY)
        else:
            self._expect(HEAD_SECONDS)

    def data_received(self, data: bytes) -> None:  # noqa: D102
        super().data_received(data)
        if self.conn.their_state is h11.SEND_BODY:
            self._expect(BODY_SECONDS)
        elif self.conn.their_state is h11.IDLE and self.conn.trailing_data[0]:  # half of the headers
            if self._deadline is None:
                self._expect(HEAD_SECONDS)
        else:
            self._expect_nothing()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: D102
        self._crowd.leave(self._address)
        self._expect_nothing()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, or too large, and tell a request under way that its client is gone."""
        # It is called where the error is handled, which says what is wrong.
        hint = getattr(sys.exc_info()[1], "error_status_hint", 400)
        problem = TOO_LARGE if hint == TOO_LARGE.status else _NO_HTTP
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            self._refuse(problem)
            return
        cycle.disconnected = True
        cycle.message_event.set()
        if cycle.response_started:
            self.transport.close()
        else:
            self._refuse(problem)

    def shutdown(self) -> None:
        """Close the connection after what is under way; where nothing is, a request may be on its way."""
        if self._is_idle():
            seconds = FIRST_SECONDS if self.cycle is None else LINGER_SECONDS
            most = self.config.timeout_graceful_shutdown
            self.loop.call_later(seconds if most is None else min(seconds, most / 2), super().shutdown)
        else:
            super().shutdown()

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _refuse(self, problem: Problem) -> None:
        """Send a problem, without a request or in place of its response, and close the connection."""
        content = json.dumps(problem.document()).encode()
        headers = [("content-type", MEDIA_TYPE), ("content-length", str(len(content))), ("connection", "close")]
        parts = (h11.Response(status_code=problem.status, headers=headers), h11.Data(data=content), h11.EndOfMessage())
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.write(b"".join(self.conn.send(part) or b"" for part in parts))
        self.transport.close()

    def _expect(self, seconds: float) -> None:
        """Close the connection after so many seconds, unless something comes."""
        self._expect_nothing()
        self._deadline = self.loop.call_later(seconds, self._give_up)

    def _expect_nothing(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        if self.transport.get_protocol() is self:  # a WebSocket has taken the connection over otherwise
            self.transport.close()
