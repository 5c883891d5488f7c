"""A limit of time for what must not hang."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_PATIENCE = 12  # times the limit, beside much other work
_MUCH = 3.0  # processes that want each core


@contextmanager
def time_limit(seconds: float) -> Iterator[threading.Event]:
    """Raise a TimeoutError, which counts as a fault, where the block takes longer.

    The event that it yields is set then, as others may turn that error into one of their own.
    Where the machine has more work than cores, what has not had as many seconds of a core may take longer by the clock.
    """
    over = threading.Event()
    began, had = time.monotonic(), time.process_time()

    def end(number: int, frame: object) -> None:
        if takes_too_long(time.monotonic() - began, time.process_time() - had, seconds):
            over.set()
            raise TimeoutError

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
    try:
        yield over
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def takes_too_long(by_clock: float, of_processors: float, limit: float) -> bool:
    """Whether something takes more than some seconds: by the clock, or where the machine is busy, of processors."""
    is_busy = os.getloadavg()[0] > _MUCH * (os.cpu_count() or 1)
    return by_clock >= (_PATIENCE * limit if is_busy and of_processors < 0.9 * limit else limit)
