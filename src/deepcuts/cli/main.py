"""The program: what commands there are, and how it ends."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

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
from deepcuts.cli.failures import drop_output

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

app = typer.Typer(
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
    """Run the command and exit: 0 done, 1 bad data, 2 bad usage, 130 interrupted.

    Parameters
    ----------
    arguments
        What stands after the name of the command; None takes what the process was started with.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a name that the terminal cannot show is no reason to stop
    try:
        app(arguments)
    finally:
        _flush()


def _flush() -> None:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        drop_output()
