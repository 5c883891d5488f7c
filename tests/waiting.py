"""Waiting for what others do: for what is to happen, not for a time, with an end that no busy machine comes to."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 240.0  # seconds: kernels may have to be compiled first, and others want the processors, too


def wait_until(holds: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Return once something holds; fail where it does not in time."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"it did not happen in {seconds:g} s"
        time.sleep(0.02)
