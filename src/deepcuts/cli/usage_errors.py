"""What is said of a command line that cannot be parsed: what came, what was expected, what to do.

The parser of typer says which option or argument it is, and above it how the command is used and where its help is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from deepcuts.checks import shown

_NOUNS = {"int": "a whole number", "float": "a number", "bool": "true or false"}  # by how pydantic's kinds begin


@contextmanager
def usage_explained(context: Any) -> Iterator[None]:
    """Have an error of the parser say what came, what was expected and what to do; it is changed in place.

    Parameters
    ----------
    context
        Of typer, of the command that is parsed.
    """
    try:
        yield
    except Exception as error:
        if isinstance(getattr(error, "message", None), str):
            vars(error).update(message=_explained(error, context), ctx=getattr(error, "ctx", None) or context)
        raise


def _explained(error: Any, context: Any) -> str:
    message: str = error.message
    if message.startswith("Got unexpected extra argument"):
        takes = " ".join(parameter.metavar or parameter.name.upper() for parameter in _arguments(context))
        return f"{message}. " + (f"It takes {takes}; quote a name with blanks or a *." if takes else "It takes none.")
    if option := getattr(error, "option_name", None):
        return _of_option(message, option, context)
    if getattr(error, "param", None) is None:
        return message
    if not message:  # the argument or the option is missing
        return _help_of(error.param)
    return _of_value(error.__cause__) or message


def _of_option(message: str, option: str, context: Any) -> str:
    known = next((parameter for parameter in context.command.params if option in parameter.opts), None)
    if known is None:
        is_text = not option.startswith("--") and _arguments(context)  # such as an id
        return f"{message}. Write -- before what begins with - and is no option." if is_text else message
    if known.is_flag:
        return f"{message} Write {option} alone."
    takes = "a value" if known.metavar is None else known.metavar
    return f"{option} takes {takes}, and none is given. {_help_of(known)}".rstrip()


def _of_value(cause: Any) -> str:
    """What is wrong with a value, by what pydantic has found; "" where it says nothing."""
    if not hasattr(cause, "errors"):
        return ""
    found = cause.errors()[0]
    kind, message, value = found["type"], found["msg"].removeprefix("Value error, "), shown(found["input"])
    noun = next((noun for start, noun in _NOUNS.items() if kind.startswith(f"{start}_")), None)
    if noun is not None:
        return f"{value} is not {noun}."
    if kind == "value_error":  # of typer, which says what came
        return str(message)
    return f"{value} is out of range: {message.replace('Input', 'it')}."


def _arguments(context: Any) -> list[Any]:
    return [parameter for parameter in context.command.params if parameter.param_type_name == "argument"]


def _help_of(parameter: Any) -> str:
    return str(getattr(parameter, "help", None) or "")
