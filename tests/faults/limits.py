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
        if (
            time.process_time() - had > 0.9 * seconds
            or time.monotonic() - began > _PATIENCE * seconds
            or not _is_busy()
        ):
            over.set()
            raise TimeoutError

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
    try:
        yield over
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _is_busy() -> bool:
    return os.getloadavg()[0] > _MUCH * (os.cpu_count() or 1)
