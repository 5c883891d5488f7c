"""The two sides that alternate, users and items: where their rows are, and how each is moved by a half-step."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from deepcuts.array_types import DoubleVector, FloatMatrix, FloatVector
from deepcuts.model.training.item_problem import ItemProblem, item_problem
from deepcuts.model.training.objective import Diversity
from deepcuts.model.training.rows import transpose
from deepcuts.model.training.solve import EPOCH_ITEMS, EPOCH_USERS, ItemGrams
from deepcuts.model.training.user_problem import UserProblem
from deepcuts.model.training.user_sums import UserSums


class ItemCosts(NamedTuple):
    """What items cost after their half-step.

    Parameters
    ----------
    misfit
        Σ c (r − x·v)² over the observed pairs of every item, float64, (n_items,).
    ridge
        ρ of every item, float32, (n_items,).
    """

    misfit: DoubleVector
    ridge: FloatVector


class Sides(Protocol):
    """Users, or personas, and items; the user side is moved by sums that are small, wherever its rows are.

    Attributes
    ----------
    w0
        Weight of a pair that was not observed, the mean over the items.
    diversity
        The term, or None where it does not count.
    """

    @property
    def w0(self) -> float: ...  # noqa: D102
    @property
    def diversity(self) -> Diversity | None: ...  # noqa: D102

    def move_users(self, item_factors: FloatMatrix, item_grams: ItemGrams) -> UserSums:
        """Move the user side by a half-step with items fixed, and return its sums."""

    def move_items(self, sums: UserSums, item_factors: FloatMatrix) -> ItemCosts:
        """Move the items by a half-step, in place, with the user side fixed, whose sums are given."""


class LocalSides:
    """Both sides as arrays of this process.

    Parameters
    ----------
    problem
        Rows of the user side and the terms of their loss.
    factors
        The user side to start from, float32, (n_rows, n_factors); overwritten by every half-step.
    weights
        q of every item, float32, (n_items,).
    n_users
        Users in training, also where rows are personas.
    """

    def __init__(self, problem: UserProblem, factors: FloatMatrix, weights: FloatVector, n_users: int) -> None:
        self.problem, self.factors = problem, factors
        self.items = self._item_problem(weights, n_users)

    @property
    def w0(self) -> float:
        """Weight of a pair that was not observed, the mean over the items."""
        return self.problem.w0

    @property
    def diversity(self) -> Diversity | None:
        """The term, or None where it does not count."""
        return self.problem.diversity

    def move_users(self, item_factors: FloatMatrix, item_grams: ItemGrams) -> UserSums:
        """Move the user side by a half-step with items fixed, and return its sums."""
        self.problem.solve(item_factors, item_grams, self.factors, EPOCH_USERS)
        return self.problem.sums(self.factors)

    def move_items(self, sums: UserSums, item_factors: FloatMatrix) -> ItemCosts:
        """Move the items by a half-step, in place, with the user side fixed, whose sums are given."""
        misfit = self.items.solve(self.factors, sums.gram, sums.row_sum, item_factors, EPOCH_ITEMS)
        return ItemCosts(misfit, self.items.ridge)

    def _item_problem(self, weights: FloatVector, n_users: int) -> ItemProblem:
        # The pairs of the user side by item: the same in all epochs of a stage, so they are transposed once.
        rows = transpose(self.problem.rows.with_dislikes, len(weights))
        return item_problem(rows, rows.weights, weights, self.problem, n_users, len(self.factors))
