"""Options that are derived from a settings dataclass: name, type, default and help are written there, once."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import Field, fields
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import typer

# The parameters of a NumPy docstring, up to the next heading; and of these each name, or several, with its text.
_SECTION = re.compile(r"^Parameters\n-+\n(.*?)(?=^\w+\n-+$|\Z)", re.MULTILINE | re.DOTALL)
_ENTRY = re.compile(r"^(\w[\w, ]*)\n((?:    .*\n?)+)", re.MULTILINE)


def options_from(
    settings: type, panel: str, names: Collection[str] | None = None, flags: Mapping[str, str] | None = None
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command, in place of its ``**settings``, one option for each field of a dataclass.

    Parameters
    ----------
    settings
        A dataclass with a docstring in NumPy style, every field of which has a default.
    panel
        Title of the options in the help.
    names
        The fields that become options; None takes all.
    flags
        Options of fields whose own name has another meaning elsewhere.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(command, eval_str=True)
        own = [option for option in signature.parameters.values() if option.kind is not option.VAR_KEYWORD]
        types, texts = get_type_hints(settings), parameter_help(settings)
        derived = [
            _option(field, types[field.name], texts.get(field.name, field.name), panel, flags or {})
            for field in fields(settings)
            if names is None or field.name in names
        ]
        # Typer reads the signature, and passes derived options as **settings.
        vars(command)["__signature__"] = signature.replace(parameters=own + derived)
        return command

    return decorate


def command_help(command: Callable[..., None]) -> str:
    """Help of a command: its docstring, a line a paragraph."""
    paragraphs = (command.__doc__ or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def example_lines(examples: Sequence[str]) -> str:
    """What stands below the help of a command."""
    return "\n".join(("[bold]Examples[/bold]", *examples))


def parameter_help(documented: type) -> dict[str, str]:
    """Read what the docstring of a class says of each parameter."""
    section = _SECTION.search(inspect.cleandoc(documented.__doc__ or ""))
    described = _ENTRY.findall(section.group(1)) if section else []
    return {name.strip(): " ".join(text.split()) for names, text in described for name in names.split(",")}


def flag(name: str) -> str:
    """Option of a field: ``n_factors`` is --factors, ``k`` is -k."""
    return f"-{name}" if len(name) == 1 else "--" + name.removeprefix("n_").replace("_", "-")


def _option(field: Field[Any], annotation: Any, text: str, panel: str, flags: Mapping[str, str]) -> inspect.Parameter:
    metavar, (annotation, parser) = _metavar(annotation), _spelt(annotation)
    # Rich takes "[" for markup.
    default, text = field.default, text.replace("``", "`").replace("[", r"\[").replace("None", "leaving it out")
    if default is True:  # the flag turns it off: a pair of flags would take a column of its own in the help
        option = typer.Option(
            f"--no-{flag(field.name)[2:]}",
            callback=_opposite,
            show_default=False,
            help=f"Turn off what is on otherwise: {text[0].lower()}{text[1:]}",
            rich_help_panel=panel,
        )
        default = False
    else:
        name = flags.get(field.name, flag(field.name))
        option = typer.Option(name, metavar=metavar, help=text, rich_help_panel=panel, parser=parser)
    return inspect.Parameter(
        field.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[annotation, option]
    )


def _spelt(annotation: Any) -> tuple[Any, Callable[[str], Any] | None]:
    """The type of an option, and its parser where Typer has none: of unions of a `Literal` with a number or bool."""
    members = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else ()
    if str in members:  # a date, say, is text here
        return str | None, None
    choices = [member for member in members if get_origin(member) is Literal]
    if not choices:
        return annotation, None
    if float in members:
        return float, _number_or_word
    return (int, _whole_number_or_word) if int in members else (choices[0], None)


def _number_or_word(text: str) -> float | str:
    """Read a number; any other text is a word, which the settings take or refuse."""
    try:
        return float(text)
    except ValueError:
        return text


def _whole_number_or_word(text: str) -> int | float | str:
    """Read a number, whole if it is written so; the settings take or refuse it."""
    try:
        return int(text)
    except ValueError:
        return _number_or_word(text)


def _opposite(turned_off: bool) -> bool:
    return not turned_off


def _metavar(annotation: Any) -> str | None:
    """What stands for the value in the help; None for flags and choices, which say that themselves."""
    members = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    words = [word for member in members if get_origin(member) is Literal for word in get_args(member)]
    if words:
        number = "X" if float in members else "N" if int in members else None
        return "|".join((number, *words)) if number else None
    known: dict[Any, str | None] = {int: "N", int | None: "N", float: "X", float | None: "X", bool: None}
    return known.get(annotation, "NAME")
