"""Plays from a caller: as they are, or from a table with the columns that our own tables have."""

from __future__ import annotations

from deepcuts.checks import shown
from deepcuts.data.arrow_columns import table_of
from deepcuts.data.foreign import PlaysLike, named_as_plays, what_to_call
from deepcuts.data.interactions import Interactions
from deepcuts.errors import DataError
from deepcuts.ingest.reading import read_plays

_WANTED = {"user_id", "item_id"}


def as_plays(plays: PlaysLike) -> Interactions:
    """Take plays, or read them from a table: user_id, item_id and, if it has them, plays and last_played.

    Parameters
    ----------
    plays
        Interactions, or a table of pandas, polars, pyarrow or DuckDB.

    Raises
    ------
    DataError
        If it is anything else, or a table with other columns, such as one of counts that is not called plays; the
        message says what to call.
    """
    if isinstance(plays, Interactions):
        return plays
    table = table_of(plays)
    if table is None:
        raise DataError(what_to_call(plays))
    if not set(table.column_names) >= _WANTED:
        raise DataError(what_to_call(plays if hasattr(plays, "columns") else table))
    counts = named_as_plays(table.column_names)
    if counts and "plays" not in counts:
        raise DataError(
            f"The table has no column 'plays', but {shown(counts[0])}. Call it plays where it holds play counts, else "
            "leave it out: every row is one play then."
        )
    known = {name: name if name in table.column_names else None for name in ("plays", "last_played")}
    return read_plays(table, user="user_id", item="item_id", plays=known["plays"], time=known["last_played"])
