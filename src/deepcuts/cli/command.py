"""How a file registers its command, and how a command is added to the program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from deepcuts.cli.derived import command_help, example_lines
from deepcuts.cli.failures import guarded
from deepcuts.cli.option_names import options_named
from deepcuts.cli.usage_errors import usage_explained

HELP_FLAGS = {"help_option_names": ["--help", "-h"]}

Panel = Literal["Start here", "Plays", "Model", "Settings", "Serve", "Look inside"]


# Options under names they had before, which are still taken.
_FORMER: Mapping[str, Mapping[str, str]] = {
    "demo": {"--folder": "--output"},
    "ingest": {"--memory-limit": "--memory"},
    "taste-profile": {"--memory-limit": "--memory"},
    "personas": {"--items": "-k", "--factors": "--all-factors"},
    "recommend": {"--lean": "--base-lean"},
    "me": {"--lean": "--base-lean"},
    "explain": {"--lean": "--base-lean"},
    "report": {"--factors": "--shown-factors", "--listeners": "--shown-listeners"},
}


_WIDEST = 10  # characters of what an option takes
_NARROW = 36  # characters of its name and of what it takes, of which 80 columns leave enough for the text


class CommandParser(TyperCommand):
    """Parses a command: takes former names of options, and shows in the help what an option takes, if anything."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse arguments, with former names of options replaced by today's."""
        end = args.index("--") if "--" in args else len(args)
        former = _FORMER.get(self.name or "", {})
        with usage_explained(ctx):
            return super().parse_args(ctx, [*(_todays(word, former) for word in args[:end]), *args[end:]])

    def get_params(self, ctx: Any) -> list[Any]:
        """Arguments and options."""
        return _without_empty_paths(_in_plain_words(super().get_params(ctx)))

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        with options_named(ctx):
            return super().invoke(ctx)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help."""
        show_what_options_take(self, ctx)
        super().format_help(ctx, formatter)


class CommandGroup(TyperGroup):
    """Several commands; shows in the help what an option takes, if anything."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse what stands before the name of a command."""
        with usage_explained(ctx):
            return super().parse_args(ctx, args)

    def get_params(self, ctx: Any) -> list[Any]:
        """Arguments and options."""
        return _in_plain_words(super().get_params(ctx))

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help."""
        show_what_options_take(self, ctx)
        super().format_help(ctx, formatter)


def _todays(word: str, former: Mapping[str, str]) -> str:
    name, equals, value = word.partition("=")
    if name not in former:
        return word
    today = former[name]
    return today + (value if equals and not today.startswith("--") else equals + value)


def show_what_options_take(command: Any, context: Any) -> None:
    """Have the help show nothing after a flag, and the choices after an option that has some."""
    options = [option for option in command.get_params(context) if option.param_type_name == "option"]
    for option in options:
        if option.metavar is None:
            beside = [other for other in options if other.rich_help_panel == option.rich_help_panel]
            room = _NARROW - max(len(name) for other in beside for name in other.opts)
            shown = "" if option.is_flag else option.display_type(context).strip("<>")
            option.metavar = _in_room(shown, room)


def _in_plain_words(parameters: list[Any]) -> list[Any]:
    """Have help and documentation tell ranges in words, and nothing after an argument: its name says what it is."""
    for one in parameters:
        if one.param_type_name == "argument":
            vars(one)["display_type_rich"] = vars(one)["display_type"] = _nothing
        elif hasattr(one, "min"):
            vars(one)["_get_number_range_help_str"] = partial(_range_in_words, one.min, one.max)
    return parameters


def _without_empty_paths(parameters: list[Any]) -> list[Any]:
    """Have empty text in place of a path be refused; as a `Path` it would be the folder that one is in."""
    for one in parameters:
        vars(one)["process_value"] = partial(_processed, one)
    return parameters


def _processed(parameter: Any, ctx: Any, value: Any) -> Any:
    found = type(parameter).process_value(parameter, ctx, value)
    several = isinstance(found, list | tuple)
    for given, taken in zip(value or (), found, strict=False) if several else [(value, found)]:
        if given == "" and isinstance(taken, Path):
            raise typer.BadParameter("The path is empty. Name a file or a folder.", ctx=ctx, param=parameter)
    return found


def _nothing(ctx: Any) -> str:
    return ""


def _range_in_words(least: float | None, most: float | None) -> str | None:
    if least is None:
        return None if most is None else f"at most {most}"
    return f"at least {least}" if most is None else f"{least} to {most}"


def _in_room(choices: str, room: int) -> str:
    """Choices side by side, or below one another; where names leave no room for either, the text names them."""
    if len(choices) <= min(room, _WIDEST):
        return choices
    lines = choices.replace("|", "|\n")
    return lines if max(map(len, lines.split("\n"))) <= room else "NAME"


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
    parser: type[TyperCommand] = CommandParser


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
