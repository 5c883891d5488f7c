"""Connections as uvicorn serves them with h11, but for clients that say nothing for long, or no HTTP.

A client that opens a connection and sends half a request would hold it for ever. And where the body of a request turns
out to be no HTTP, uvicorn answers that itself, but leaves the request under way to answer once more.
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 20.0  # from the beginning of a connection, or of a later request on it, to the end of the headers
BODY_SECONDS = 30.0  # from one part of a body to the next


class Connection(H11Protocol):
    """One connection; `uvicorn.Config` takes the name of this class as its ``http``."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:  # noqa: D102
        super().connection_made(transport)
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
        self._expect_nothing()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, and tell a request under way that its client is gone."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            super().send_400_response(msg)
            return
        cycle.disconnected = True
        cycle.message_event.set()
        if cycle.response_started:
            self.transport.close()
        else:
            super().send_400_response(msg)

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
