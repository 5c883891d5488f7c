"""Alternating half-steps of one stage: the user side, then the items."""

from __future__ import annotations

from time import perf_counter

import numpy as np

from deepcuts.model.history import Epoch, Stage
from deepcuts.model.ridge import frequency_ridge, weighted_square
from deepcuts.model.rows import transpose
from deepcuts.model.settings import PersonaSettings
from deepcuts.model.solve import ROUGH, Penalty, gram, solve
from deepcuts.model.user_side import UserSide


class Alternation:
    """The factors of both sides as they move from epoch to epoch; after any of them, they can be read off.

    Parameters
    ----------
    stage
        Which stage this is.
    side
        Rows of the user side.
    factors
        Where the user side starts, float32, (n_rows, n_factors).
    item_factors
        Where the items start, float32, (n_items, n_factors).
    settings
        Hyperparameters.
    """

    def __init__(
        self, stage: Stage, side: UserSide, factors: np.ndarray, item_factors: np.ndarray, settings: PersonaSettings
    ) -> None:
        self.stage, self.side, self.settings = stage, side, settings
        self.factors, self.item_factors = factors, item_factors
        self.items = transpose(side.rows, len(item_factors))
        self.item_gram = gram(item_factors)
        self.item_ridge = frequency_ridge(
            settings.item_regularization,
            self.items.weights,
            side.unobserved_per_item,
            settings.frequency_exponent,
        )
        self.n_epochs = 0

    def run_epoch(self) -> Epoch:
        """Move the user side, then the items, each by a half-step, and return the loss that this leaves."""
        start = perf_counter()
        self.factors, _ = self.side.solve(self.item_factors, self.item_gram, self.factors, ROUGH)
        row_gram = gram(self.factors)
        penalty = Penalty(self.side.w0 * row_gram, self.item_ridge, None, self.settings.lowest_factor)
        self.item_factors, misfit = solve(self.items, self.factors, penalty, self.item_factors, ROUGH)
        self.item_gram = gram(self.item_factors)
        self.n_epochs += 1
        ridge = weighted_square(self.side.ridge, self.factors) + weighted_square(self.item_ridge, self.item_factors)
        return Epoch(
            self.stage,
            self.n_epochs,
            accuracy=float(misfit.sum(dtype=np.float64)),
            unobserved=self.side.w0 * float(np.sum(row_gram * self.item_gram)),
            ridge=ridge,
            lean=0.0 if self.side.anchor is None else self.side.anchor.loss(self.factors),
            seconds=perf_counter() - start,
        )
