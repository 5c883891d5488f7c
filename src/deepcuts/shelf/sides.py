"""The two sides of training on a shelf: users are moved unit by unit, items block by block, each as one job."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from deepcuts.array_types import AnyArray, FloatMatrix, FloatVector
from deepcuts.data.csr import UserItems
from deepcuts.model.training.item_problem import ItemProblem
from deepcuts.model.training.pseudo_pairs import with_pseudo_vectors
from deepcuts.model.training.sides import ItemCosts
from deepcuts.model.training.solve import EPOCH_ITEMS, EPOCH_USERS, ItemGrams
from deepcuts.model.training.user_problem import base_problem
from deepcuts.model.training.user_sums import UserSums, add_in_order
from deepcuts.shelf.blocks import Training, rows_from
from deepcuts.shelf.engine import Engine
from deepcuts.shelf.files import numbered

ITEM_FACTORS = "items.arrow"
SENT = "sent"  # the folder of what units leave for blocks in an epoch


class _Memory(threading.local):
    """What a thread keeps of one task for the next."""

    floats: FloatVector = np.empty(0, np.float32)


_memory = _Memory()


class ShelfSides:
    """Both sides on a shelf: units of users, and blocks of items.

    Parameters
    ----------
    engine
        What runs the tasks.
    training
        Whose units and blocks are laid out.
    n_epochs
        Whole epochs on the shelf; of the last one, or of the start, items are there.

    Attributes
    ----------
    w0, diversity
        As of `Sides`.
    """

    def __init__(self, engine: Engine, training: Training, n_epochs: int) -> None:
        self.engine, self.training, self.n_epochs = engine, training, n_epochs
        self.w0, self.diversity = training.scale.w0, None

    def move_users(self, item_factors: FloatMatrix, item_grams: ItemGrams) -> UserSums:
        """Move the user side by a half-step with the items of the shelf fixed, and return its sums."""
        move = partial(_move_unit, self.training, self.n_epochs, item_grams)
        parts: list[UserSums] = self.engine.each(self.training.n_units, move)
        return add_in_order(parts)

    def move_items(self, sums: UserSums, item_factors: FloatMatrix) -> ItemCosts:
        """Move the items by a half-step, in place, with the user side fixed, whose sums are given."""
        costs = ItemCosts(np.empty(len(item_factors)), np.empty(len(item_factors), np.float32))
        move = partial(_move_block, self.training, self.n_epochs, sums)
        for block, (factors, misfit, ridge) in enumerate(self.engine.each(self.training.n_blocks, move)):
            items = self.training.items_of(block)
            item_factors[items], costs.misfit[items], costs.ridge[items] = factors, misfit, ridge
        self.n_epochs += 1
        return costs


def _move_unit(training: Training, n_epochs: int, item_grams: ItemGrams, number: int) -> UserSums:
    shelf, file = training.shelf, f"users-{number:05}.arrow"
    stored = shelf.read(training.file("units", number))
    rows = rows_from(stored)
    factors = np.zeros((rows.n_rows, training.settings.vector_length), np.float32)
    if n_epochs:
        factors[:] = shelf.read(training.epoch(n_epochs, file))["factors"]
    items = shelf.read(training.epoch(n_epochs, ITEM_FACTORS))["factors"]
    problem = base_problem(rows, training.scale, training.settings)
    problem.solve(items, item_grams, factors, EPOCH_USERS)
    shelf.write(training.epoch(n_epochs + 1, file), [{"factors": factors}])
    shelf.write(numbered(training.epoch(n_epochs + 1, SENT), number), _sent(stored, factors))
    return problem.sums(factors)


def _sent(stored: dict[str, Any], factors: FloatMatrix) -> Iterator[dict[str, FloatMatrix]]:
    """For each block the vectors that it needs: of users, and of pseudo-pairs of its heavy items."""
    needed = UserItems(stored["needed_indptr"], stored["needed"])
    vectors = with_pseudo_vectors(factors, rows_from(stored, "heavy_"))
    for block in range(needed.n_users):
        yield {"vectors": vectors[needed.part(slice(block, block + 1)).items]}


def _move_block(training: Training, n_epochs: int, sums: UserSums, number: int) -> tuple[AnyArray, ...]:
    """Return the items of a block as they are now, their misfits and their ridges."""
    shelf, items = training.shelf, training.items_of(number)
    stored = shelf.read(training.file("blocks", number))
    folder = training.epoch(n_epochs + 1, SENT)
    users = joined([shelf.read(numbered(folder, unit), number)["vectors"] for unit in range(training.n_units)])
    solution = shelf.read(training.epoch(n_epochs, ITEM_FACTORS))["factors"][items]
    floor = training.settings.lowest_item_factor
    problem = ItemProblem(rows_from(stored), stored["ridge"], training.weights[items], training.scale.w0, None, floor)
    misfit = problem.solve(users, sums.gram, sums.row_sum, solution, EPOCH_ITEMS)
    return solution, misfit, problem.ridge


def joined(parts: Sequence[FloatMatrix]) -> FloatMatrix:
    """Put matrices of one width below one another, in memory that lasts until the thread joins others.

    The tasks of a worker use it in turn: the system takes as long to find new memory as to fill it, and several times
    as long for the first task of an epoch.
    """
    n_rows, width = sum(map(len, parts)), parts[0].shape[1]
    if len(_memory.floats) < n_rows * width:
        _memory.floats = np.empty(0, np.float32)  # given back before there is more
        _memory.floats = np.empty(n_rows * width, np.float32)
    return np.concatenate(parts, out=_memory.floats[: n_rows * width].reshape(n_rows, width))
