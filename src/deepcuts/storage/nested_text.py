"""JSON and TOML from outside.

The parsers of the standard library go down one call for each level, and raise RecursionError where text has more of
them than Python allows. Here, such text is not valid, like any other that is not: a ValueError.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

ObjectHook = Callable[[list[tuple[str, Any]]], Any]


def parse_json(text: str | bytes, object_of: ObjectHook | None = None) -> Any:
    """Parse a JSON document.

    Parameters
    ----------
    text
        The document; bytes in UTF-8, UTF-16 or UTF-32.
    object_of
        Makes what stands for an object from its keys and values in order; a dict if None.

    Raises
    ------
    ValueError
        If it is none, or is nested too deeply.
    """
    with _no_recursion():
        return json.loads(text, object_pairs_hook=object_of)


def distinct_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make a dict of an object, as `parse_json` does, and refuse one of which it would leave a value out.

    Raises
    ------
    ValueError
        If a key appears twice.
    """
    found = dict[str, Any]()
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r} appears twice")
        found[key] = value
    return found


def parse_json_at(text: str, start: int = 0) -> tuple[Any, int]:
    """Parse the JSON value that begins at an offset; return it, and the offset where it ends.

    Raises
    ------
    ValueError
        If none begins there, or it is nested too deeply.
    """
    with _no_recursion():
        return json.JSONDecoder().raw_decode(text, start)


def parse_toml(text: str) -> dict[str, Any]:
    """Parse a TOML document.

    Raises
    ------
    ValueError
        If it is none, or is nested too deeply.
    """
    with _no_recursion():
        return tomllib.loads(text)


@contextmanager
def _no_recursion() -> Iterator[None]:
    try:
        yield
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
