"""How a file registers its command, and how a command is added to the program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import typer
from typer.core import TyperCommand

from deepcuts.cli.derived import command_help, example_lines
from deepcuts.cli.failures import guarded

HELP_FLAGS = {"help_option_names": ["--help", "-h"]}

Panel = Literal["Start here", "Plays", "Model", "Settings", "Serve", "Look inside"]


class Command(NamedTuple):
    """A command of the program.

    Parameters
    ----------
    name
        What is typed after ``deepcuts``.
    function
        What it runs; its parameters become arguments and options, its docstring the help.
    examples
        Lines below the help, each a call of the command.
    panel
        Title of the commands that it is listed with.
    parser
        How typer parses and runs it.
    """

    name: str
    function: Callable[..., None]
    examples: tuple[str, ...]
    panel: Panel
    parser: type[TyperCommand] = TyperCommand


def add_command(app: typer.Typer, command: Command) -> None:
    """Add a command to a program; its failures end as messages."""
    app.command(
        command.name,
        cls=command.parser,
        help=command_help(command.function),
        epilog=example_lines(command.examples),
        rich_help_panel=command.panel,
        context_settings=HELP_FLAGS,
    )(guarded(command.function))
