"""Rows of a table in JSON that are no objects: lists of cells, or keys and values, read like delimited text.

{"Muse": 12} and [["Muse", 12]] have the same row, Muse and 12.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable
from typing import Any, TypeAlias

from deepcuts.storage.nested_text import parse_json

Row: TypeAlias = list[str]

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},]')
_CLOSING = {"{": "}", "[": "]"}


class Pairs(list[tuple[str, Any]]):
    """The keys and values of an object, also of keys that stand there twice."""


def parsed(text: str) -> Any:
    """A JSON document whose objects are `Pairs`.

    Raises
    ------
    ValueError
        If it is none.
    """
    return parse_json(text, Pairs)


def closed(text: str) -> str:
    """The beginning of a JSON document up to its last whole row or field, with what closes what is open around it.

    Examples
    --------
    >>> closed('{"a": [[1, 2], [3, 4], [5, 6')
    '{"a": [[1, 2], [3, 4]]}'
    """
    open_: list[str] = []
    cut, around, before = 0, "", ""
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark in _CLOSING:
            open_.append(_CLOSING[mark])
        elif mark in ("}", "]") and open_:
            open_.pop()
        # Not between the cells of a row.
        if not open_ or (mark == "," and (open_[-1] == "}" or before in ("}", "]"))):
            cut, around = token.start() + (mark != ","), "".join(reversed(open_))
        before = mark
    return text[:cut] + around


def cell(value: Any) -> str | None:
    """A value as the text of a cell, "" for null; None for an array or an object."""
    if isinstance(value, list | tuple):
        return None
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)


def row_of(value: Any) -> Row | None:
    """The cells of a list of values, or of a key and a value; None where one of them is no cell."""
    is_row = isinstance(value, list | tuple) and not isinstance(value, Pairs)
    cells = [cell(each) for each in value] if is_row else [None]
    return [each for each in cells if each is not None] if None not in cells and len(cells) > 1 else None


def as_csv(rows: Iterable[Row]) -> bytes:
    """Rows as delimited text, each on one line, all cells in quotes."""
    text = io.StringIO()
    on_one_line = ([" ".join(each.split()) for each in row] for row in rows)
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(on_one_line)
    return text.getvalue().encode("utf-8", "replace")


def array_as_csv(text: str) -> bytes | None:
    """An array of rows, whole or its beginning, as delimited text; None where it is none."""
    try:
        value = parsed(closed(text)) if text.lstrip()[:1] == "[" else None
    except ValueError:
        return None
    rows = [row_of(each) for each in value or ()]
    return as_csv([row for row in rows if row]) if rows and all(rows) else None
