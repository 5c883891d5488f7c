"""Units: some thousands of users in a row, shortest histories first, each in a file of its own on the shelf."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from deepcuts.array_types import IndexVector
from deepcuts.data.csr import indptr_of, sums_of_rows
from deepcuts.data.forgetting import select_users
from deepcuts.data.ids import Ids
from deepcuts.data.interactions import Interactions
from deepcuts.data.labels import Labels
from deepcuts.model.state import TrainingCounts
from deepcuts.shelf.engine import ByFields, Engine
from deepcuts.shelf.files import Shelf, columns_of

Choice: TypeAlias = Callable[[Ids], IndexVector]  # from users to the indexes of those that are chosen

_ITEMS, _LABELS = "items.arrow", "labels.arrow"


def unit_file(number: int) -> str:
    """Name of the file of a unit."""
    return f"units/unit-{number:05}.arrow"


@dataclass(frozen=True)
class Catalogue(ByFields):
    """The items of a shelf and how widely they are played."""

    shelf: Shelf

    @classmethod
    def write(cls, shelf: Shelf, items: pa.Table, labels: Labels | None) -> Catalogue:
        """Write items with their listeners and plays."""
        shelf.write(_ITEMS, [columns_of(items)])
        if labels is not None:
            arrays, texts = labels.to_stored()
            shelf.write(_LABELS, [{**arrays, **texts}])
        return cls(shelf)

    @cached_property
    def _stored(self) -> dict[str, Any]:
        return self.shelf.read(_ITEMS)

    @cached_property
    def ids(self) -> Ids:
        """Their ids."""
        return Ids(self._stored["item"], "item")

    @cached_property
    def counts(self) -> TrainingCounts:
        """How widely they are played."""
        n_users = self.shelf.manifest()["n_users"]
        return TrainingCounts(self._stored["listeners"].astype(np.int64), self._stored["plays"], n_users)

    def labels(self) -> Labels | None:
        """Names and tags, where some were given."""
        return Labels.from_parts(self.shelf.read(_LABELS), len(self.ids)) if self.shelf.holds(_LABELS) else None

    def unit(self, number: int) -> Interactions:
        """Plays of a unit, and below 0 its dislikes; what counts 0 is held out, of the last item and one more too."""
        return read_plays(self.shelf, unit_file(number), self.ids)


def write_plays(shelf: Shelf, name: str, plays: Interactions, **texts: pa.Array) -> None:
    """Write plays of some users; their items too, where these are among the texts."""
    arrays = {key: getattr(plays, key) for key in ("indptr", "indices", "plays")}
    shelf.write(name, [{**arrays, "user_ids": plays.user_ids.values, **texts}])


def read_plays(shelf: Shelf, name: str, item_ids: Ids | None = None) -> Interactions:
    """Read what `write_plays` has written."""
    stored = shelf.read(name)
    items = Ids(stored["item_ids"], "item") if item_ids is None else item_ids
    users = Ids(stored["user_ids"], "user")
    return Interactions(stored["indptr"], stored["indices"], stored["plays"], users, items)


def as_rows(plays: Interactions) -> pa.Table:
    """A row for each user, with the number of their pairs that are not held out, and all pairs as bytes."""
    pairs = np.stack([plays.indices, plays.plays.view(np.int32)], axis=1)
    ends = (plays.indptr * pairs.itemsize * 2).astype(np.int32)
    cells = pa.Array.from_buffers(pa.binary(), plays.n_users, [None, pa.py_buffer(ends), pa.py_buffer(pairs)])
    length = sums_of_rows((plays.plays != 0).astype(np.int64), plays.indptr).astype(np.int64)
    return pa.table({"user": plays.user_ids.values, "length": length, "pairs": cells})


def from_rows(rows: pa.Table, item_ids: Ids) -> Interactions:
    """Plays of the users of some rows, in that order."""
    pairs = np.frombuffer(b"".join(rows["pairs"].to_pylist()), np.int32).reshape(-1, 2)
    indptr = indptr_of(pc.binary_length(rows["pairs"]).to_numpy() // (2 * pairs.itemsize))
    users = Ids(rows["user"].combine_chunks(), "user")
    return Interactions(indptr, pairs[:, 0].copy(), pairs[:, 1].copy().view(np.float32), users, item_ids)


def plays_of(engine: Engine, catalogue: Catalogue, choose: Choice) -> Interactions:
    """Collect the plays of chosen users, and of no others, in order of their ids."""
    rows = engine.each(catalogue.shelf.manifest()["n_units"], partial(_chosen_rows, catalogue, choose))
    return from_rows(pa.concat_tables(rows).sort_by("user"), catalogue.ids).set_dislikes_apart()


def named(ids: Iterable[str], users: Ids) -> IndexVector:
    """Indexes of those of some users who are named in a list."""
    indexes = users.indexes_of(ids)
    return np.sort(indexes[indexes >= 0])


def _chosen_rows(catalogue: Catalogue, choose: Choice, number: int) -> pa.Table:
    unit = catalogue.unit(number)
    return as_rows(select_users(unit, choose(unit.user_ids)))
