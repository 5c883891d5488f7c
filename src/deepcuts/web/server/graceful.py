"""A server that ends in steps: it tells balancers, answers what still comes, finishes what is under way, and stops."""

from __future__ import annotations

import asyncio
import ctypes
import logging
import signal
import socket
import struct
import sys
from collections.abc import Callable
from time import monotonic
from types import FrameType

import uvicorn

from deepcuts.web.server import logs
from deepcuts.web.server.ending import Ending

logger = logging.getLogger(__name__)

_AT_ONCE_SECONDS = (
    0.5  # within which two signals are one: a terminal sends it to workers, as does who watches over them
)
_SO_ATTACH_FILTER = 26  # of Linux; Python has no name for it
_DROP_ALL = (0x06, 0, 0, 0)  # the one instruction of a packet filter that returns 0, so that nothing passes
_ACCEPT_SECONDS = 0.05  # for connections that the system has taken and the server has not yet


class GracefulServer(uvicorn.Server):
    """A server that SIGTERM ends in two steps: it drains for some seconds, then finishes what is under way.

    While it drains it takes requests as ever. Any other signal, or a second one, skips the rest of the first step.

    Parameters
    ----------
    config
        That of uvicorn.
    ending
        That of the application.
    drain_seconds
        How long the first step takes.
    beat
        Called every tenth of a second, as long as the event loop turns.
    on_start
        Called once requests are answered.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        ending: Ending,
        drain_seconds: float,
        beat: Callable[[], None] = lambda: None,
        on_start: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(config)
        self.ending, self.drain_seconds, self.beat, self.on_start = ending, drain_seconds, beat, on_start
        self._began, self._stops_at = 0.0, float("inf")
        self._is_told = False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take a signal to end. No log line is written here: the signal may have come while another one is."""
        if self.ending.has_begun and monotonic() - self._began < _AT_ONCE_SECONDS:
            return
        drains = sig == signal.SIGTERM and self.drain_seconds > 0 and not self.ending.has_begun
        self.ending.has_begun, self._began = True, monotonic()
        if drains:
            self._stops_at = self._began + self.drain_seconds
        else:
            super().handle_exit(sig, frame)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the application and listen; then say so."""
        await super().startup(sockets)
        if self.started:
            self.on_start()

    async def on_tick(self, counter: int) -> bool:
        """Look, ten times a second, whether it is time to stop."""
        self.beat()
        if self._stops_at < float("inf") and not self._is_told:
            self._is_told = True
            logger.info("draining: /readyz says no", extra={logs.FIELDS: {"seconds": self.drain_seconds}})
        if monotonic() >= self._stops_at:
            self.should_exit = True
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more connections, and finish the requests that are under way."""
        self.ending.has_begun = True
        logger.info("stopping", extra={logs.FIELDS: {"requests_under_way": len(self.server_state.tasks)}})
        for listener in sockets or ():
            _take_no_more(listener)
        for _ in range(2):  # the loop may look at its timers before it looks at the listener
            await asyncio.sleep(_ACCEPT_SECONDS)
        await super().shutdown(sockets)
        logger.info("stopped")


def _take_no_more(listener: socket.socket) -> None:
    """Have the system ignore whoever wants to connect, so that none is reset who is connected but not accepted yet.

    Who is ignored tries again after a second, and is refused then. Elsewhere than on Linux the queue is made as short
    as it can be.
    """
    drop = ctypes.create_string_buffer(struct.pack("HBBI", *_DROP_ALL))
    program = struct.pack("HP", 1, ctypes.addressof(drop))  # struct sock_fprog: how many instructions, and where
    try:
        if sys.platform != "linux":
            raise OSError("there are no filters of sockets")
        listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)
    except OSError:
        listener.listen(0)
