"""Somebody's ranked lists, read from an Arrow table, checked row by row and put in order.

The tables can be larger than memory ought to hold as strings (100 million rows are nothing unusual), so they are read
as a stream, and each row becomes one integer.
"""

from __future__ import annotations

import logging
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from deepcuts.data.ids import as_strings
from deepcuts.data.interactions import Interactions
from deepcuts.errors import DataError

logger = logging.getLogger(__name__)

COLUMNS = ("user_id", "item_id", "rank")
N_PERSONAS = 128  # numbers of personas from 0 up that fit into the int8 they are kept in
_BATCH_ROWS = 1 << 17  # a table that comes as one batch is not turned into strings and integers all at once


class ArrowStream(Protocol):
    """Anything with the Arrow PyCapsule interface: tables of pyarrow, polars, pandas; relations of DuckDB; readers."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return a capsule that holds an Arrow C stream."""


@dataclass(frozen=True)
class EntryCode:
    """One int64 for a user, a rank, a persona and an item: ascending numbers are users in order, then their ranks.

    Parameters
    ----------
    n_users, n_items
        Users and items of train; their indexes are what is packed.
    n_personas
        Personas there is room for, 1 where the lists do not tell them.
    """

    n_users: int
    n_items: int
    n_personas: int = 1

    @property
    def n_ranks(self) -> int:
        """Ranks from 0 up that fit beside the users and items."""
        return int(np.iinfo(np.int64).max // (self.n_users * self.n_personas * self.n_items))

    def pack(
        self, users: np.ndarray, ranks: np.ndarray, personas: np.ndarray | np.int64, items: np.ndarray
    ) -> np.ndarray:
        """Pack int64 arrays of one shape."""
        entries: np.ndarray = ((users * self.n_ranks + ranks) * self.n_personas + personas) * self.n_items + items
        return entries

    def unpack(self, entries: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Split entries into places, one int64 for user and rank together, personas and item indexes."""
        rest = entries // self.n_items
        places = rest // self.n_personas
        return places, rest - places * self.n_personas, entries - rest * self.n_items

    def first(self, users: np.ndarray) -> np.ndarray:
        """Smallest number an entry of these users can have, int64."""
        return users * (self.n_ranks * self.n_personas * self.n_items)


def read_entries(lists: ArrowStream, train: Interactions, judged: np.ndarray) -> tuple[np.ndarray, EntryCode]:
    """Read the rows of the users that are judged; rows of other users are not looked at.

    Parameters
    ----------
    lists
        Columns user_id, item_id, rank (1 = best), in any order of rows, and persona where that holds whole numbers;
        other columns are ignored.
    train
        Gives the indexes of users and items.
    judged
        bool, (train.n_users,): whose lists are wanted.

    Returns
    -------
    numpy.ndarray
        int64, ascending: the rows as an `EntryCode` packs them.
    EntryCode
        The one that does; it has room for personas where the lists tell them.

    Raises
    ------
    DataError
        If `lists` is no table or lacks a column, if a rank is not a whole number from 1 up, an item not in train, or
        a persona not from 0 to 127.
    """
    reader = _open(lists)
    code = EntryCode(*train.shape, N_PERSONAS if _tells_personas(reader.schema) else 1)
    n_rows, gathered = 0, array("q")  # grows in place, where joining a list of parts would hold everything twice
    for batch in _with_indexes(reader, train):
        n_rows += len(batch)
        gathered.frombytes(_pack(batch, code, judged).tobytes())
    entries = np.frombuffer(gathered, np.int64)
    if len(entries) < n_rows:
        logger.info("%d of %d rows belong to users that are not judged; left out.", n_rows - len(entries), n_rows)
    if np.any(entries[1:] < entries[:-1]):  # most lists come in order, and looking is much cheaper than sorting
        entries.sort()
    return entries, code


def _tells_personas(schema: pa.Schema) -> bool:
    return schema.names.count("persona") == 1 and bool(pa.types.is_integer(schema.field("persona").type))


def _with_indexes(reader: pa.RecordBatchReader, train: Interactions) -> pa.RecordBatchReader:
    """Read the columns, ids as strings, and put their indexes in train beside them, null where train has no such id.

    It is one scan from end to end because every call of `Ids.indexes_of` would hash all ids of train once more.
    """
    from pyarrow.dataset import Scanner  # brings pandas along where that is installed

    numbers = ["rank", "persona"] if _tells_personas(reader.schema) else ["rank"]
    fields = [("user_id", pa.string()), ("item_id", pa.string()), *map(reader.schema.field, numbers)]
    schema = pa.schema(fields)
    columns = {
        **{name: pc.field(name) for name in schema.names},
        "user_index": pc.index_in(pc.field("user_id"), value_set=train.user_ids.values),
        "item_index": pc.index_in(pc.field("item_id"), value_set=train.item_ids.values),
    }
    return Scanner.from_batches(_plain_batches(reader, schema), schema=schema, columns=columns).to_reader()


def _plain_batches(reader: pa.RecordBatchReader, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for batch in reader:
        for start in range(0, len(batch), _BATCH_ROWS):
            part = batch.slice(start, _BATCH_ROWS)
            ids = [as_strings(part[name]) for name in ("user_id", "item_id")]
            yield pa.record_batch([*ids, *(part[name] for name in schema.names[2:])], schema=schema)


def _open(lists: ArrowStream) -> pa.RecordBatchReader:
    try:
        reader = pa.RecordBatchReader.from_stream(lists)
    except (TypeError, pa.ArrowInvalid) as error:
        raise DataError(
            f"The lists are a {type(lists).__name__}, not a table. Pass a table with the columns "
            f"{', '.join(COLUMNS)} from pyarrow, polars, pandas or DuckDB."
        ) from error
    for name in COLUMNS:
        if (count := reader.schema.names.count(name)) != 1:
            raise DataError(
                f"Column {name!r} {'not found in' if not count else 'is more than once in'} the lists. "
                f"Their columns are {', '.join(reader.schema.names)}. Name three of them {', '.join(COLUMNS)}."
            )
        _check_type(name, reader.schema.field(name).type)
    return reader


def _check_type(name: str, kind: pa.DataType) -> None:
    if name == "rank" and not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        raise DataError(f"Column 'rank' of the lists holds {kind}. Ranks are whole numbers, 1 for a user's best item.")
    if name != "rank" and pa.types.is_nested(kind):
        raise DataError(f"Column {name!r} of the lists holds {kind}. Ids are strings.")


def _pack(batch: pa.RecordBatch, code: EntryCode, judged: np.ndarray) -> np.ndarray:
    users, items = (_int64(batch[name]) for name in ("user_index", "item_index"))
    rows = np.flatnonzero((users >= 0) & judged[users])
    items = items[rows]
    if len(unknown := np.flatnonzero(items < 0)):
        user, item = _names(batch, rows[unknown[0]])
        raise DataError(
            f"The list of user {user!r} holds the item {item!r}, which is not in train. "
            "Lists and train must use the same item ids; leave items out that train does not have."
        )
    ranks = batch["rank"].to_numpy(zero_copy_only=False)[rows]  # missing ranks turn up as NaN
    if len(wrong := np.flatnonzero(~((np.trunc(ranks) == ranks) & (ranks >= 1) & (ranks < code.n_ranks)))):
        user, item = _names(batch, rows[wrong[0]])
        raise DataError(
            f"In the list of user {user!r} the item {item!r} has the rank {ranks[wrong[0]]}. "
            f"Ranks are whole numbers from 1, for a user's best item, to {code.n_ranks - 1:,}."
        )
    return code.pack(users[rows], ranks.astype(np.int64), _personas(batch, rows, code), items)


def _personas(batch: pa.RecordBatch, rows: np.ndarray, code: EntryCode) -> np.ndarray | np.int64:
    if code.n_personas == 1:
        return np.int64(0)
    personas = batch["persona"].to_numpy(zero_copy_only=False)[rows]  # missing ones turn up as NaN
    if len(wrong := np.flatnonzero(~((personas >= 0) & (personas < code.n_personas)))):
        user, item = _names(batch, rows[wrong[0]])
        raise DataError(
            f"In the list of user {user!r} the item {item!r} has the persona {personas[wrong[0]]}. Personas are "
            f"whole numbers from 0, for a user's dominant one, to {code.n_personas - 1}; or drop the column."
        )
    numbers: np.ndarray = personas.astype(np.int64)
    return numbers


def _int64(indexes: pa.Int32Array) -> np.ndarray:
    """Indexes as the type that entries are computed in; -1 for null."""
    values: np.ndarray = indexes.fill_null(-1).to_numpy().astype(np.int64)
    return values


def _names(batch: pa.RecordBatch, row: int) -> tuple[Any, Any]:
    return batch["user_id"][int(row)].as_py(), batch["item_id"][int(row)].as_py()
