"""A half-step of users with items fixed: one row per user before the split, one per persona after it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from deepcuts.array_types import DoubleVector, FloatMatrix, FloatVector
from deepcuts.data.csr import row_of_entry
from deepcuts.kernels.solver.row_problem import SweepBudget
from deepcuts.model.training.objective import (
    Distinction,
    Diversity,
    Lean,
    Scale,
    Term,
    base_ridge,
    frequency_ridge,
    lean_weights,
)
from deepcuts.model.training.persona_split import PersonaSplit
from deepcuts.model.training.rows import Rows, split_by_persona
from deepcuts.model.training.settings import PersonaSettings
from deepcuts.model.training.solve import ItemGrams, Penalty, solve
from deepcuts.model.training.user_sums import UserSums, add_in_order


@dataclass(frozen=True, eq=False)
class UserProblem:
    """Rows of users or of personas, and the terms of their loss.

    Parameters
    ----------
    rows
        The observed pairs of every row.
    ridge
        ρ of every row, float32, (n_rows,).
    w0
        Weight of a pair that was not observed, the mean over the items.
    diversity, lean, distinction
        Terms that count; None for those that do not.
    settings
        Hyperparameters.
    """

    rows: Rows
    ridge: FloatVector
    w0: float
    diversity: Diversity | None
    lean: Lean | None
    distinction: Distinction | None
    settings: PersonaSettings

    def solve(
        self,
        item_factors: FloatMatrix,
        item_grams: ItemGrams,
        solution: FloatMatrix,
        budget: SweepBudget,
        user_factor_sum: DoubleVector | None = None,
    ) -> FloatVector:
        """Solve for the rows with items fixed, in place, and return the misfit of their pairs.

        Parameters
        ----------
        item_factors, item_grams
            The items.
        solution
            Rows to start from, and to majorise at, float32, (n_rows, n_factors), contiguous; overwritten.
        budget
            How far to go.
        user_factor_sum
            Sum of the rows of all users, of which these are few; None where these are all.
        """
        term = Term(shared=self.w0 * item_grams.unobserved, ridge=self.ridge)  # S and ρ of maths.md (4)
        if self.lean is not None:
            term += self.lean.term()  # μ to ρ, μ b to the pull
        # A few users leave M as it is; all rows together move it, and their joint step is majorised.
        if self.diversity is not None and user_factor_sum is not None:
            term += self.diversity.user_term(item_grams.plain, user_factor_sum)
        elif self.diversity is not None:
            term += self.diversity.joint_user_term(item_grams.plain, solution)
        if self.distinction is not None:
            term += self.distinction.term(solution)  # at the rows as they are before this step
        penalty = Penalty.of(term, self.settings.lowest_user_factor)
        return solve(self.rows.with_dislikes, item_factors, penalty, solution, budget)

    def sums(self, factors: FloatMatrix) -> UserSums:
        """Sums of all rows, with all terms of their loss; `factors` are float32, (n_rows, n_factors)."""
        sums = add_in_order(UserSums.of_blocks(factors, self.ridge))
        lean = self.lean.loss(factors) if self.lean else 0.0
        return replace(sums, lean=lean, distinction=self.distinction.loss(factors) if self.distinction else 0.0)


def base_problem(rows: Rows, scale: Scale, settings: PersonaSettings) -> UserProblem:
    """One row per user."""
    ridge = base_ridge(rows.with_dislikes.weights, scale, settings)
    return UserProblem(rows, ridge, scale.w0, _diversity(scale.w0, scale, settings), None, None, settings)


def settled_problem(rows: Rows, scale: Scale, settings: PersonaSettings) -> UserProblem:
    """One row per user, with the items as training leaves them: fewer things move, so less holds them back.

    Docs/maths.md, Weights: Once items are found.
    """
    scales = settings.by_ridge.settled_unobserved_scale, settings.weighting.settled_regularization_scale
    w0, ridge = _scaled(rows, scale, settings, *scales)
    return UserProblem(rows, ridge, w0, _diversity(w0, scale, settings), None, None, settings)


def persona_problem(
    rows: Rows, base: FloatMatrix, split: PersonaSplit, scale: Scale, settings: PersonaSettings
) -> UserProblem:
    """One row per persona; ridge and lean scale with what was observed of the persona and of its user.

    Parameters
    ----------
    rows
        One row per user.
    base
        Base vectors of the users, float32, (n_users, n_factors).
    split
        The personas of the users' pairs.
    scale, settings
        As they were for the base.
    """
    persona_rows = split_by_persona(rows, split.personas, split.persona_indptr)
    user_of_row = row_of_entry(split.persona_indptr)
    scales = settings.by_ridge.persona_unobserved_scale, settings.weighting.persona_regularization_scale
    w0, ridge = _scaled(persona_rows, scale, settings, *scales)  # docs/maths.md, Weights: After the split
    # ρ_u of the base: lean and distinction are weighed by the user, not by the persona.
    of_user = base_ridge(rows.with_dislikes.weights, scale, settings)
    lean = Lean(lean_weights(of_user, rows.n_pairs, settings)[user_of_row], base, user_of_row)  # n_u without dislikes
    distinction = _distinction(split, of_user, scale, settings)
    return UserProblem(persona_rows, ridge, w0, _diversity(w0, scale, settings), lean, distinction, settings)


def _scaled(
    rows: Rows, scale: Scale, settings: PersonaSettings, of_w0: float, of_ridge: float
) -> tuple[float, FloatVector]:
    """Return w0 and ρ of rows, with w0 and λ multiplied by factors."""
    w0 = scale.w0 * of_w0
    regularization = settings.weighting.user_regularization * of_ridge
    weights = rows.with_dislikes.weights  # Σ c of the row: dislikes weigh on all personas
    return w0, frequency_ridge(regularization, weights, w0 * scale.n_items, settings.frequency_exponent)


def _diversity(w0: float, scale: Scale, settings: PersonaSettings) -> Diversity | None:
    return Diversity(settings.diversity * w0 / scale.n_users) if settings.diversity else None  # λ_div / m


def _distinction(
    split: PersonaSplit, ridge: FloatVector, scale: Scale, settings: PersonaSettings
) -> Distinction | None:
    """Weigh the term like a user's ridge: with vectors of the usual length, both are of one size."""
    if not settings.distinction or not scale.taste_square:
        return None
    weights = settings.distinction * ridge * np.float32(scale.taste_square**2)  # w_u = distinction · s² · ρ_u
    return Distinction(split.persona_indptr, weights, settings.distinction_floor * scale.taste_square)
