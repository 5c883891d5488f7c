"""Personas lean on the base vector of their user: Σ μ ‖x − b‖²."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from deepcuts.model.blocks import over_blocks
from deepcuts.model.training.ridge import weighted_square
from deepcuts.model.training.settings import PersonaSettings
from deepcuts.model.training.term import Term


def lean_weights(ridge: np.ndarray, n_items: np.ndarray, settings: PersonaSettings) -> np.ndarray:
    """μ = lean · ρ · √max(1, n / lean_history) of every user, float32.

    The longer a history, the better one vector already knows it, and the less there is to gain from its parts.

    Parameters
    ----------
    ridge
        ρ of the users' base vectors, (n_users,).
    n_items
        Lengths of their histories, (n_users,).
    settings
        Hyperparameters.
    """
    growth = np.sqrt(np.maximum(1, n_items / settings.lean_history))
    weights: np.ndarray = settings.lean * ridge * growth
    return weights.astype(np.float32)


@dataclass(frozen=True, eq=False)
class Lean:
    """What persona rows lean on, and how much.

    Parameters
    ----------
    weights
        μ of every row, float32, (n_rows,).
    base
        Base vectors of the users, float32, (n_users, n_factors).
    user_of_row
        int64, (n_rows,): the user that each row belongs to.
    """

    weights: np.ndarray
    base: np.ndarray
    user_of_row: np.ndarray

    def term(self) -> Term:
        """μ ‖x − b‖² = μ ‖x‖² − 2 μ b·x + a constant."""
        return Term(ridge=self.weights, pull=self._pull)

    @cached_property
    def _pull(self) -> np.ndarray:
        """μ b of every row, the same in all half-steps."""
        pull = np.empty((len(self.weights), self.base.shape[1]), np.float32)

        def fill(rows: slice) -> None:
            np.multiply(self.weights[rows, None], self._base_of(rows), out=pull[rows])

        over_blocks(fill, len(pull))
        return pull

    def loss(self, factors: np.ndarray) -> float:
        """Σ μ ‖x − b‖² of rows x."""

        def of_block(rows: slice) -> float:
            return weighted_square(self.weights[rows], factors[rows] - self._base_of(rows))

        return sum(over_blocks(of_block, len(factors)))

    def _base_of(self, rows: slice) -> np.ndarray:
        return np.asarray(self.base[self.user_of_row[rows]])
