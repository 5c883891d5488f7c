"""Item blocks: items dealt out by what they cost, each block with the pairs of its items and the users it needs.

They are laid out once for a training. In every epoch, each unit then leaves a file on the shelf, with a part for each
block: the vectors that it needs.
"""

from __future__ import annotations

import heapq
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from types import SimpleNamespace
from typing import Any

import numpy as np

from deepcuts.array_types import AnyArray, CountVector, DoubleVector, FloatVector, IndexVector
from deepcuts.data.csr import indptr_of, row_of_entry
from deepcuts.model.training.item_problem import item_problem
from deepcuts.model.training.objective import Scale
from deepcuts.model.training.pseudo_pairs import with_pseudo_pairs
from deepcuts.model.training.rows import Rows, transpose
from deepcuts.model.training.settings import PersonaSettings
from deepcuts.model.training.user_problem import base_problem
from deepcuts.model.training.user_sums import add_in_order, observed_weight
from deepcuts.model.training.weights import unobserved_weights, user_rows
from deepcuts.shelf.engine import ByFields, Engine
from deepcuts.shelf.files import Shelf, numbered
from deepcuts.shelf.units import Catalogue

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
        Items of more listeners than this are heavy: of each, a unit sends few pairs that stand for all of its own. None
        where no item is.
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
        return unobserved_weights(self.catalogue.counts.listeners, self.settings.weighting.unobserved_exponent)

    @cached_property
    def block_of_item(self) -> IndexVector:
        """Block of every item, int64, (n_items,), once items are dealt out."""
        found: IndexVector = self.shelf.read(self.dealt_out)["block"]
        return found

    @cached_property
    def heavy(self) -> IndexVector:
        """Indexes of the heavy items, int64, ascending."""
        most = np.inf if self.heavy_items is None else self.heavy_items
        return np.flatnonzero(self.catalogue.counts.listeners > most)

    def items_of(self, block: int) -> IndexVector:
        """Indexes of the items of a block, ascending."""
        return np.flatnonzero(self.block_of_item == block)

    @property
    def dealt_out(self) -> str:
        """Name of the file of the blocks of all items."""
        return f"{self.folder}/items.arrow"

    @property
    def laid_out(self) -> str:
        """Name of the file that says that units and blocks are there."""
        return f"{self.folder}/laid-out.json"

    @property
    def done(self) -> str:
        """Name of the file that says which epoch was the last whole one, and what it left."""
        return f"{self.folder}/done.json"

    def epoch(self, number: int, file: str = "") -> str:
        """Name of a file of an epoch, or of its folder."""
        return f"{self.folder}/epoch-{number:05}/{file}".rstrip("/")

    def file(self, kind: str, number: int) -> str:
        """Name of a file of units, of blocks, or of what units leave for blocks when they are laid out."""
        return numbered(f"{self.folder}/{kind}", number)


def to_arrays(rows: Rows, prefix: str = "") -> dict[str, AnyArray]:
    """Rows as arrays of a file."""
    return {prefix + name: getattr(rows, name) for name in _ARRAYS}


def rows_from(stored: dict[str, Any], prefix: str = "") -> Rows:
    """Rows of a file."""
    return Rows(*(stored[prefix + name] for name in _ARRAYS))


def lay_out(engine: Engine, training: Training) -> None:
    """Write the pairs of all units and of all blocks, with confidences and targets, where that was not done yet."""
    shelf = training.shelf
    if shelf.holds(training.laid_out):
        return
    blocks = deal_out(_pairs_in_blocks(training), training.settings.vector_length, training.n_blocks)
    shelf.write(training.dealt_out, [{"block": blocks}])
    found: list[Any] = engine.each(training.n_units, partial(_lay_out_unit, training))
    observed, of_heavy = zip(*found, strict=True)
    sizes: Any = SimpleNamespace(**shelf.manifest())
    scale = Scale.of(sizes, add_in_order(observed), training.settings.weighting.unobserved_ratio)
    engine.each(training.n_blocks, partial(_lay_out_block, training, scale, sum(of_heavy)))
    shelf.remove(f"{training.folder}/{_DEALT}")
    shelf.write_json(training.laid_out, asdict(scale))


