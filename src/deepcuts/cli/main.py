"""What the program does before a command begins, and how it ends.

The commands are imported within `main`, where an interrupt ends without a traceback.
"""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from deepcuts.cli.interrupts import exit_status, signals_raised, was_interrupted
from deepcuts.cli.piped_output import drop_output, end_when_reader_goes, tell_unwritten
from deepcuts.lazy import names_on_demand

if TYPE_CHECKING:
    from deepcuts.cli.program import COMMANDS, app

_HOMES = {"COMMANDS": ".program", "app": ".program"}

__all__ = ["COMMANDS", "app", "main"]

__getattr__ = names_on_demand(__name__, _HOMES)

# Idle threads sleep rather than spin, which would take the time of whatever else runs here; read once numba is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

_LAST_STREAM = 2  # number of stderr


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit: 0 done, 1 bad data, 2 bad usage, 130, 143 or 129 ended by SIGINT, SIGTERM or SIGHUP.

    141 says that nobody reads its output any more, as of programs that SIGPIPE ends.

    Parameters
    ----------
    arguments
        What stands after the name of the command; None takes what the process was started with.
    """
    try:
        with signals_raised(to_the_end=arguments is None):
            _run(arguments)
    except KeyboardInterrupt:  # before the command had begun, or after it had ended
        raise SystemExit(exit_status()) from None
    finally:
        if arguments is None:
            gc.freeze()  # at its end the interpreter looks for garbage among all objects of libraries: half a second


def _run(arguments: Sequence[str] | None) -> None:
    _prepare_streams()
    try:
        from deepcuts.cli.program import app

        _check_encoding(sys.argv[1:] if arguments is None else arguments)
        app(arguments)
    finally:
        _flush()
        if was_interrupted():  # typer has an exit status of its own for what is raised while it parses
            raise SystemExit(exit_status())


def _prepare_streams() -> None:
    """Have closed streams lead nowhere, a reader that goes end the program, and what cannot be shown be replaced.

    No file that is opened later may get the number of a closed stream: an output would take what is printed.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= _LAST_STREAM:
        pass
    os.close(descriptor)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115  # open until the end
    end_when_reader_goes()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a name that the terminal cannot show is no reason to stop


def _check_encoding(arguments: Sequence[str]) -> None:
    """Refuse arguments that Python cannot read in a locale without UTF-8: as names they would be found nowhere."""
    from deepcuts.cli.failures import BAD_USAGE
    from deepcuts.cli.terminal import say_line

    encoding = sys.getfilesystemencoding()
    if encoding != "utf-8" and (unread := [text for text in arguments if any("\udc80" <= c <= "\udcff" for c in text)]):
        say_line(
            f"The locale has the encoding {encoding}, in which {unread[0]!a} cannot be read. Set LC_ALL=C.UTF-8, "
            "or PYTHONUTF8=1.",
            "bold red",
            "Error: ",
        )
        raise SystemExit(BAD_USAGE)


def _flush() -> None:
    try:
        sys.stdout.flush()
    except OSError as error:
        drop_output()
        tell_unwritten(error)
