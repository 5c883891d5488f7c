"""Tables from a caller as Arrow data, whatever types the columns have that nobody asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from deepcuts.data.arrow_columns import ArrowTable
from deepcuts.data.id_text import WIDEST, to_text
from deepcuts.errors import DataError

_NO_ARROW = (pa.ArrowException, TypeError, ValueError, OverflowError)
_IDS = {"user_id": "user", "item_id": "item"}
_OURS = frozenset(
    (*_IDS, "plays", "last_played", "rank", "score", "persona", "name", "tag", "weight", "tagger", "label", "mbid")
)

# Names of columns to the index and the role of each one that is asked for; "user" and "item" are ids.
Asked = Callable[[Sequence[str]], Mapping[int, str]]


def stream_of(given: ArrowTable, asked: Asked) -> pa.RecordBatchReader | None:
    """Take any table as a stream of Arrow data.

    Parameters
    ----------
    given
        A table. Where it is a DataFrame of pandas with a column that Arrow has no type for, or with two of one name,
        columns that nobody asks for are null and have names of their own, and ids that are objects are text, as its
        reader of CSV files makes objects of 7 and "007". Of one of polars, such columns are copies of one that is, and
        integers of 128 bits that are asked for are text, as ids, or float64.
    asked
        Which columns are asked for; called only where there are others.

    Returns
    -------
    None where it is no table, such as a single column.

    Raises
    ------
    DataError
        If a column that is asked for is there twice, has no type of Arrow, or values of several.
    """
    if not hasattr(given, "__arrow_c_stream__"):
        return None
    try:
        return pa.RecordBatchReader.from_stream(given)
    except _NO_ARROW as error:
        if not any(hasattr(given, name) for name in ("columns", "column_names", "schema")):
            return None
        if (plain := _without_what_nobody_asks(given, asked)) is None:
            raise _not_arrow(error) from error
    try:
        return pa.RecordBatchReader.from_stream(plain)
    except _NO_ARROW as error:
        raise _not_arrow(error) from error


def table_of(given: Any) -> pa.Table | None:
    """Take any table with columns of our own names as one of Arrow; None where it is none, such as a single column.

    Texts are no views, of which Arrow takes no rows.

    Raises
    ------
    DataError
        If such a column has no type of Arrow, or values of several.
    """
    stream = stream_of(given, ours)
    return None if stream is None else _without_views(stream.read_all())


def _without_views(table: pa.Table) -> pa.Table:
    """A table whose texts are no views, as those of polars are: Arrow cannot take rows of these."""
    plain = {pa.string_view(): pa.large_string(), pa.binary_view(): pa.large_binary()}
    kinds = [field.with_type(plain.get(field.type, field.type)) for field in table.schema]
    return table.cast(pa.schema(kinds)) if any(kind in plain for kind in table.schema.types) else table


def ours(names: Sequence[str]) -> Mapping[int, str]:
    """Ask for the columns that tables of plays, lists and labels have here."""
    return {index: _IDS.get(name, name) for index, name in enumerate(names) if name in _OURS}


def _without_what_nobody_asks(frame: Any, asked: Asked) -> Any:
    """A DataFrame of pandas or polars without what Arrow need not hold; None of any other table."""
    if hasattr(frame, "isetitem"):
        return _plain_pandas(frame, asked)
    return _plain_polars(frame, asked) if hasattr(frame, "replace_column") else None


def _plain_pandas(frame: Any, asked: Asked) -> Any:
    levels = [name for name in frame.index.names if name is not None]  # come after the columns, as Arrow has it
    names = [str(name) for name in (*frame.columns, *levels)]
    roles = asked(names)
    _refuse_doubles([names[index] for index in roles])
    changed = frame.copy(deep=False)
    for index, kind in enumerate(frame.dtypes):
        if index not in roles:
            changed.isetitem(index, None)
        elif roles[index] in _IDS.values() and kind.kind == "O":
            changed.isetitem(index, to_text(frame.iloc[:, index], roles[index], allow_missing=True).to_pylist())
    if len(set(names)) < len(names):  # of several columns of a name, the one that is asked for has it
        own = {names[index] for index in roles}
        changed.columns = [
            name if index in roles or (name not in own and names.index(name) == index) else f"{name} ({index + 1})"
            for index, name in enumerate(names[: len(frame.columns)])
        ]
    return changed


def _plain_polars(frame: Any, asked: Asked) -> Any:
    roles, changed = asked(frame.columns), frame.clone()
    for index in roles:
        changed.replace_column(index, _polars_column(frame.to_series(index), is_id=roles[index] in _IDS.values()))
    for index, name in enumerate(frame.columns):
        if roles and index not in roles:
            changed.replace_column(index, changed.to_series(next(iter(roles))).alias(name))
    return changed


def _polars_column(column: Any, *, is_id: bool) -> Any:
    """A column of integers of 128 bits, which Arrow does not have, as text or as float64; others as they are."""
    return column.cast(str if is_id else float) if str(column.dtype) in WIDEST else column


def _refuse_doubles(names: Sequence[str]) -> None:
    double = sorted({name for name in names if names.count(name) > 1})
    if double:
        raise DataError(
            f"More than one column of the table is named {', '.join(map(repr, double))}. Give each its own name."
        )


def _not_arrow(error: Exception) -> DataError:
    reason = ". ".join(map(str, error.args)).rstrip(".")  # some come in several sentences
    return DataError(
        f"The table cannot be turned into Arrow data: {reason}. Give each column values of one type that Arrow has."
    )
