"""Streams into a pipe whose reader goes away, such as `head`: the program ends there, silently, as SIGPIPE ends others.

SIGPIPE itself would end it before temporary files are removed, and a service whenever a client leaves.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from typing import TYPE_CHECKING, NoReturn, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

READER_GONE = 141  # what a shell shows of a program that SIGPIPE has ended

_state = {"goes_on": False}  # whether the program is a service, which does not depend on who reads its log


def end_when_reader_goes() -> None:
    """Have stdout and stderr end the program once nobody reads them any more.

    A stream that somebody has put in the place of one of them stays.
    """
    sys.stdout = _watched(sys.stdout, sys.__stdout__, _Results)
    sys.stderr = _watched(sys.stderr, sys.__stderr__, _Messages)


def go_on_without_reader() -> None:
    """Have messages that nobody reads any more be dropped, and not end the program: it serves others."""
    _state["goes_on"] = True


def drop_output() -> None:
    """Send the output that is left to the null device, as it cannot be written."""
    _drop(sys.stdout.fileno())


def tell_unwritten(error: OSError) -> NoReturn:
    """End the program as its output cannot be written."""
    from deepcuts.cli.failures import BAD_DATA
    from deepcuts.cli.terminal import say_line

    with contextlib.suppress(OSError):  # where errors go the same way
        say_line(f"The output cannot be written: {error.strerror}.", "bold red", "Error: ")
    raise SystemExit(BAD_DATA) from None


def _watched(stream: TextIO, original: TextIO | None, kind: type[io.FileIO]) -> TextIO:
    if stream is None or stream is not original or not isinstance(stream, io.TextIOWrapper):
        return stream
    written = io.BufferedWriter(kind(stream.fileno(), "w", closefd=False))
    return io.TextIOWrapper(written, stream.encoding, stream.errors, line_buffering=stream.line_buffering)


def _drop(descriptor: int) -> None:
    # Python flushes streams once more as it exits, and would report what went wrong again.
    os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)


class _Results(io.FileIO):
    """Where stdout is written to."""

    def write(self, data: ReadableBuffer, /) -> int | None:  # type: ignore[override]
        try:
            return super().write(data)
        except BrokenPipeError:
            _drop(self.fileno())
            raise SystemExit(READER_GONE) from None
        except OSError as error:  # such as a full disk: said here, once, whatever has printed
            _drop(self.fileno())
            tell_unwritten(error)


class _Messages(io.FileIO):
    """Where stderr is written to."""

    def write(self, data: ReadableBuffer, /) -> int | None:  # type: ignore[override]
        try:
            return super().write(data)
        except OSError as error:
            _drop(self.fileno())
            if isinstance(error, BrokenPipeError) and not _state["goes_on"]:
                raise SystemExit(READER_GONE) from None
            return super().write(data)  # what cannot be said, as on a full disk, is no reason to stop