def deal_out(n_pairs: CountVector, n_factors: int, n_blocks: int) -> IndexVector:
    """Block of every item, int64, (n_items,): the costliest first, each to the block of the least cost so far.

    An item costs its pairs, and as many more as there are factors for a row of any length.

    Parameters
    ----------
    n_pairs
        Pairs of every item, int64, (n_items,).
    n_factors
        Length of the vectors.
    n_blocks
        At most n_items, so that no block is empty.
    """
    blocks, loads = np.empty(len(n_pairs), np.int64), [(0, block) for block in range(n_blocks)]
    for item in np.argsort(-n_pairs, kind="stable").tolist():
        load, blocks[item] = loads[0]
        heapq.heapreplace(loads, (load + int(n_pairs[item]) + n_factors, int(blocks[item])))
    return blocks


def _pairs_in_blocks(training: Training) -> CountVector:
    """Pairs or pseudo-pairs of every item that its block will have."""
    pairs = training.catalogue.counts.listeners.copy()
    pairs[training.heavy] = training.n_units * (training.settings.vector_length + 1)
    return pairs


def _lay_out_unit(training: Training, number: int) -> tuple[float, DoubleVector]:
    """Return Σ c over the pairs of a unit, and over its pairs of each heavy item."""
    users = user_rows(training.catalogue.unit(number).set_dislikes_apart(), training.settings)
    rows = users.with_dislikes
    heavy = transpose(rows, len(training.weights)).take(training.heavy)
    all_rows = with_pseudo_pairs(rows, training.heavy, heavy, training.settings.vector_length)
    block_of_pair = training.block_of_item[all_rows.indices]
    dealt = [_dealt(all_rows, np.flatnonzero(block_of_pair == block)) for block in range(training.n_blocks)]
    needed = {"needed": np.concatenate([part["rows"] for part in dealt]).astype(np.int32)}
    needed["needed_indptr"] = indptr_of(np.array([len(part["rows"]) for part in dealt]))
    training.shelf.write(training.file("units", number), [to_arrays(rows) | to_arrays(heavy, "heavy_") | needed])
    training.shelf.write(training.file(_DEALT, number), dealt)
    return observed_weight(users.weights), heavy.weights


def _dealt(rows: Rows, pairs: IndexVector) -> dict[str, AnyArray]:
    """Rows that have some of these pairs, by their indexes, and these pairs alone."""
    own, sizes = np.unique(row_of_entry(rows.indptr)[pairs], return_counts=True)
    part = Rows(indptr_of(sizes), rows.indices[pairs], rows.confidence[pairs], rows.target[pairs])
    return to_arrays(part) | {"rows": own}


def _lay_out_block(training: Training, scale: Scale, of_heavy: DoubleVector, number: int) -> None:
    parts = [rows_from(training.shelf.read(training.file(_DEALT, unit), number)) for unit in range(training.n_units)]
    index_in_block, items = np.zeros(len(training.weights), np.int32), training.items_of(number)
    index_in_block[items] = np.arange(len(items))
    indices, confidence, target = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("indices", "confidence", "target")
    )
    indptr = indptr_of(np.concatenate([part.n_pairs for part in parts]))
    by_user = Rows(indptr, index_in_block[indices], confidence, target)
    by_item = transpose(by_user, len(items))
    observed, user_side = by_item.weights.copy(), base_problem(by_user, scale, training.settings)
    is_own = training.block_of_item[training.heavy] == number
    observed[index_in_block[training.heavy[is_own]]] = of_heavy[is_own]
    weights = training.weights[items]
    problem = item_problem(by_item, observed, weights, user_side, scale.n_users, by_user.n_rows)
    training.shelf.write(training.file("blocks", number), [to_arrays(problem.rows) | {"ridge": problem.ridge}])
