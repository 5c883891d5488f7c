"""Persona distinction: personas of one user that are alike cost, Σ_u w_u Σ_{p<q} 1 / (‖U_up − U_uq‖² + ε)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepcuts.kernels.arrays import read_only
from deepcuts.kernels.personas.distinction import distinction
from deepcuts.model.training.term import Term


@dataclass(frozen=True, eq=False)
class Distinction:
    """The weights of the term.

    Parameters
    ----------
    indptr
        int64, (n_users + 1,): the personas of user u are the rows ``indptr[u]:indptr[u + 1]``.
    weights
        w of every user, float32, (n_users,).
    floor
        ε, above 0; a pair of personas costs at most w / ε.
    """

    indptr: np.ndarray
    weights: np.ndarray
    floor: float

    def term(self, factors: np.ndarray) -> Term:
        """Majorise at the present `factors`, so that moving all rows at once never raises the loss.

        1 / (‖d‖² + ε) has a curvature of at most 1 / (2ε²) in d, reached at ‖d‖² = ε, and the difference of two steps
        is no longer than ‖δ_p − δ_q‖² ≤ 2 ‖δ_p‖² + 2 ‖δ_q‖².
        """
        gradient, _ = self._evaluate(factors)
        n_personas = np.diff(self.indptr)
        curvature = np.repeat(self.weights * (n_personas - 1) / (2 * self.floor**2), n_personas).astype(np.float32)
        return Term(ridge=curvature, pull=curvature[:, None] * factors - gradient / 2)

    def loss(self, factors: np.ndarray) -> float:
        """Return the term itself."""
        return float(self._evaluate(factors)[1].sum(dtype=np.float64))

    def _evaluate(self, factors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        gradient, losses = np.empty_like(factors), np.empty(len(self.weights), np.float32)
        inputs = map(read_only, (self.indptr, factors, self.weights))
        distinction(*inputs, np.float32(self.floor), gradient, losses)
        return gradient, losses
