"""A failure ends as one message on stderr and an exit code, never as a traceback."""

from __future__ import annotations

import logging
import os
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, NoReturn

import typer

from deepcuts.cli.interrupts import exit_status, note_told, was_interrupted
from deepcuts.cli.option_names import in_options
from deepcuts.cli.terminal import say_line
from deepcuts.errors import DeepcutsError, SettingsError, shortened

BAD_DATA, BAD_USAGE = 1, 2

_COMPILER = "deepcuts.kernels.code_cache"  # tells that kernels are compiled, which takes a while

_SPARK = ("pyspark.", "py4j.")
_BY_OUR_CODE = ("PySpark", "PythonException")  # errors of how it was called, and of what ran in tasks

_OWN_EXITS = (typer.Exit, typer.Abort, typer.BadParameter)  # typer turns these into messages and exit codes by itself


def guarded(command: Callable[..., None]) -> Callable[..., None]:
    """Wrap a command so that warnings of the library are printed, and a failure ends as a message and an exit code."""

    @wraps(command)
    def run(*arguments: Any, **options: Any) -> None:
        with _log_shown(quiet=bool(options.get("quiet"))), _failures_reported():
            command(*arguments, **options)

    return run


@contextmanager
def _failures_reported() -> Iterator[None]:
    try:
        yield
    except _OWN_EXITS:
        raise
    except KeyboardInterrupt:
        _end_interrupted()
    except Exception as error:
        if "DEEPCUTS_TRACEBACK" in os.environ:
            traceback.print_exc()
        if was_interrupted() and _is_foreign(error):  # what an interrupt has left half done has failed in its turn
            _end_interrupted()
        say_line(_message(error), "bold red", "Error: ")
        raise typer.Exit(BAD_USAGE if isinstance(error, SettingsError) else BAD_DATA) from None


def _end_interrupted() -> NoReturn:
    say_line("Interrupted.")
    note_told()
    raise typer.Exit(exit_status()) from None


def _is_foreign(error: Exception) -> bool:
    return not isinstance(error, (DeepcutsError, MemoryError, OSError))


def _message(error: Exception) -> str:
    if isinstance(error, DeepcutsError):
        return in_options(str(error))
    if isinstance(error, MemoryError):
        return f"There is not enough memory. Close other programs, or give less data at a time. {error}".rstrip()
    if isinstance(error, OSError):
        return _of_system(error)
    if isinstance(error, ValueError) and (n_threads := _threads_below_1()):  # refused where Numba is imported
        return f"NUMBA_NUM_THREADS is {n_threads}. It has to be 1 or more; unset it to use all processors."
    kind = type(error)
    if kind.__module__.startswith(_SPARK) and not kind.__name__.startswith(_BY_OUR_CODE):
        return f"Spark failed, and its logs tell more: {shortened(str(error).strip())}"
    return (
        f"This is a fault of deepcuts, not of yours: {type(error).__name__}: {error}. "
        "Please report it, with what DEEPCUTS_TRACEBACK=1 in the environment prints."
    )


def _of_system(error: OSError) -> str:
    if error.filename is None and _has_no_folder():
        return "The folder that this was started in is gone. Change to one that exists (cd), and start it again."
    return f"{error.strerror or error}" + (f": {error.filename}" if error.filename else "")


def _has_no_folder() -> bool:
    """Whether the folder that relative paths begin at has been deleted."""
    try:
        os.getcwd()
    except FileNotFoundError:
        return True
    return False


def _threads_below_1() -> str | None:
    """What the environment has as the number of threads, where it is a number below 1."""
    given = os.environ.get("NUMBA_NUM_THREADS", "")
    try:
        return given if int(given) < 1 else None
    except ValueError:  # not given, or no number: Numba warns and goes on
        return None


@contextmanager
def _log_shown(*, quiet: bool) -> Iterator[None]:
    """Print warnings of the library, and that kernels are compiled, for as long as the block runs."""
    logger, handler = logging.getLogger("deepcuts"), _LogPrinter(quiet=quiet)
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(min(logger.getEffectiveLevel(), logging.INFO))
    try:
        yield
    finally:
        logger.setLevel(before)
        logger.removeHandler(handler)


class _LogPrinter(logging.Handler):
    """Prints everything once, as several lists of one person are made in one command."""

    def __init__(self, *, quiet: bool) -> None:
        super().__init__(logging.INFO)
        self._quiet = quiet
        self._said: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the user is to know of it."""
        return record.levelno >= logging.WARNING or (record.name == _COMPILER and not self._quiet)

    def emit(self, record: logging.LogRecord) -> None:
        message = in_options(record.getMessage())
        if message in self._said:
            return
        self._said.add(message)
        begins_with_word = message.partition(" ")[0].isalpha()  # and not with the name of a file
        text = message[:1].upper() + message[1:] if begins_with_word else message
        if record.levelno >= logging.WARNING:
            say_line(text, "yellow", "Warning: ")
        else:
            say_line(text)
