"""Prediction diversity: items that are predicted for many users cost, λ/m · Σ_i (Σ_u x̂_ui)².

With M = Σ_up U_up, the sum over all rows of the user side, Σ_u x̂_ui ≤ M · V_i, so the term is bounded by λ/m · MᵀGM
with G = VᵀV: a soft Herfindahl index of exposure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepcuts.model.training.term import Term


@dataclass(frozen=True)
class Diversity:
    """The weight of the term.

    Parameters
    ----------
    weight
        λ / m, the weight over the number of users.
    """

    weight: float

    def item_term(self, user_factor_sum: np.ndarray) -> Term:
        """Exact on the item side: M Mᵀ, of rank one, is added to what all items share."""
        return Term(shared=self.weight * np.outer(user_factor_sum, user_factor_sum))

    def user_term(self, gram: np.ndarray, user_factor_sum: np.ndarray) -> Term:
        """Of one user among many, whose own part of the user_factor_sum M does not count: linear."""
        return Term(pull=-self.weight * (gram @ user_factor_sum)[None, :])

    def joint_user_term(self, gram: np.ndarray, factors: np.ndarray) -> Term:
        """Of all R rows at once, majorised at their present `factors` X, so that moving all of them never raises it.

        MᵀGM is at most its linearisation plus R Σ_r δ_rᵀ G δ_r, for steps δ_r of the rows.
        """
        n_rows = len(factors)
        slopes = factors @ (n_rows * gram).astype(np.float32) - (gram @ factors.sum(axis=0, dtype=np.float64))
        return Term(shared=self.weight * n_rows * gram, pull=(self.weight * slopes).astype(np.float32))

    def loss(self, gram: np.ndarray, user_factor_sum: np.ndarray) -> float:
        """λ/m · MᵀGM."""
        return self.weight * float(user_factor_sum @ gram @ user_factor_sum)
