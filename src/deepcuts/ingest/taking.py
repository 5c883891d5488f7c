"""Plays from a caller: as they are, or from a table with the columns that our own tables have."""

from __future__ import annotations

from collections.abc import Sequence

from deepcuts.checks import shown
from deepcuts.data.foreign import PlaysLike, named_as_plays, what_to_call
from deepcuts.data.given_tables import table_of
from deepcuts.data.interactions import Interactions
from deepcuts.errors import DataError
from deepcuts.ingest.column_names import column_names
from deepcuts.ingest.reading import Source, read_plays
from deepcuts.ingest.tabular.columns import Columns, listed
from deepcuts.storage import StrPath

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
    return _read(table, table.column_names, "The table")


def read_own_table(path: StrPath, call: str) -> Interactions:
    """Read plays from a file with the columns that `as_plays` takes.

    Parameters
    ----------
    path
        As `read_plays` takes it.
    call
        What reads files of other columns, for a message.

    Raises
    ------
    DataError, FileFormatError
        If there is no such file, it cannot be used, or it has other columns.
    """
    names = column_names(path, Columns("user_id", "item_id"))
    if missing := sorted(_WANTED - set(names), reverse=True):
        has = f"Its columns are {listed(names)}" if names else "Its columns have no names"
        raise DataError(f"{path} has no column {missing[0]!r}. {has}. Read other columns with {call}.")
    return _read(path, names, str(path))


def _read(source: Source, names: Sequence[str], shown_source: str) -> Interactions:
    counts = named_as_plays(names)
    if counts and "plays" not in counts:
        raise DataError(
            f"{shown_source} has no column 'plays', but {shown(counts[0])}. Call it plays where it holds play counts, "
            "else leave it out: every row is one play then."
        )
    if "rank" in names and "plays" not in names:
        raise DataError(
            f"{shown_source} has a column 'rank' and none of plays, as lists have. Give plays; where every row is one "
            "play, leave the ranks out."
        )
    known = {name: name if name in names else None for name in ("plays", "last_played")}
    return read_plays(source, user="user_id", item="item_id", plays=known["plays"], time=known["last_played"])
