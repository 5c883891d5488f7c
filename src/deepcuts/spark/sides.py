"""The two sides of training on Spark: users are moved unit by unit, items block by block, each as one job."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from deepcuts.array_types import FloatMatrix
from deepcuts.data.csr import UserItems
from deepcuts.model.training.item_problem import item_problem
from deepcuts.model.training.objective import Diversity
from deepcuts.model.training.pseudo_pairs import moment, moment_size, pseudo_pairs
from deepcuts.model.training.rows import Rows
from deepcuts.model.training.sides import ItemCosts
from deepcuts.model.training.solve import EPOCH_ITEMS, EPOCH_USERS, ItemGrams
from deepcuts.model.training.user_problem import UserProblem, base_problem
from deepcuts.model.training.user_sums import UserSums, add_in_order
from deepcuts.spark.blocks import Training, exchange, rows_from
from deepcuts.spark.session import Batches, batch_of, over

ITEM_FACTORS = "items.arrow"

_SUMS = "unit long, sums binary"
_MOVED = "block long, factors binary, misfit binary, ridge binary"


class SparkSides:
    """Both sides on a shelf: units of users, and blocks of items.

    Parameters
    ----------
    session
        Of Spark.
    training
        Whose units and blocks are laid out.
    n_epochs
        Whole epochs on the shelf; of the last one, or of the start, items are there.
    """

    def __init__(self, session: Any, training: Training, n_epochs: int) -> None:
        self.session, self.training, self.n_epochs = session, training, n_epochs
        self._problem = _without_users(training)

    @property
    def w0(self) -> float:
        """Weight of a pair that was not observed, the mean over the items."""
        return self._problem.w0

    @property
    def diversity(self) -> Diversity | None:
        """The term, or None where it does not count."""
        return self._problem.diversity

    def move_users(self, item_factors: FloatMatrix, item_grams: ItemGrams) -> UserSums:
        """Move the user side by a half-step with the items of the shelf fixed, and return its sums."""
        move = partial(_move_unit, self.training, self.n_epochs, item_grams)
        rows = over(self.session, self.training.n_units, move, _SUMS).toArrow().sort_by("unit")
        parts: list[UserSums] = [pickle.loads(sums) for sums in rows["sums"].to_pylist()]
        return add_in_order(parts)

    def move_items(self, sums: UserSums, item_factors: FloatMatrix) -> ItemCosts:
        """Move the items by a half-step, in place, with the user side fixed, whose sums are given."""
        move = partial(_move_block, self.n_epochs, sums)
        send = partial(_sent, self.training, self.n_epochs)
        rows = exchange(self.session, self.training, send, move, _MOVED)
        costs = ItemCosts(np.empty(len(item_factors)), np.empty(len(item_factors), np.float32))
        for block, factors, misfit, ridge in zip(*(column.to_pylist() for column in rows.columns), strict=True):
            items = self.training.items_of(block)
            item_factors[items] = np.frombuffer(factors, np.float32).reshape(len(items), -1)
            costs.misfit[items], costs.ridge[items] = np.frombuffer(misfit), np.frombuffer(ridge, np.float32)
        self.n_epochs += 1
        return costs


def _without_users(training: Training) -> UserProblem:
    """The terms of the user side, without any rows."""
    nothing = np.empty(0, np.float32)
    none = Rows(np.zeros(1, np.int64), np.empty(0, np.int32), nothing, nothing)
    return base_problem(none, training.scale, training.settings)


def _move_unit(training: Training, n_epochs: int, item_grams: ItemGrams, number: int) -> Batches:
    shelf, file = training.shelf, f"users-{number:05}.arrow"
    rows = training.rows(number)
    factors = np.zeros((rows.n_rows, training.settings.n_factors), np.float32)
    if n_epochs:
        factors[:] = shelf.read(training.epoch(n_epochs, file))["factors"]
    items = shelf.read(training.epoch(n_epochs, ITEM_FACTORS))["factors"]
    problem = base_problem(rows, training.scale, training.settings)
    problem.solve(items, item_grams, factors, EPOCH_USERS)
    shelf.write(training.epoch(n_epochs + 1, file), {"factors": factors})
    sums = pickle.dumps(problem.sums(factors))
    yield batch_of(_SUMS, [number], [sums])


def _sent(training: Training, n_epochs: int, number: int) -> Iterator[bytes]:
    """The vectors of a unit that each block needs, then the moments of its heavy items."""
    stored = training.shelf.read(training.unit_file(number))
    factors = training.shelf.read(training.epoch(n_epochs + 1, f"users-{number:05}.arrow"))["factors"]
    needed, heavy = UserItems(stored["needed_indptr"], stored["needed"]), rows_from(stored, "heavy_")
    blocks = training.block_of_item[training.is_heavy]
    for block in range(training.n_blocks):
        vectors = factors[needed.part(slice(block, block + 1)).items]
        items = (heavy.block(item, item + 1) for item in np.flatnonzero(blocks == block).tolist())
        moments = [moment(factors[item.indices], item.confidence, item.target) for item in items]
        yield b"".join(part.tobytes() for part in (vectors, *moments))


def _move_block(
    n_epochs: int, sums: UserSums, training: Training, number: int, received: list[tuple[int, bytes]]
) -> Batches:
    stored, items = training.shelf.read(training.block_file(number)), training.items_of(number)
    rows, users = _arranged(training, number, stored, received)
    solution = training.shelf.read(training.epoch(n_epochs, ITEM_FACTORS))["factors"][items]
    side, weights, n_users = _without_users(training), training.weights[items], training.scale.n_users
    problem = item_problem(rows, stored["observed"], weights, side, n_users, len(users))
    misfit = problem.solve(users, sums.gram, sums.row_sum, solution, EPOCH_ITEMS)
    yield batch_of(_MOVED, [number], *([part.tobytes()] for part in (solution, misfit, problem.ridge)))


def _arranged(
    training: Training, number: int, stored: dict[str, Any], received: list[tuple[int, bytes]]
) -> tuple[Rows, FloatMatrix]:
    """Put what the units sent in its place: pairs of the items, and vectors of users, then those of pseudo-pairs."""
    starts, n_factors, n_heavy = stored["unit_indptr"], training.settings.n_factors, len(training.heavy_of(number))
    rows, n_pseudo = rows_from(stored), n_heavy * (n_factors + 1)
    users = np.empty((starts[-1] + n_pseudo, n_factors), np.float32)
    total = np.zeros((n_heavy, moment_size(n_factors)))
    for unit, payload in sorted(received):  # sums hang on the order of the units, not on that of arrival
        numbers = np.frombuffer(payload, np.float32)
        n_vectors = starts[unit + 1] - starts[unit]
        users[starts[unit] : starts[unit + 1]] = numbers[: n_vectors * n_factors].reshape(n_vectors, n_factors)
        total += numbers[n_vectors * n_factors :].reshape(total.shape)
    if not n_heavy:
        return rows, users
    vectors, targets = zip(*(pseudo_pairs(each, n_factors) for each in total), strict=True)
    users[starts[-1] :] = np.concatenate(vectors)
    target = rows.target.copy()
    target[rows.indices >= starts[-1]] = np.concatenate(targets)
    return replace(rows, target=target), users
