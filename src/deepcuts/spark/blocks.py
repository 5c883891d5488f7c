"""Item blocks: items dealt out by falling listeners, each block with the pairs of its items and the users it needs.

They are laid out once for a training. In every epoch, each unit then leaves a file on the shelf, with a part for each
block: the vectors that it needs.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property, partial, reduce
from operator import add, or_
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa

from deepcuts.array_types import AnyArray, BoolVector, FloatVector, IndexVector
from deepcuts.data.csr import indptr_of, row_of_entry
from deepcuts.model.training.objective import Scale
from deepcuts.model.training.rows import Rows, beside, transpose
from deepcuts.model.training.settings import PersonaSettings
from deepcuts.model.training.user_sums import add_in_order, observed_weight
from deepcuts.model.training.weights import unobserved_weights, user_rows
from deepcuts.spark.session import ByFields, over
from deepcuts.spark.shelf import Shelf
from deepcuts.spark.units import Catalogue

_ARRAYS = ("indptr", "indices", "confidence", "target")
_DEALT = "dealt"  # the folder of what units leave for blocks


@dataclass(frozen=True)
class Training(ByFields):
    """A training on a shelf: all that its tasks have to know.

    Parameters
    ----------
    shelf, folder
        Where its files lie.
    n_units, n_blocks
        Into how many parts users and items are dealt.
    settings, seed
        Hyperparameters, and the seed of the items to start from.
    heavy_items
        Items of more listeners than this are heavy: units send sums over their pairs, not the vectors of their
        listeners. None where no item is.
    """

    shelf: Shelf
    folder: str
    n_units: int
    n_blocks: int
    settings: PersonaSettings
    seed: int
    heavy_items: int | None

    @cached_property
    def catalogue(self) -> Catalogue:
        """The items."""
        return Catalogue(self.shelf)

    @cached_property
    def scale(self) -> Scale:
        """Sizes of the data, once they are laid out."""
        return Scale(**self.shelf.read_json(self.laid_out))

    @cached_property
    def weights(self) -> FloatVector:
        """q of every item, float32, (n_items,)."""
        return unobserved_weights(self.catalogue.listeners, self.settings.weighting.unobserved_exponent)

    @cached_property
    def block_of_item(self) -> IndexVector:
        """Block of every item, int64, (n_items,): the widely played ones are far apart."""
        by_listeners = np.argsort(-self.catalogue.listeners, kind="stable")
        blocks = np.empty(len(by_listeners), np.int64)
        blocks[by_listeners] = np.arange(len(blocks)) % self.n_blocks
        return blocks

    @cached_property
    def is_heavy(self) -> BoolVector:
        """Which items are heavy, (n_items,)."""
        listeners = self.catalogue.listeners
        return np.zeros(len(listeners), bool) if self.heavy_items is None else listeners > self.heavy_items

    def items_of(self, block: int) -> IndexVector:
        """Indexes of the items of a block, ascending."""
        return np.flatnonzero(self.block_of_item == block)

    def heavy_of(self, block: int) -> IndexVector:
        """Indexes of the heavy items of a block, ascending."""
        return np.flatnonzero((self.block_of_item == block) & self.is_heavy)

    @property
    def laid_out(self) -> str:
        """Name of the file that says that units and blocks are there."""
        return f"{self.folder}/laid-out.json"

    def epoch(self, number: int, file: str) -> str:
        """Name of a file of an epoch."""
        return f"{self.folder}/epoch-{number:05}/{file}"

    def file(self, kind: str, number: int) -> str:
        """Name of a file of units, of blocks, or of what units leave for blocks when they are laid out."""
        return f"{self.folder}/{kind}/{number:05}.arrow"


def to_arrays(rows: Rows, prefix: str = "") -> dict[str, AnyArray]:
    """Rows as arrays of a file."""
    return {prefix + name: getattr(rows, name) for name in _ARRAYS}


def rows_from(stored: dict[str, Any], prefix: str = "") -> Rows:
    """Rows of a file."""
    return Rows(*(stored[prefix + name] for name in _ARRAYS))


def lay_out(session: Any, training: Training) -> None:
    """Write the pairs of all units and of all blocks, with confidences and targets, where that was not done yet."""
    shelf = training.shelf
    if shelf.holds(training.laid_out):
        return
    units = over(session, training.n_units, partial(_lay_out_unit, training), "unit long, observed double").toArrow()
    over(session, training.n_blocks, partial(_lay_out_block, training), "block long").toArrow()
    shelf.remove(f"{training.folder}/{_DEALT}")
    observed = add_in_order(units.sort_by("unit")["observed"].to_pylist())
    sizes: Any = SimpleNamespace(**shelf.manifest())
    shelf.write_json(training.laid_out, asdict(Scale.of(sizes, observed, training.settings.weighting.unobserved_ratio)))


def _lay_out_unit(training: Training, number: int) -> pa.RecordBatch:
    users = user_rows(training.catalogue.unit(number).set_dislikes_apart(), training.settings)
    rows = users.with_dislikes
    by_item = transpose(rows, len(training.weights))
    light = np.where(training.is_heavy[rows.indices], -1, training.block_of_item[rows.indices])
    dealt = [_dealt(rows, np.flatnonzero(light == block)) for block in range(training.n_blocks)]
    needed = np.concatenate([part["users"] for part in dealt])
    arrays = to_arrays(rows) | to_arrays(by_item.take(np.flatnonzero(training.is_heavy)), "heavy_")
    arrays |= {"needed": needed, "needed_indptr": indptr_of(np.array([len(part["users"]) for part in dealt]))}
    training.shelf.write(training.file("units", number), [arrays])
    heavy = ({"heavy_weights": by_item.weights[training.heavy_of(block)]} for block in range(training.n_blocks))
    training.shelf.write(training.file(_DEALT, number), map(or_, dealt, heavy))
    return pa.record_batch({"unit": [number], "observed": [observed_weight(users.weights)]})


def _dealt(rows: Rows, pairs: IndexVector) -> dict[str, AnyArray]:
    """Users who have some of these pairs, and rows of them alone."""
    users, sizes = np.unique(row_of_entry(rows.indptr)[pairs], return_counts=True)
    part = Rows(indptr_of(sizes), rows.indices[pairs], rows.confidence[pairs], rows.target[pairs])
    return to_arrays(part) | {"users": users}


def _lay_out_block(training: Training, number: int) -> pa.RecordBatch:
    dealt = [training.shelf.read(training.file(_DEALT, unit), number) for unit in range(training.n_units)]
    parts = [rows_from(each) for each in dealt]
    index_in_block = np.zeros(len(training.weights), np.int32)
    items, is_heavy = training.items_of(number), training.is_heavy[training.items_of(number)]
    index_in_block[items] = np.arange(len(items))
    indptr = indptr_of(np.concatenate([part.n_pairs for part in parts]))
    indices, confidence, target = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("indices", "confidence", "target")
    )
    by_item = transpose(Rows(indptr, index_in_block[indices], confidence, target), len(items))
    observed = by_item.weights.copy()
    observed[is_heavy] = reduce(add, [each["heavy_weights"] for each in dealt])
    stored = beside(by_item, _places(is_heavy, len(indptr) - 1, training.settings.n_factors + 1))
    units = {"unit_indptr": indptr_of(np.array([part.n_rows for part in parts])), "observed": observed}
    training.shelf.write(training.file("blocks", number), [to_arrays(stored) | units])
    return pa.record_batch({"block": [number]})


def _places(is_heavy: BoolVector, n_users: int, n_pairs: int) -> Rows:
    """Pseudo-pairs of heavy items, behind all users; every epoch brings their vectors and targets."""
    indptr = indptr_of(is_heavy * n_pairs)
    indices = np.arange(n_users, n_users + indptr[-1], dtype=np.int32)
    return Rows(indptr, indices, np.ones(indptr[-1], np.float32), np.zeros(indptr[-1], np.float32))
