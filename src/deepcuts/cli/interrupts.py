"""Signals that end the program: each raises KeyboardInterrupt, and ends the process where that takes too long.

The interpreter calls handlers between two of its own steps: while it is in machine code, such as a half-step on much
data or the optimiser of LLVM, it does not hear of a signal, and some code catches what a handler raises. A thread is
told of every signal at once. Where the program has not ended by itself a little later, the thread removes the temporary
files and ends the process: nothing that is written can be lost by that, see `storage.replacing`.
"""

from __future__ import annotations

import _thread
import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import ExtensionFileLoader
from types import FrameType
from typing import Any

_SOON = 0.02  # seconds until a signal is raised that came where it could not be
_GRACE = 1.4  # seconds from a signal to the end of the process, if it does not end by itself before
_SHOW_CURSOR = b"\x1b[?25h"  # which a bar of progress hides
_SWALLOWED = 0  # told to the thread in place of a signal's number

_received: list[int] = []
_state = {"answered": 0, "told": 0}  # signals that the command answers itself; whether the user was told of the end


@contextmanager
def signals_raised(*, to_the_end: bool) -> Iterator[None]:
    """Have SIGINT, SIGTERM and SIGHUP raise KeyboardInterrupt, unless whoever started the program has had them ignored.

    Once SIGTERM or SIGHUP has come, neither counts any more, so that none interrupts the cleaning up.

    Parameters
    ----------
    to_the_end
        Whether the process ends with the block: what comes after it then raises nothing more.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # signals come to the main thread alone
        return
    before = {number: signal.getsignal(number) for number in _ending()}
    taken = [number for number, handler in before.items() if handler in (signal.SIG_DFL, signal.default_int_handler)]
    _received.clear()
    for number in taken:
        signal.signal(number, _raise)
    with _watched(to_the_end):
        try:
            yield
        finally:
            for number in taken:
                signal.signal(number, _ignore if to_the_end else before[number])


def exit_status() -> int:
    """Exit status of an interrupted program, by custom: 130 of SIGINT, 143 of SIGTERM, 129 of SIGHUP."""
    return 128 + (_received[0] if _received else signal.SIGINT)


def was_interrupted() -> bool:
    """Whether a signal that ends the program has come."""
    return bool(_received)


def answer_the_first() -> None:
    """Leave the end to the command where the next signal is the first one: it keeps what was computed, however long."""
    if not _received:
        _state["answered"] = 1


def note_told() -> None:
    """Note that the user knows that the program is ending."""
    _state["told"] = 1


def _ending() -> list[int]:
    return [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def _raise(number: int, frame: FrameType | None) -> None:
    if _is_in_extension(frame):
        again = threading.Timer(_SOON, _raise_again, (number,))
        again.daemon = True
        again.start()
        return
    _received.append(number)
    if number != signal.SIGINT:
        for each in _ending():
            if each != signal.SIGINT and signal.getsignal(each) is _raise:
                signal.signal(each, _ignore)
    raise KeyboardInterrupt


def _is_in_extension(frame: FrameType | None) -> bool:
    """Whether an extension module is being initialised, of which some abort the process if Python code raises."""
    while frame is not None:
        is_of_import = frame.f_code.co_name in ("create_module", "exec_module")
        if is_of_import and isinstance(frame.f_locals.get("self"), ExtensionFileLoader):
            return True
        frame = frame.f_back
    return False


def _raise_again(number: int) -> None:
    _state["answered"] += 1  # the thread was told of it the first time
    _thread.interrupt_main(signal.Signals(number))


def _ignore(number: int, frame: FrameType | None) -> None:
    """Raise nothing; unlike SIG_IGN, the thread still hears of the signal."""


@contextmanager
def _watched(to_the_end: bool) -> Iterator[None]:
    """Run the thread that ends the process, for this block or for as long as the process lives."""
    if os.name != "posix":
        yield
        return
    receiver, sender = os.pipe()
    os.set_blocking(sender, False)
    threading.Thread(target=_watch, args=(receiver,), name="signals", daemon=True).start()
    sent_before, hook_before = signal.set_wakeup_fd(sender, warn_on_full_buffer=False), sys.unraisablehook
    sys.unraisablehook = lambda unraisable: _note_swallowed(unraisable, sender)
    try:
        yield
    finally:
        if not to_the_end:
            signal.set_wakeup_fd(sent_before)
            sys.unraisablehook = hook_before
            os.close(sender)


def _note_swallowed(unraisable: Any, sender: int) -> None:
    """Have an interrupt raised again that came in a destructor or a callback, out of which no exception gets."""
    if issubclass(unraisable.exc_type, KeyboardInterrupt):
        os.write(sender, bytes([_SWALLOWED]))
    else:
        sys.__unraisablehook__(unraisable)


def _watch(receiver: int) -> None:
    while told := os.read(receiver, 1):
        if told[0] == _SWALLOWED:
            time.sleep(_SOON)  # until the destructor has returned
            _state["answered"] += 1
            _thread.interrupt_main()
        elif not _is_ours(told[0]):
            continue  # a service that ends, or files that are being put in place: these raise it again
        elif _state["answered"]:
            _state["answered"] -= 1
        else:
            time.sleep(_GRACE)
            _end(told[0])
    os.close(receiver)


def _is_ours(number: int) -> bool:
    return signal.getsignal(number) in (_raise, _ignore)


def _end(number: int) -> None:
    if not _is_ours(number):  # what was raised got lost, and files are being put in place, or a service began meanwhile
        os.kill(os.getpid(), number)  # these end by a signal of their own
    while not _is_ours(number):
        time.sleep(0.01)
    if temporary := sys.modules.get("deepcuts.storage.temporary"):
        temporary.discard_mine()
    with contextlib.suppress(OSError):  # where nobody reads it any more
        if sys.stderr is not None and sys.stderr.isatty():
            os.write(2, _SHOW_CURSOR)
        if not _state["told"]:
            os.write(2, b"Interrupted.\n")
    os._exit(128 + (_received[0] if _received else number))
