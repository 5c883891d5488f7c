"""The loss J, equation (2) of docs/maths.md: its weights, and its terms in the form that a half-step minimises.

A half-step moves one side and takes the other as it is. For each of its rows x, a term of J costs
xᵀ S x + ρ ‖x‖² − 2 pull·x up to a constant, equation (4); `Term` holds S, ρ and pull, and terms add up. Where a term is
not quadratic in the rows that move together (diversity on the user side, distinction), its class gives a quadratic
majoriser instead: equal to it at the present rows and nowhere below it, so that minimising the sum never raises J.

All terms stand in one file: each is a few lines, and they refer to each other's weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from deepcuts.array_types import (
    AnyArray,
    DoubleMatrix,
    DoubleVector,
    FloatMatrix,
    FloatVector,
    IndexVector,
    Indptr,
    NumberMatrix,
)
from deepcuts.data.interactions import Interactions
from deepcuts.kernels.arrays import read_only
from deepcuts.kernels.personas.distinction import distinction
from deepcuts.kernels.threads import over_blocks
from deepcuts.model.training.settings import PersonaSettings


@dataclass(frozen=True)
class Scale:
    """What training measured of its data, by which the weights of the loss are scaled, for new users as well.

    Parameters
    ----------
    w0
        Weight of a pair that was not observed, before the split: the mean over the items.
    n_users, n_items
        Users and items.
    taste_square
        Mean squared length of base vectors; 0 before there are any.
    """

    w0: float
    n_users: int
    n_items: int
    taste_square: float = 0.0

    @classmethod
    def of(cls, plays: Interactions, observed: float, ratio: float) -> Scale:
        """w0 = ratio · Σ c / (users · items), so that all unobserved weight is `ratio` times all observed weight."""
        return cls(ratio * observed / (plays.n_users * plays.n_items), plays.n_users, plays.n_items)


@dataclass(frozen=True, eq=False)
class Term:
    """What a term costs a row x, up to a constant: xᵀ S x + ρ ‖x‖² − 2 pull·x, a part of equation (4).

    Parameters
    ----------
    shared
        S, (n_factors, n_factors), symmetric, the same for all rows.
    ridge
        ρ, float32, (n_rows,).
    pull
        a of equation (4), (n_rows, n_factors), or (1, n_factors) for all rows alike.
    """

    shared: DoubleMatrix | float = 0.0
    ridge: FloatVector | float = 0.0
    pull: NumberMatrix | float = 0.0

    def __add__(self, other: Term) -> Term:
        return Term(*map(_sum, (self.shared, self.ridge, self.pull), (other.shared, other.ridge, other.pull)))


def _sum(first: AnyArray | float, second: AnyArray | float) -> AnyArray | float:
    """Add two parts, of which one is often 0.0: large arrays are not copied for that."""
    if isinstance(first, float) and first == 0:
        return second
    return first if isinstance(second, float) and second == 0 else first + second


# The ridge: Σ ρ ‖x‖², of both sides


def frequency_ridge(
    regularization: float, weights: DoubleVector, unobserved: float | DoubleVector, exponent: float
) -> FloatVector:
    """ρ = λ (observed weight + unobserved weight) ** ν of every row, float32 (Rendle et al. 2022).

    Parameters
    ----------
    regularization
        λ.
    weights
        Observed weight of every row, (n_rows,).
    unobserved
        Unobserved weight of a row: w0 times the number of rows of the other side, times q of an item; one for all rows,
        or (n_rows,).
    exponent
        ν.
    """
    # docs/maths.md, Weights: ρ in float64, as the sums of c are, and rounded once for the kernels.
    ridge: DoubleVector = regularization * (weights + unobserved) ** exponent
    return ridge.astype(np.float32)


def base_ridge(weights: DoubleVector, scale: Scale, settings: PersonaSettings) -> FloatVector:
    """Ridge of the base vector of users with these observed weights, float32, (n_users,)."""
    unobserved = scale.w0 * scale.n_items
    return frequency_ridge(settings.weighting.user_regularization, weights, unobserved, settings.frequency_exponent)


def weighted_square(weights: FloatVector, factors: FloatMatrix) -> float:
    """Σ_i w_i ‖f_i‖²."""

    def of_block(rows: slice) -> float:
        # Sums over all rows in float64: the tolerance of an epoch is a small share of them.
        return float(weights[rows].astype(np.float64) @ np.einsum("ij,ij->i", factors[rows], factors[rows]))

    return sum(over_blocks(of_block, len(factors)))


# The lean of personas on the base vector of their user: Σ μ ‖x − b‖²


def lean_weights(ridge: FloatVector, n_items: IndexVector, settings: PersonaSettings) -> FloatVector:
    """μ = lean · ρ · √max(1, n / lean_history) of every user, float32.

    The more items a user has, the better one vector already knows them, and the less there is to gain from its parts.

    Parameters
    ----------
    ridge
        ρ of the users' base vectors, (n_users,).
    n_items
        Items that each user has played, (n_users,).
    settings
        Hyperparameters.
    """
    growth = np.sqrt(np.maximum(1, n_items / settings.lean_history))
    weights: DoubleVector = settings.lean * ridge * growth
    return weights.astype(np.float32)


@dataclass(frozen=True, eq=False)
class Lean:
    """The lean of persona rows on base vectors.

    Parameters
    ----------
    weights
        μ of every row, float32, (n_rows,).
    base
        Base vectors of the users, float32, (n_users, n_factors).
    user_of_row
        int64, (n_rows,): the user that each row belongs to.
    """

    weights: FloatVector
    base: FloatMatrix
    user_of_row: IndexVector

    def term(self) -> Term:
        """μ ‖x − b‖² = μ ‖x‖² − 2 μ b·x + a constant."""
        return Term(ridge=self.weights, pull=self._pull)

    @cached_property
    def _pull(self) -> FloatMatrix:
        """μ b of every row, the same in all half-steps."""
        # Filled block by block: all of base[user_of_row] would be a second array of this size.
        pull = np.empty((len(self.weights), self.base.shape[1]), np.float32)

        def fill(rows: slice) -> None:
            np.multiply(self.weights[rows, None], self._base_of(rows), out=pull[rows])

        over_blocks(fill, len(pull))
        return pull

    def loss(self, factors: FloatMatrix) -> float:
        """Σ μ ‖x − b‖² of rows x."""

        def of_block(rows: slice) -> float:
            return weighted_square(self.weights[rows], factors[rows] - self._base_of(rows))

        return sum(over_blocks(of_block, len(factors)))

    def _base_of(self, rows: slice) -> FloatMatrix:
        return np.asarray(self.base[self.user_of_row[rows]])


@dataclass(frozen=True)
class Diversity:
    """Prediction diversity: items that are predicted for many users cost, λ/m · Σ_i (Σ_u x̂_ui)².

    With M = Σ_up U_up, the sum over all rows of the user side, Σ_u x̂_ui ≤ M · V_i, so the term is bounded by
    λ/m · MᵀGM with G = VᵀV: a soft Herfindahl index of exposure.

    Parameters
    ----------
    weight
        λ / m, the weight over the number of users.
    """

    weight: float

    def item_direction(self, user_factor_sum: DoubleVector) -> FloatVector:
        """Exact on the item side: d = √(λ/m) M, float32, (n_factors,), so that an item x costs (d · x)²."""
        return np.asarray(np.sqrt(self.weight) * user_factor_sum, np.float32)

    def user_term(self, gram: DoubleMatrix, user_factor_sum: DoubleVector) -> Term:
        """Of one user among many, whose own part of M does not count: linear, 2 λ/m (G M)·x."""
        return Term(pull=-self.weight * (gram @ user_factor_sum)[None, :])

    def joint_user_term(self, gram: DoubleMatrix, factors: FloatMatrix) -> Term:
        """Of all R rows at once, majorised at their present `factors` X, so that moving all of them never raises it.

        MᵀGM is at most its linearisation plus R Σ_r δ_rᵀ G δ_r, for steps δ_r of the rows.
        """
        n_rows = len(factors)
        # 2 (G M)·δ + R δᵀ G δ with δ = x − X is R xᵀ G x − 2 (R G X − G M)·x + a constant.
        slopes = factors @ (n_rows * gram).astype(np.float32) - (gram @ factors.sum(axis=0, dtype=np.float64))
        return Term(shared=self.weight * n_rows * gram, pull=(self.weight * slopes).astype(np.float32))

    def loss(self, gram: DoubleMatrix, user_factor_sum: DoubleVector) -> float:
        """λ/m · MᵀGM."""
        return self.weight * float(user_factor_sum @ gram @ user_factor_sum)


@dataclass(frozen=True, eq=False)
class Distinction:
    """Persona distinction, equation (12): alike personas of one user cost, Σ_u w_u Σ_{p<q} 1 / (‖U_up − U_uq‖² + ε).

    Parameters
    ----------
    indptr
        int64, (n_users + 1,): the personas of user u are the rows ``indptr[u]:indptr[u + 1]``.
    weights
        w of every user, float32, (n_users,).
    floor
        ε, above 0; a pair of personas costs at most w / ε.
    """

    indptr: Indptr
    weights: FloatVector
    floor: float

    def term(self, factors: FloatMatrix) -> Term:
        """Majorise at the present `factors`, so that moving all rows at once never raises the loss.

        1 / (‖d‖² + ε) has a curvature of at most 1 / (2ε²) in d, reached at ‖d‖² = ε, and the difference of two steps
        is no longer than ‖δ_p − δ_q‖² ≤ 2 ‖δ_p‖² + 2 ‖δ_q‖²: a ridge of w (P − 1) / (2ε²) on each of P personas.
        """
        gradient, _ = self._evaluate(factors)
        n_personas = np.diff(self.indptr)
        curvature = np.repeat(self.weights * (n_personas - 1) / (2 * self.floor**2), n_personas).astype(np.float32)
        # g·x + curvature ‖x − X‖² at X = `factors`, so that −2 pull = g − 2 curvature X; 0 for users of one persona.
        return Term(ridge=curvature, pull=curvature[:, None] * factors - gradient / 2)

    def loss(self, factors: FloatMatrix) -> float:
        """Return the term itself."""
        return float(self._evaluate(factors)[1].sum(dtype=np.float64))

    def _evaluate(self, factors: FloatMatrix) -> tuple[FloatMatrix, FloatVector]:
        """Gradient of the term, (n_rows, n_factors), and what it costs each user, (n_users,)."""
        gradient, losses = np.empty_like(factors), np.empty(len(self.weights), np.float32)
        inputs = map(read_only, (self.indptr, factors, self.weights))
        distinction(*inputs, np.float32(self.floor), gradient, losses)
        return gradient, losses
