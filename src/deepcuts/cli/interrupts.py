"""Signals that end the program: SIGTERM and SIGHUP raise what SIGINT does, so that everything is cleaned up."""

from __future__ import annotations

import signal
from types import FrameType

_received: list[int] = []


def raise_on_signals() -> None:
    """Have SIGTERM and SIGHUP raise KeyboardInterrupt, unless whoever started the program has had them ignored.

    Once one has come, the others count no more, so that none interrupts the cleaning up.
    """
    for number in _ending():
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _raise)


def exit_status() -> int:
    """Exit status of an interrupted program, by custom: 130 of SIGINT, 143 of SIGTERM, 129 of SIGHUP."""
    return 128 + (_received[0] if _received else signal.SIGINT)


def was_told_to_end() -> bool:
    """Whether SIGTERM or SIGHUP has come."""
    return bool(_received)


def _ending() -> list[int]:
    return [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


def _raise(number: int, frame: FrameType | None) -> None:
    _received.append(number)
    for each in _ending():
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt
