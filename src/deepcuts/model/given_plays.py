"""Plays for fold-in, in the forms that callers have them: of users, or of one person who has no id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from typing import Any

import numpy as np
import pyarrow as pa

from deepcuts.checks import shown
from deepcuts.data.arrow_columns import table_of
from deepcuts.data.id_text import to_text
from deepcuts.data.interactions import Interactions
from deepcuts.errors import DataError
from deepcuts.ingest import PlaysLike, as_plays
from deepcuts.model.state import VISITOR

GivenPlays = PlaysLike | Mapping[Any, float] | Sequence[Any] | Set[Any]


def take_plays(given: GivenPlays) -> Interactions | Mapping[Any, float]:
    """Take the plays of users, as `as_plays` does, or those of one person.

    Parameters
    ----------
    given
        Of users: Interactions, or a table with the column user_id. Of one person: a mapping from items to counts, a
        pandas Series of counts with items as its index, a list, set or vector of items (one that a list has twice was
        played twice), or a table with the column item_id and, if it has one, plays.

    Returns
    -------
    A mapping from items to counts, or plays of users; the user of a table without ids is `VISITOR`.

    Raises
    ------
    DataError
        If it is anything else, or an item is more than once in the index of a Series.
    """
    if isinstance(given, Mapping):
        return given
    if isinstance(given, (list, tuple, Set)) or (isinstance(given, np.ndarray) and given.ndim == 1):
        return Counter(to_text(list(given), "item").to_pylist())
    if _is_series(given):
        return _counts_of_series(given)
    return as_plays(_with_visitor(given))


def _is_series(given: Any) -> bool:
    """Whether it is a pandas Series: it has one axis, with labels."""
    return getattr(given, "ndim", None) == 1 and hasattr(given, "index") and hasattr(given, "items")


def _counts_of_series(series: Any) -> dict[Any, float]:
    if not series.index.is_unique:
        twice = series.index[series.index.duplicated()][0]
        raise DataError(
            f"The item {shown(twice)} is more than once in the index of the plays. Add them up first: "
            "plays.groupby(level=0).sum()."
        )
    return dict(series.items())


def _with_visitor(given: Any) -> Any:
    """Give the rows of a table that has items and no users one user, `VISITOR`."""
    table = table_of(given)
    if table is None or "item_id" not in table.column_names:
        return given
    if "user_id" in table.column_names:
        return table  # not `given`, since a stream can be read once
    return table.append_column("user_id", pa.array([VISITOR] * len(table), pa.string()))
