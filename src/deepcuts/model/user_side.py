"""The user side of the loss: one row per user before the split, one per persona after it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepcuts.model.ridge import base_ridge, frequency_ridge, weighted_square
from deepcuts.model.rows import Rows, split_by_persona
from deepcuts.model.settings import PersonaSettings
from deepcuts.model.solve import Effort, Penalty, solve
from deepcuts.model.start import Split


@dataclass(frozen=True, eq=False)
class Anchor:
    """What persona rows lean on.

    Parameters
    ----------
    lean
        μ of every row, float32, (n_rows,).
    base
        Base vectors of the users, float32, (n_users, n_factors).
    user_of_row
        int64, (n_rows,): the user that each row belongs to.
    """

    lean: np.ndarray
    base: np.ndarray
    user_of_row: np.ndarray

    def pull(self) -> np.ndarray:
        """Linear term μ b of every row: μ ‖x − b‖² = μ ‖x‖² − 2 μ b·x + a constant."""
        return np.asarray(self.lean[:, None] * self.base[self.user_of_row])

    def loss(self, factors: np.ndarray) -> float:
        """Σ μ ‖x − b‖²."""
        return weighted_square(self.lean, factors - self.base[self.user_of_row])


@dataclass(frozen=True, eq=False)
class UserSide:
    """Rows of users or personas and the weights of their loss.

    Parameters
    ----------
    rows
        The observed pairs of every row.
    ridge
        ρ of every row, float32, (n_rows,).
    w0
        Weight of a pair that was not observed.
    anchor
        What the rows lean on; None before the split.
    settings
        Hyperparameters.
    """

    rows: Rows
    ridge: np.ndarray
    w0: float
    anchor: Anchor | None
    settings: PersonaSettings

    @property
    def unobserved_per_item(self) -> float:
        """Unobserved weight of an item: w0 for each user, split or not."""
        n_users = self.rows.n_rows if self.anchor is None else len(self.anchor.base)
        return self.w0 * n_users

    def solve(
        self, item_factors: np.ndarray, item_gram: np.ndarray, start: np.ndarray, effort: Effort
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return new rows with items fixed, and the misfit of their pairs."""
        pull = None if self.anchor is None else self.anchor.pull()
        ridge = self.ridge if self.anchor is None else self.ridge + self.anchor.lean
        penalty = Penalty(self.w0 * item_gram, ridge, pull, self.settings.lowest_factor)
        return solve(self.rows, item_factors, penalty, start, effort)


def base_side(rows: Rows, w0: float, n_items: int, settings: PersonaSettings) -> UserSide:
    """One row per user."""
    return UserSide(rows, base_ridge(rows.weights, w0, n_items, settings), w0, None, settings)


def persona_side(
    rows: Rows, base: np.ndarray, split: Split, w0: float, n_items: int, settings: PersonaSettings
) -> UserSide:
    """One row per persona; ridge and lean scale with what was observed of the persona and of its user.

    Parameters
    ----------
    rows
        One row per user.
    base
        Base vectors of the users, float32, (n_users, n_factors).
    split
        The personas of the users' pairs.
    w0, n_items, settings
        As they were for the base.
    """
    persona_rows = split_by_persona(rows, split.personas, split.persona_indptr)
    user_of_row = np.repeat(np.arange(rows.n_rows), np.diff(split.persona_indptr))
    persona_w0 = w0 * settings.persona_unobserved_scale
    ridge = frequency_ridge(
        settings.user_regularization * settings.persona_regularization_scale,
        persona_rows.weights,
        persona_w0 * n_items,
        settings.frequency_exponent,
    )
    lean = settings.lean * base_ridge(rows.weights, w0, n_items, settings)[user_of_row]
    return UserSide(persona_rows, ridge, persona_w0, Anchor(lean, base, user_of_row), settings)
