"""The two sides of training on Spark: users are moved unit by unit, items block by block, each as one job."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from deepcuts.array_types import AnyArray, FloatMatrix
from deepcuts.data.csr import UserItems
from deepcuts.model.training.item_problem import item_problem
from deepcuts.model.training.pseudo_pairs import moment, moment_size, pseudo_pairs
from deepcuts.model.training.rows import Rows
from deepcuts.model.training.sides import ItemCosts
from deepcuts.model.training.solve import EPOCH_ITEMS, EPOCH_USERS, ItemGrams
from deepcuts.model.training.user_problem import UserProblem, base_problem
from deepcuts.model.training.user_sums import UserSums, add_in_order
from deepcuts.spark.blocks import Training, rows_from
from deepcuts.spark.session import over

ITEM_FACTORS = "items.arrow"
SENT = "sent"  # the folder of what units leave for blocks in an epoch

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

    Attributes
    ----------
    w0, diversity
        As of `Sides`.
    """

    def __init__(self, session: Any, training: Training, n_epochs: int) -> None:
        self.session, self.training, self.n_epochs = session, training, n_epochs
        problem = _without_users(training)
        self.w0, self.diversity = problem.w0, problem.diversity

    def move_users(self, item_factors: FloatMatrix, item_grams: ItemGrams) -> UserSums:
        """Move the user side by a half-step with the items of the shelf fixed, and return its sums."""
        move = partial(_move_unit, self.training, self.n_epochs, item_grams)
        rows = over(self.session, self.training.n_units, move, _SUMS).toArrow().sort_by("unit")
        parts: list[UserSums] = [pickle.loads(sums) for sums in rows["sums"].to_pylist()]
        return add_in_order(parts)

    def move_items(self, sums: UserSums, item_factors: FloatMatrix) -> ItemCosts:
        """Move the items by a half-step, in place, with the user side fixed, whose sums are given."""
        move = partial(_move_block, self.training, self.n_epochs, sums)
        rows = over(self.session, self.training.n_blocks, move, _MOVED).toArrow()
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


def _move_unit(training: Training, n_epochs: int, item_grams: ItemGrams, number: int) -> pa.RecordBatch:
    shelf, file = training.shelf, f"users-{number:05}.arrow"
    stored = shelf.read(training.file("units", number))
    rows = rows_from(stored)
    factors = np.zeros((rows.n_rows, training.settings.n_factors), np.float32)
    if n_epochs:
        factors[:] = shelf.read(training.epoch(n_epochs, file))["factors"]
    items = shelf.read(training.epoch(n_epochs, ITEM_FACTORS))["factors"]
    problem = base_problem(rows, training.scale, training.settings)
    problem.solve(items, item_grams, factors, EPOCH_USERS)
    shelf.write(training.epoch(n_epochs + 1, file), [{"factors": factors}])
    shelf.write(_sent_file(training, n_epochs, number), _sent(training, stored, factors))
    return pa.record_batch({"unit": [number], "sums": [pickle.dumps(problem.sums(factors))]})


def _sent(training: Training, stored: dict[str, Any], factors: FloatMatrix) -> Iterator[dict[str, AnyArray]]:
    """For each block the vectors that it needs, and the moments of its heavy items."""
    needed, heavy = UserItems(stored["needed_indptr"], stored["needed"]), rows_from(stored, "heavy_")
    blocks = training.block_of_item[training.is_heavy]
    for block in range(training.n_blocks):
        items = (heavy.block(item, item + 1) for item in np.flatnonzero(blocks == block).tolist())
        moments = [moment(factors[item.indices], item.confidence, item.target) for item in items]
        vectors, size = factors[needed.part(slice(block, block + 1)).items], moment_size(factors.shape[1])
        yield {"vectors": vectors, "moments": np.array(moments, np.float32).reshape(len(moments), size)}


def _sent_file(training: Training, n_epochs: int, unit: int) -> str:
    return training.epoch(n_epochs + 1, f"{SENT}/{unit:05}.arrow")


def _move_block(training: Training, n_epochs: int, sums: UserSums, number: int) -> pa.RecordBatch:
    stored, items = training.shelf.read(training.file("blocks", number)), training.items_of(number)
    rows, users = _arranged(training, n_epochs, stored, number)
    solution = training.shelf.read(training.epoch(n_epochs, ITEM_FACTORS))["factors"][items]
    side, weights, n_users = _without_users(training), training.weights[items], training.scale.n_users
    problem = item_problem(rows, stored["observed"], weights, side, n_users, len(users))
    misfit = problem.solve(users, sums.gram, sums.row_sum, solution, EPOCH_ITEMS)
    moved = {"factors": solution, "misfit": misfit, "ridge": problem.ridge}
    return pa.record_batch({"block": [number], **{name: [array.tobytes()] for name, array in moved.items()}})


def _arranged(training: Training, n_epochs: int, stored: dict[str, Any], number: int) -> tuple[Rows, FloatMatrix]:
    """Put what the units sent in its place: pairs of the items, and vectors of users, then those of pseudo-pairs."""
    starts, n_factors, n_heavy = stored["unit_indptr"], training.settings.n_factors, len(training.heavy_of(number))
    rows, n_pseudo = rows_from(stored), n_heavy * (n_factors + 1)
    users = np.empty((starts[-1] + n_pseudo, n_factors), np.float32)
    total = np.zeros((n_heavy, moment_size(n_factors)))
    for unit in range(training.n_units):  # in their order, which the sums hang on
        sent = training.shelf.read(_sent_file(training, n_epochs, unit), number)
        users[starts[unit] : starts[unit + 1]] = sent["vectors"]
        if n_heavy:
            total += sent["moments"]
    if not n_heavy:
        return rows, users
    vectors, targets = zip(*(pseudo_pairs(each, n_factors) for each in total), strict=True)
    users[starts[-1] :] = np.concatenate(vectors)
    target = rows.target.copy()
    target[rows.indices >= starts[-1]] = np.concatenate(targets)
    return replace(rows, target=target), users
