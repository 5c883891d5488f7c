"""The program: what commands there are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from deepcuts._version import __version__
from deepcuts.cli.command import HELP_FLAGS, CommandGroup, add_command
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
    warmup,
)
from deepcuts.cli.spark_commands import spark_app
from deepcuts.cli.terminal import printable
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
    warmup.COMMAND,
    personas.COMMAND,
    similar.COMMAND,
    explain.COMMAND,
    info.COMMAND,
)

_MOST_BYTES = 1_200  # of a message of the parser, before typer draws a frame around it


class _Program(CommandGroup):
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
app.add_typer(
    spark_app,
    name="spark",
    help="Plays, training and lists where users outgrow one machine, on Apache Spark.",
    rich_help_panel="Model",
)
