"""What tables carry besides ids as text: names of the items, and ids as whole numbers, for joins."""

from __future__ import annotations

from collections.abc import Collection

import pyarrow as pa

from deepcuts.checks import truth
from deepcuts.data.interactions import Interactions
from deepcuts.data.whole_ids import IdsAs, check_ids_as, with_whole_ids


def check_columns(names: object, ids: object) -> None:
    """Refuse wrong arguments of `dressed`, before the work for a table.

    Raises
    ------
    SettingsError
        If `names` is no truth value, or `ids` none of the choices.
    """
    truth("names", names)
    check_ids_as(ids)


def dressed(table: pa.Table, seen: Interactions, *, names: bool, ids: IdsAs, whole: Collection[str]) -> pa.Table:
    """Give a table names of its items, and ids as whole numbers, where these are asked for.

    Parameters
    ----------
    table
        It has a column item_id.
    seen
        Plays over the same items, which know their names.
    names
        Whether to put a column ``name`` after item_id, the id where an item has no name.
    ids
        "text", as they are, or "int", as int64.
    whole
        Columns of ids that "int" is for.

    Raises
    ------
    DataError
        If an id is not the text of a whole number.
    """
    if names:
        table = with_item_names(table, seen)
    return with_whole_ids(table, whole) if ids == "int" else table


def with_item_names(table: pa.Table, seen: Interactions) -> pa.Table:
    """Put a column ``name`` after that of item ids; the id where an item has no name."""
    texts = table["item_id"]
    if seen.labels is not None:
        indexes = seen.item_ids.indexes_of(texts)
        texts = seen.item_names(indexes)
    return table.add_column(table.column_names.index("item_id") + 1, "name", texts)
