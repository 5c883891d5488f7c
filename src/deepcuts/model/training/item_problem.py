"""A half-step of items with the user side fixed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from deepcuts.array_types import DoubleMatrix, DoubleVector, FloatMatrix, FloatVector
from deepcuts.data.csr import row_of_entry
from deepcuts.kernels.solver.row_problem import SweepBudget
from deepcuts.model.training.objective import Diversity, frequency_ridge
from deepcuts.model.training.rows import Rows, beside
from deepcuts.model.training.solve import Penalty, solve
from deepcuts.model.training.user_problem import UserProblem


@dataclass(frozen=True, eq=False)
class ItemProblem:
    """Rows of items, and the terms of their loss.

    A pair that was not observed weighs w0 q_i. The whole row of an item is divided by its q_i: then S of equation (4)
    is w0 times the Gram matrix of the user side for all items, and the minimum is the same.

    Parameters
    ----------
    rows
        The observed pairs of every item, with confidences c / q. With diversity, every item has one pair more, of the
        target 0 and the confidence 1 / q, with the row that follows the last of the user side.
    ridge
        ρ of every item, not divided, float32, (n_items,).
    weights
        q of every item, float32, (n_items,).
    w0
        Weight of a pair that was not observed, the mean over all items.
    diversity
        The term, or None where it does not count.
    floor
        0, or −inf for items that may be negative.
    """

    rows: Rows
    ridge: FloatVector
    weights: FloatVector
    w0: float
    diversity: Diversity | None
    floor: float

    def solve(
        self,
        users: FloatMatrix,
        user_gram: DoubleMatrix,
        user_factor_sum: DoubleVector,
        solution: FloatMatrix,
        budget: SweepBudget,
    ) -> DoubleVector:
        """Solve for the items with the user side fixed, in place, and return the misfit of each, float64, (n_items,).

        Parameters
        ----------
        users, user_gram, user_factor_sum
            Rows of the user side, float32, (n_rows, n_factors), their Gram matrix, and M, their sum.
        solution
            Items to start from, float32, (n_items, n_factors), contiguous; overwritten.
        budget
            How far to go.
        """
        other = users
        if self.diversity is not None:
            direction = self.diversity.item_direction(user_factor_sum)
            other = np.concatenate([users, direction[None]])
        penalty = Penalty(self.w0 * user_gram, self.ridge / self.weights, None, self.floor)
        misfit = self.weights * solve(self.rows, other, penalty, solution, budget).astype(np.float64)
        if self.diversity is not None:
            # Of what the kernel returns, the pair of diversity is no misfit; a difference may round to below 0.
            misfit = np.maximum(0, misfit - (solution @ direction).astype(np.float64) ** 2)
        return misfit


def item_problem(
    rows: Rows, observed: DoubleVector, weights: FloatVector, user_side: UserProblem, n_users: int, n_rows: int
) -> ItemProblem:
    """Divide the rows of some items by their weights, and take the terms of the user side over.

    Parameters
    ----------
    rows
        The observed pairs of the items, as they are, or pairs that stand for them.
    observed
        Σ c over the observed pairs of every item, float64, (n_items,).
    weights
        q of these items, float32, (n_items,).
    user_side
        Users or personas, with w0, diversity and settings.
    n_users
        Users in training, also where rows are personas.
    n_rows
        Rows of the user side, which the pairs refer to.
    """
    settings = user_side.settings
    unobserved = user_side.w0 * n_users * weights.astype(np.float64)
    ridge = frequency_ridge(settings.weighting.item_regularization, observed, unobserved, settings.frequency_exponent)
    divided = replace(rows, confidence=rows.confidence / weights[row_of_entry(rows.indptr)])
    if user_side.diversity is not None:
        divided = beside(divided, _one_pair_each(weights, n_rows))
    return ItemProblem(divided, ridge, weights, user_side.w0, user_side.diversity, settings.lowest_item_factor)


def _one_pair_each(weights: FloatVector, index: int) -> Rows:
    """Rows of one pair with the row `index` of the other side, of the target 0 and the confidence 1 / q."""
    n = len(weights)
    indices, target = np.full(n, index, np.int32), np.zeros(n, np.float32)
    return Rows(np.arange(n + 1), indices, np.float32(1) / weights, target)
