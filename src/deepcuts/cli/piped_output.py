"""stdout into a pipe whose reader goes away, such as `head`: the program ends there, silently, as SIGPIPE ends others.

SIGPIPE itself would end it before temporary files are removed, and a service whenever a client leaves.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

READER_GONE = 141  # what a shell shows of a program that SIGPIPE has ended


def end_when_reader_goes() -> None:
    """Have stdout end the program once nobody reads it any more; one that somebody has put in its place stays."""
    stream = sys.stdout
    if stream is None or stream is not sys.__stdout__ or not isinstance(stream, io.TextIOWrapper):
        return
    written = io.BufferedWriter(_Pipe(stream.fileno(), "w", closefd=False))
    sys.stdout = io.TextIOWrapper(written, stream.encoding, stream.errors, line_buffering=stream.line_buffering)


def drop_output() -> None:
    """Send the output that is left to the null device, as it cannot be written."""
    # Python flushes stdout once more as it exits, and would report what went wrong again.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def tell_unwritten(error: OSError) -> NoReturn:
    """End the program as its output cannot be written."""
    from deepcuts.cli.failures import BAD_DATA
    from deepcuts.cli.terminal import say_line

    with contextlib.suppress(OSError):  # where errors go the same way
        say_line(f"The output cannot be written: {error.strerror}.", "bold red", "Error: ")
    raise SystemExit(BAD_DATA) from None


class _Pipe(io.FileIO):
    def write(self, data: ReadableBuffer, /) -> int | None:  # type: ignore[override]
        try:
            return super().write(data)
        except BrokenPipeError:
            drop_output()
            raise SystemExit(READER_GONE) from None
        except OSError as error:  # such as a full disk: said here, once, whatever has printed
            drop_output()
            tell_unwritten(error)
