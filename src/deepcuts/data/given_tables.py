"""Tables from a caller as Arrow data, whatever types the columns have that nobody asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from deepcuts.data.arrow_columns import ArrowTable
from deepcuts.data.id_text import to_text
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
        A table. Where it is a DataFrame of pandas with a column that Arrow has no type for, columns that nobody asks
        for are null, and ids that are objects are text, as its reader of CSV files makes objects of 7 and "007".
    asked
        Which columns are asked for; called only where there are others.

    Returns
    -------
    None where it is no table, such as a single column.

    Raises
    ------
    DataError
        If a column that is asked for has no type of Arrow, or values of several.
    """
    if not hasattr(given, "__arrow_c_stream__"):
        return None
    try:
        return pa.RecordBatchReader.from_stream(given)
    except _NO_ARROW as error:
        if not any(hasattr(given, name) for name in ("columns", "column_names", "schema")):
            return None
        if not hasattr(given, "isetitem"):
            raise _not_arrow(error) from error
    try:
        return pa.RecordBatchReader.from_stream(_plain_frame(given, asked))
    except _NO_ARROW as error:
        raise _not_arrow(error) from error


def table_of(given: Any) -> pa.Table | None:
    """Take any table with columns of our own names as one of Arrow; None where it is none, such as a single column.

    Raises
    ------
    DataError
        If such a column has no type of Arrow, or values of several.
    """
    stream = stream_of(given, ours)
    return None if stream is None else stream.read_all()


def ours(names: Sequence[str]) -> Mapping[int, str]:
    """Ask for the columns that tables of plays, lists and labels have here."""
    return {index: _IDS.get(name, name) for index, name in enumerate(names) if name in _OURS}


def _plain_frame(frame: Any, asked: Asked) -> Any:
    """A frame of pandas without what Arrow need not hold."""
    levels = [name for name in frame.index.names if name is not None]  # come after the columns, as Arrow has it
    roles = asked([str(name) for name in (*frame.columns, *levels)])
    changed = frame.copy(deep=False)
    for index, kind in enumerate(frame.dtypes):
        if index not in roles:
            changed.isetitem(index, None)
        elif roles[index] in _IDS.values() and kind.kind == "O":
            changed.isetitem(index, to_text(frame.iloc[:, index], roles[index], allow_missing=True).to_pylist())
    return changed


def _not_arrow(error: Exception) -> DataError:
    reason = ". ".join(map(str, error.args)).rstrip(".")  # some come in several sentences
    return DataError(
        f"The table cannot be turned into Arrow data: {reason}. Give each column values of one type that Arrow has."
    )
