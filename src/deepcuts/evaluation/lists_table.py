"""Ranked lists from an Arrow table: its rows are checked, packed into one integer each, and put in order.

A million lists of 100 items take many gigabytes as strings, so that tables are read as streams of record batches.
"""

from __future__ import annotations

import logging
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from deepcuts.array_types import BoolVector, CountVector, IndexVector
from deepcuts.checks import shown
from deepcuts.data.arrow_columns import ArrowTable, what_came
from deepcuts.data.given_tables import ours, stream_of
from deepcuts.data.id_text import to_text
from deepcuts.data.interactions import Interactions
from deepcuts.errors import DataError
from deepcuts.wording import counted

logger = logging.getLogger(__name__)

COLUMNS = ("user_id", "item_id", "rank")
N_PERSONAS = 128  # numbers of personas from 0 up that fit into the int8 they are kept in
_USUAL_RANKS = 10_000  # where fewer than these fit, the message about a larger one says why
_BATCH_ROWS = 1 << 17  # a table that comes as one batch is not turned into strings and integers all at once


@dataclass(frozen=True)
class RowCode:
    """One int64 for a user, a rank, a persona and an item: ascending numbers are users in order, then their ranks.

    Parameters
    ----------
    n_users, n_items
        Users and items of train; their indexes are what is packed.
    n_personas
        Personas that can be told apart, 1 where the lists do not tell them.
    """

    n_users: int
    n_items: int
    n_personas: int = 1

    @property
    def n_ranks(self) -> int:
        """Ranks from 0 up that fit beside the users and items."""
        return int(np.iinfo(np.int64).max // (self.n_users * self.n_personas * self.n_items))

    @property
    def advice(self) -> str:
        """What to do about lists that are longer than ranks fit; empty where far more fit than any list has."""
        if self.n_ranks > _USUAL_RANKS:
            return ""
        personas = "" if self.n_personas == 1 else f" and {counted(self.n_personas, 'persona')}"
        drop = "" if self.n_personas == 1 else "drop the column persona, "
        return (
            f" More do not fit beside "
            f"{counted(self.n_users, 'user')}{' and' * (not personas) or ','} {counted(self.n_items, 'item')}"
            f"{personas}: shorten the lists, {drop}or evaluate the users in parts, with the train of each."
        )

    def pack(
        self, users: CountVector, ranks: CountVector, personas: CountVector | np.int64, items: CountVector
    ) -> CountVector:
        """Return ((user · n_ranks + rank) · n_personas + persona) · n_items + item of int64 arrays of one length."""
        # Below 2^63: `_ranks` refuses ranks of n_ranks and more.
        packed: CountVector = ((users * self.n_ranks + ranks) * self.n_personas + personas) * self.n_items + items
        return packed

    def unpack(self, packed: CountVector) -> tuple[CountVector, CountVector, CountVector]:
        """Split rows into user and rank together, one int64, personas and item indexes."""
        without_item = packed // self.n_items
        user_ranks = without_item // self.n_personas
        return user_ranks, without_item - user_ranks * self.n_personas, packed - without_item * self.n_items

    def first(self, users: IndexVector) -> CountVector:
        """Smallest number that a row of each of these users can have."""
        return users * (self.n_ranks * self.n_personas * self.n_items)


def read_rows(lists: ArrowTable, train: Interactions, users: IndexVector) -> tuple[CountVector, RowCode]:
    """Read the rows of the users that are judged; rows of other users are not looked at.

    Parameters
    ----------
    lists
        Columns user_id, item_id, rank (1 = best), in any order of rows, and persona where that holds whole numbers;
        other columns are ignored.
    train
        Gives the indexes of users and items.
    users
        Indexes of the users whose lists are wanted.

    Returns
    -------
    numpy.ndarray
        int64, ascending: the rows as a `RowCode` packs them.
    RowCode
        The one that does; its `n_personas` is 1 where the lists do not tell personas.

    Raises
    ------
    DataError
        If `lists` is no table or lacks a column, if a rank is not a whole number from 1 up, an item not in train, or
        a persona not from 0 to 127.
    """
    reader = _open(lists)
    code = RowCode(*train.shape, N_PERSONAS if _tells_personas(reader.schema) else 1)
    is_judged = np.zeros(train.n_users, bool)
    is_judged[users] = True
    n_rows, gathered = 0, array("q")  # grows where it is, while joining a list of parts would hold everything twice
    for batch in _with_indexes(reader, train):
        n_rows += len(batch)
        gathered.frombytes(_pack(batch, code, is_judged).tobytes())
    packed = np.frombuffer(gathered, np.int64)
    if len(packed) < n_rows:
        logger.info("Left out, of users that are not judged: %s of %d.", counted(n_rows - len(packed), "row"), n_rows)
    if np.any(packed[1:] < packed[:-1]):  # most lists come in order, and looking is much cheaper than sorting
        packed.sort()
    return packed, code


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
            ids = [to_text(part[f"{kind}_id"], kind) for kind in ("user", "item")]
            yield pa.record_batch([*ids, *(part[name] for name in schema.names[2:])], schema=schema)


def _open(lists: ArrowTable) -> pa.RecordBatchReader:
    reader = stream_of(lists, ours)
    if reader is None:
        raise DataError(f"The lists are {what_came(lists)}, not a table. {_what_to_pass(lists)}")
    for name in COLUMNS:
        if (count := reader.schema.names.count(name)) != 1:
            raise DataError(
                f"Column {name!r} {'not found in' if not count else 'is more than once in'} the lists. "
                f"Their columns are {', '.join(reader.schema.names)}. Name three of them {', '.join(COLUMNS)}."
            )
        _check_type(name, reader.schema.field(name).type)
    return reader


def _what_to_pass(lists: Any) -> str:
    if isinstance(lists, str) or hasattr(lists, "__fspath__"):
        return f"Read the file {shown(str(lists))} first, such as by pyarrow.parquet.read_table."
    if hasattr(lists, "recommend"):
        return "Pass those that the model makes: model.recommend(k=100)."
    return f"Pass a table with the columns {', '.join(COLUMNS)} from pyarrow, polars, pandas or DuckDB."


def _check_type(name: str, kind: pa.DataType) -> None:
    if name == "rank" and not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        raise DataError(f"Column 'rank' of the lists holds {kind}. Ranks are whole numbers, 1 for a user's best item.")
    if name != "rank" and pa.types.is_nested(kind):
        raise DataError(f"Column {name!r} of the lists holds {kind}. Ids are strings.")


def _pack(batch: pa.RecordBatch, code: RowCode, is_judged: BoolVector) -> CountVector:
    users, items = (_int64(batch[name]) for name in ("user_index", "item_index"))
    rows = np.flatnonzero((users >= 0) & is_judged[users])  # −1 looks at the last user, but is dropped
    _refuse_unknown_items(batch, rows[items[rows] < 0])
    return code.pack(users[rows], _ranks(batch, rows, code), _personas(batch, rows, code), items[rows])


def _refuse_unknown_items(batch: pa.RecordBatch, unknown: IndexVector) -> None:
    if len(unknown):
        user, item = _names(batch, unknown[0])
        raise DataError(
            f"The list of user {user!r} holds the item {item!r}, which is not in train. "
            "Lists and train must use the same item ids; leave items out that train does not have."
        )


def _ranks(batch: pa.RecordBatch, rows: IndexVector, code: RowCode) -> CountVector:
    ranks = batch["rank"].to_numpy(zero_copy_only=False)[rows]  # missing ranks turn up as NaN
    if len(wrong := np.flatnonzero(~((np.trunc(ranks) == ranks) & (ranks >= 1) & (ranks < code.n_ranks)))):
        user, item = _names(batch, rows[wrong[0]])
        raise DataError(
            f"In the list of user {user!r} the item {item!r} has the rank {ranks[wrong[0]]}. "
            f"Ranks are whole numbers from 1, for a user's best item, to {code.n_ranks - 1:,}.{code.advice}"
        )
    whole: CountVector = ranks.astype(np.int64)
    return whole


def _personas(batch: pa.RecordBatch, rows: IndexVector, code: RowCode) -> CountVector | np.int64:
    if code.n_personas == 1:
        return np.int64(0)
    personas = batch["persona"].to_numpy(zero_copy_only=False)[rows]  # missing ones turn up as NaN
    if len(wrong := np.flatnonzero(~((personas >= 0) & (personas < code.n_personas)))):
        user, item = _names(batch, rows[wrong[0]])
        raise DataError(
            f"In the list of user {user!r} the item {item!r} has the persona {personas[wrong[0]]}. Personas are "
            f"whole numbers from 0, for a user's dominant one, to {code.n_personas - 1}; or drop the column."
        )
    numbers: CountVector = personas.astype(np.int64)
    return numbers


def _int64(indexes: pa.Int32Array) -> CountVector:
    """Indexes as the type that rows are packed in; -1 for null."""
    values: CountVector = indexes.fill_null(-1).to_numpy().astype(np.int64)
    return values


def _names(batch: pa.RecordBatch, row: int) -> tuple[Any, Any]:
    return batch["user_id"][int(row)].as_py(), batch["item_id"][int(row)].as_py()
