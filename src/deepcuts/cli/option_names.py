"""Messages of the library name its settings and arguments; on the command line they name options, as they are typed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

_running: ContextVar[Any] = ContextVar("_running", default=None)  # typer's context of the command that runs

_ALONE = r"""(?<![\w.'"/=-]){name}(?![\w='"(/-]|\.\w)"""
_WITH_VALUE = r"""(?<![\w.'"/=-]){name}=(\.\.\.|…|True\b|-?\d[\d.]*\b|"[^"]*"|'[^']*')"""


@contextmanager
def options_named(context: Any) -> Iterator[None]:
    """Have messages, for as long as the block runs, name the options of a command."""
    token = _running.set(context)
    try:
        yield
    finally:
        _running.reset(token)


def in_options(text: str) -> str:
    """Name options in a message where it names settings and arguments; what is in a file that it names stays.

    A name with a value, such as ``trim=True``, stays where the message has the option as well.
    """
    context = _running.get()
    if context is None or _is_of_a_file(text, context):
        return text
    for parameter in context.command.params:
        flag = max(parameter.opts, key=len, default="")
        if parameter.param_type_name == "option" and parameter.name and not flag.startswith("--no-"):
            for name in (parameter.name, f"n_{parameter.name}"):  # the library calls numbers of things so
                text = _with_option(text, name, flag)
    return text


def _with_option(text: str, name: str, flag: str) -> str:
    is_shown = re.search(rf"(?<![\w-]){re.escape(flag)}(?![\w-])", text)
    if not is_shown:
        text = re.sub(_WITH_VALUE.format(name=name), lambda found: f"{flag}{_typed(found[1])}", text)
    if "_" in name:  # any other may be a word
        return re.sub(_ALONE.format(name=name), flag, text)
    return re.sub(rf"^{name}(?= is )", flag, text)


def _typed(value: str) -> str:
    """A value as it is typed after its option."""
    return "" if value == "True" else f" {value}"


def _is_of_a_file(text: str, context: Any) -> bool:
    """Whether a message is of what is in a file that was given."""
    return any(text.startswith(f"{value}: ") for value in context.params.values() if isinstance(value, Path))
