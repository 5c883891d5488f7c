"""The program: what commands there are, and how it ends."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from deepcuts._version import __version__
from deepcuts.cli.command import HELP_FLAGS, add_command
from deepcuts.cli.commands import (
    compare,
    demo,
    download,
    evaluate,
    explain,
    explore,
    extend,
    forget,
    generate,
    info,
    ingest,
    me,
    personas,
    recommend,
    report,
    serve,
    similar,
    split,
    train,
    tune,
)
from deepcuts.cli.failures import BAD_DATA, drop_output
from deepcuts.cli.interrupts import exit_status, raise_on_signals, was_told_to_end
from deepcuts.cli.terminal import printable, say_line
from deepcuts.errors import shortened

COMMANDS = (  # in the order in which help lists them and their panels
    demo.COMMAND,
    me.COMMAND,
    explore.COMMAND,
    ingest.COMMAND,
    download.COMMAND,
    generate.COMMAND,
    split.COMMAND,
    train.COMMAND,
    extend.COMMAND,
    forget.COMMAND,
    recommend.COMMAND,
    evaluate.COMMAND,
    report.COMMAND,
    tune.COMMAND,
    compare.COMMAND,
    serve.COMMAND,
    personas.COMMAND,
    similar.COMMAND,
    explain.COMMAND,
    info.COMMAND,
)

# Idle threads sleep rather than spin, which would take the time of whatever else runs here; read once numba is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

_LAST_STREAM = 2  # number of stderr
_MOST_BYTES = 1_200  # of a message of the parser, before typer draws a frame around it


class _Program(TyperGroup):
    """The commands; what is said of arguments that cannot be parsed is cut to a readable length."""

    def make_context(self, *arguments: Any, **options: Any) -> Any:
        """Parse what stands before the command."""
        with _messages_shortened():
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: Any) -> Any:
        """Find the command, parse its arguments and run it."""
        with _messages_shortened():
            return super().invoke(ctx)


@contextmanager
def _messages_shortened() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if isinstance(message := getattr(error, "message", None), str):
            vars(error)["message"] = shortened(printable(message), _MOST_BYTES)
        raise


app = typer.Typer(
    cls=_Program,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings=HELP_FLAGS,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"deepcuts {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Music recommendations that know a person has several tastes, from familiar to deep cuts."""


for _command in COMMANDS:
    add_command(app, _command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit: 0 done, 1 bad data, 2 bad usage, 130, 143 or 129 ended by SIGINT, SIGTERM or SIGHUP.

    Parameters
    ----------
    arguments
        What stands after the name of the command; None takes what the process was started with.
    """
    try:
        _run(arguments)
    except KeyboardInterrupt:  # before the command had begun, or after it had ended
        raise SystemExit(exit_status()) from None


def _run(arguments: Sequence[str] | None) -> None:
    _prepare_streams()
    try:
        raise_on_signals()
        app(arguments)
    finally:
        _flush()
        if was_told_to_end():  # typer has an exit status of its own for what is raised while it parses
            raise SystemExit(exit_status())


def _prepare_streams() -> None:
    """Have streams that are closed lead nowhere, and characters that cannot be shown be replaced.

    No file that is opened later may get the number of a closed stream: an output would take what is printed.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= _LAST_STREAM:
        pass
    os.close(descriptor)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115  # open until the end
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a name that the terminal cannot show is no reason to stop


def _flush() -> None:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        drop_output()
    except OSError as error:
        drop_output()
        say_line(f"The output cannot be written: {error.strerror}.", "bold red", "Error: ")
        raise SystemExit(BAD_DATA) from None
