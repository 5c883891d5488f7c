"""Ids in tables as whole numbers, for joins with frames that have them so."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

import pyarrow as pa
import pyarrow.compute as pc

from deepcuts.checks import choice, shown
from deepcuts.errors import DataError

IdsAs = Literal["text", "int"]

_WHOLE = r"^(0|-?[1-9]\d{0,17})$"  # up to 18 digits, which int64 holds


def check_ids_as(ids: object) -> None:
    """Refuse what is none of `IdsAs`.

    Raises
    ------
    SettingsError
        If it is anything else.
    """
    choice("ids", ids, get_args(IdsAs))


def with_whole_ids(table: pa.Table, columns: Iterable[str]) -> pa.Table:
    """Turn columns of ids into int64.

    Raises
    ------
    DataError
        If an id is not the text of a whole number of at most 18 digits, as its number would not be the same id.
    """
    for column in columns:
        numbers = _whole_numbers(table[column], column.removesuffix("_id"))
        table = table.set_column(table.column_names.index(column), column, numbers)
    return table


def _whole_numbers(texts: pa.ChunkedArray, kind: str) -> pa.ChunkedArray:
    is_whole = pc.match_substring_regex(texts, _WHOLE)
    if pc.all(is_whole).as_py() is False:  # of no rows, None
        wrong = texts.filter(pc.invert(is_whole))[0].as_py()
        raise DataError(
            f'The {kind} id {shown(wrong)} is not the text of a whole number, so ids="int" cannot give it back. Leave '
            "ids as text, and turn the ids of the other table into text: frame.column.astype(str)."
        )
    return pc.cast(texts, pa.int64())
