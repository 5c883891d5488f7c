"""Units: some thousands of users in a row, shortest histories first, each in a file of its own on the shelf."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from deepcuts.array_types import AnyArray, CountVector, DoubleVector, IndexVector, Indptr
from deepcuts.data.csr import UserItems, entries_of_rows, indptr_of
from deepcuts.data.ids import Ids
from deepcuts.data.interactions import Interactions
from deepcuts.data.labels import Labels
from deepcuts.spark.session import Batches, batch_of, over
from deepcuts.spark.shelf import Shelf

Choice: TypeAlias = Callable[[Ids], IndexVector]  # from users to the indexes of those that are chosen

ITEMS, LABELS = "items.arrow", "labels.arrow"
_FOUND = "user string, items binary, plays binary"


def unit_name(number: int) -> str:
    """Name of the file of a unit."""
    return f"units/unit-{number:05}.arrow"


@dataclass(frozen=True)
class Catalogue:
    """The items of a shelf and how widely they are played."""

    shelf: Shelf

    @cached_property
    def _stored(self) -> dict[str, Any]:
        return self.shelf.read(ITEMS)

    @cached_property
    def ids(self) -> Ids:
        """Their ids."""
        return Ids(self._stored["ids"], "item")

    @property
    def listeners(self) -> CountVector:
        """Users who played each item, int64, (n_items,)."""
        found: CountVector = self._stored["listeners"]
        return found

    @property
    def plays(self) -> DoubleVector:
        """Plays of each item, float64, (n_items,)."""
        found: DoubleVector = self._stored["plays"]
        return found

    def labels(self) -> Labels | None:
        """Names and tags, where some were given."""
        return Labels.from_parts(self.shelf.read(LABELS), len(self.ids)) if self.shelf.holds(LABELS) else None

    def unit(self, number: int) -> Unit:
        """Read a unit."""
        return Unit(self.shelf.read(unit_name(number)), self.ids)


@dataclass(frozen=True)
class Unit:
    """What the file of a unit holds; counts below 0 are dislikes."""

    stored: dict[str, Any]
    item_ids: Ids

    @property
    def user_ids(self) -> Ids:
        """The users, shortest histories first, and of one length by their ids."""
        return Ids(self.stored["user_ids"], "user")

    def plays(self, users: IndexVector | None = None) -> Interactions:
        """Plays of all users of the unit, or of some of them, in that order."""
        indptr, indices, plays = (self.stored[name] for name in ("indptr", "indices", "plays"))
        ids = self.user_ids
        if users is not None:
            indptr, entries = entries_of_rows(indptr, users)
            indices, plays, ids = indices[entries], plays[entries], Ids(ids.take(users), "user")
        return Interactions(indptr, indices, plays, ids, self.item_ids).set_dislikes_apart()

    def held(self, users: IndexVector) -> UserItems:
        """Items that were held out of some users; −1 for those that nobody is left to play."""
        return UserItems(self.stored["held_indptr"], self.stored["held"]).take(users)


def plays_of(session: Any, catalogue: Catalogue, choose: Choice) -> Interactions:
    """Collect the plays of chosen users, and of no others, in order of their ids; a user may be without any."""
    n_units = catalogue.shelf.manifest()["n_units"]
    rows = over(session, n_units, partial(_chosen_rows, catalogue, choose), _FOUND).toArrow()
    rows = rows.take(pc.sort_indices(rows["user"]))
    indptr = indptr_of(pc.binary_length(rows["items"]).to_numpy() // 4)
    flat = from_cells(rows["items"], np.int32), from_cells(rows["plays"], np.float32)
    users = Ids(pa.concat_arrays(rows["user"].cast(pa.string()).chunks), "user") if len(rows) else Ids.of([], "user")
    return Interactions(indptr, *flat, users, catalogue.ids).set_dislikes_apart()


def as_cells(indptr: Indptr, values: AnyArray) -> pa.Array:
    """Values of every row as a cell of bytes."""
    ends, data = (indptr * values.itemsize).astype(np.int32), np.ascontiguousarray(values)
    return pa.Array.from_buffers(pa.binary(), len(indptr) - 1, [None, pa.py_buffer(ends), pa.py_buffer(data)])


def from_cells(cells: pa.ChunkedArray, dtype: type[np.generic]) -> AnyArray:
    """Values of all rows, one after the other."""
    return np.frombuffer(b"".join(cells.to_pylist()), dtype)


def named(ids: Sequence[str], users: Ids) -> IndexVector:
    """Indexes of those of some users who are named in a list."""
    is_chosen = pc.is_in(users.values, value_set=pa.array(ids, pa.string()))
    return np.flatnonzero(is_chosen.to_numpy(zero_copy_only=False))


def _chosen_rows(catalogue: Catalogue, choose: Choice, number: int) -> Batches:
    unit = catalogue.unit(number)
    users = choose(unit.user_ids)
    if not len(users):
        return
    indptr, entries = entries_of_rows(unit.stored["indptr"], users)
    items, plays = (as_cells(indptr, unit.stored[name][entries]) for name in ("indices", "plays"))
    yield batch_of(_FOUND, unit.user_ids.take(users), items, plays)
