"""Plays for fold-in, in the forms that callers have them: of users, or of one person who has no id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from numbers import Number
from typing import Any

import numpy as np
import pyarrow as pa

from deepcuts.checks import is_several, kind_of, shown
from deepcuts.data.given_tables import table_of
from deepcuts.data.id_text import to_text
from deepcuts.data.interactions import Interactions
from deepcuts.errors import DataError
from deepcuts.ingest import PlaysLike, as_plays
from deepcuts.model.state import VISITOR

GivenPlays = PlaysLike | Mapping[Any, float] | Iterable[Any]


def take_plays(given: Any) -> Interactions | Mapping[Any, float]:
    """Take the plays of users, as `as_plays` does, or those of one person.

    Parameters
    ----------
    given
        Of users: Interactions, or a table with the column user_id. Of one person: a mapping from items to counts, a
        pandas Series of counts with items as its index, a table with the column item_id and, if it has one, plays, or
        anything else that holds items one after the other, such as a list, a vector, a column or a generator (an item
        that comes twice was played twice).

    Returns
    -------
    A mapping from items to counts, or plays of users; the user of a table without ids is `VISITOR`.

    Raises
    ------
    DataError
        If it is anything else, an item is more than once in the index of a Series, or numbers of a Series may be items
        or counts.
    """
    if isinstance(given, Mapping):
        return given
    if _is_series(given):
        return _of_series(given)
    table = table_of(given)
    if table is not None:
        return as_plays(_with_visitor(given, table))
    if is_several(given) and getattr(given, "ndim", 1) == 1:
        return _counted(given)
    if isinstance(given, str | bytes | Number):
        raise DataError(
            f"The plays are {shown(given)}. Pass a list of items, even of a single one, or a mapping from items to "
            "play counts. Plays in a file are read first: read_plays(path, user=..., item=..., plays=...)."
        )
    return as_plays(given)


def _counted(items: Iterable[Any]) -> dict[str, int]:
    """How often each item comes."""
    items = items if hasattr(items, "dtype") or isinstance(items, pa.Array | pa.ChunkedArray) else list(items)
    first = next(iter(items), None)
    if isinstance(first, tuple | list | Mapping | np.void):
        raise DataError(
            f"An entry of the plays is {kind_of(first)}, {shown(first)}. Pass a list of items; pairs of "
            "an item and its count as dict(pairs); records as a table, such as pyarrow.Table.from_pylist(records) with "
            "the columns item_id and plays."
        )
    return Counter(to_text(items, "item").to_pylist())


def _is_series(given: Any) -> bool:
    """Whether it is a pandas Series: it has one axis, with labels."""
    return getattr(given, "ndim", None) == 1 and hasattr(given, "index") and hasattr(given, "items")


def _of_series(series: Any) -> Mapping[Any, float]:
    """Counts by item; of a column of items, whose index has the numbers of its rows, how often each comes."""
    if len(series) and series.index.inferred_type == "integer" and series.index.name is None:
        if series.infer_objects().dtype.kind not in "iuf":
            return _counted(series)
        if series.name is not None or series.index[0] == 0:
            index, number = next(iter(series.items()))
            raise DataError(
                f"The numbers of the plays, {shown(number)} at the index {shown(index)}, may be items or counts. Pass "
                "plays.to_list() where they are items; where they are counts, plays.rename_axis('item_id')."
            )
    if not series.index.is_unique:
        twice = series.index[series.index.duplicated()][0]
        raise DataError(
            f"The item {shown(twice)} is more than once in the index of the plays. Add them up first: "
            "plays.groupby(level=0).sum()."
        )
    return dict(series.items())


def _with_visitor(given: Any, table: pa.Table) -> Any:
    """Give the rows of a table that has items and no users one user, `VISITOR`."""
    if "item_id" not in table.column_names:
        return given if hasattr(given, "columns") else table  # whose kind a message names
    if "user_id" in table.column_names:
        return table  # not `given`, since a stream can be read once
    return table.append_column("user_id", pa.array([VISITOR] * len(table), pa.string()))
