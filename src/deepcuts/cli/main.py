"""The command: what there is to call, and how it ends."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Annotated

import typer

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
from deepcuts.cli.derived import command_help, example_lines
from deepcuts.cli.failures import drop_output, guarded

_PANELS = {
    "Start here": (demo, me, explore),
    "Plays": (ingest, download, generate, split),
    "Model": (train, extend, recommend, evaluate, report),
    "Settings": (tune, compare),
    "Serve": (serve,),
    "Look inside": (personas, similar, explain, info),
}

# Idle threads sleep rather than spin, which would take the time of whatever else runs here; read once numba is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"deepcuts {version('deepcuts')}")
        raise typer.Exit


@app.callback()
def _root(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Music recommendations that know a person has several tastes, from familiar to deep cuts."""


def _add(module: ModuleType, panel: str) -> None:
    """Add the function that is named like its module."""
    name = module.__name__.rpartition(".")[2]
    command = getattr(module, name)
    app.command(
        name,
        cls=getattr(module, "COMMAND", None),
        help=command_help(command),
        epilog=example_lines(module.EXAMPLES),
        rich_help_panel=panel,
    )(guarded(command))


for _panel, _modules in _PANELS.items():
    for _module in _modules:
        _add(_module, _panel)


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
