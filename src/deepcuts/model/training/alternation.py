"""Alternating half-steps of one stage: the user side, then the items."""

from __future__ import annotations

from time import perf_counter

import numpy as np

from deepcuts.model.training.epochs import Epoch, Stage
from deepcuts.model.training.ridge import frequency_ridge, weighted_square
from deepcuts.model.training.rows import transpose
from deepcuts.model.training.scale import Scale
from deepcuts.model.training.settings import PersonaSettings
from deepcuts.model.training.solve import EPOCH_ITEMS, EPOCH_USERS, Penalty, gram, solve
from deepcuts.model.training.term import Term
from deepcuts.model.training.user_problem import UserProblem


class Alternation:
    """The factors of both sides as they move from epoch to epoch; after any of them, they can be read off.

    Parameters
    ----------
    stage
        Which stage this is.
    side
        Rows of the user side.
    factors
        Where the user side starts, float32, (n_rows, n_factors); overwritten by every epoch.
    item_factors
        Where the items start, float32, (n_items, n_factors); overwritten by every epoch.
    scale, settings
        Sizes of the data, and hyperparameters.
    """

    def __init__(
        self,
        stage: Stage,
        side: UserProblem,
        factors: np.ndarray,
        item_factors: np.ndarray,
        scale: Scale,
        settings: PersonaSettings,
    ) -> None:
        self.stage, self.side, self.scale, self.settings = stage, side, scale, settings
        self.factors, self.item_factors, self.item_gram = factors, item_factors, gram(item_factors)
        self.items = transpose(side.rows.with_dislikes, len(item_factors))
        self.item_ridge = frequency_ridge(
            settings.item_regularization,
            self.items.weights,
            side.w0 * scale.n_users,
            settings.frequency_exponent,
        )
        self.n_epochs = 0

    @property
    def user_factor_sum(self) -> np.ndarray:
        """Sum of all rows of the user side, float64, (n_factors,)."""
        return np.asarray(self.factors.sum(axis=0, dtype=np.float64))

    def run_epoch(self) -> Epoch:
        """Move the user side, then the items, each by a half-step, and return the loss that this leaves."""
        start = perf_counter()
        self.side.solve(self.item_factors, self.item_gram, self.factors, EPOCH_USERS)
        row_gram = gram(self.factors)
        misfit = self._move_items(row_gram)
        self.n_epochs += 1
        return self._epoch(misfit, row_gram, start)

    def _move_items(self, row_gram: np.ndarray) -> np.ndarray:
        term = Term(shared=self.side.w0 * row_gram, ridge=self.item_ridge)
        if self.side.diversity is not None:
            term += self.side.diversity.item_term(self.user_factor_sum)
        penalty = Penalty.of(term, self.settings.lowest_factor)
        misfit = solve(self.items, self.factors, penalty, self.item_factors, EPOCH_ITEMS)
        self.item_gram = gram(self.item_factors)
        return misfit

    def _epoch(self, misfit: np.ndarray, row_gram: np.ndarray, start: float) -> Epoch:
        """Sum up the loss; Gram matrices hold all that it needs of the pairs that were not observed."""
        side, factors = self.side, self.factors
        return Epoch(
            self.stage,
            self.n_epochs,
            accuracy=float(misfit.sum(dtype=np.float64)),
            unobserved=side.w0 * float(np.sum(row_gram * self.item_gram)),
            diversity=side.diversity.loss(self.item_gram, self.user_factor_sum) if side.diversity else 0.0,
            ridge=weighted_square(side.ridge, factors) + weighted_square(self.item_ridge, self.item_factors),
            lean=side.lean.loss(factors) if side.lean else 0.0,
            distinction=side.distinction.loss(factors) if side.distinction else 0.0,
            seconds=perf_counter() - start,
        )
