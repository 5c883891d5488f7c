"""One half-step: new rows of one side from the factors of the other, by the same kernel for everyone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepcuts.array_types import DoubleMatrix, FloatMatrix, FloatVector, NumberMatrix, NumberVector
from deepcuts.kernels.arrays import read_only
from deepcuts.kernels.solver.long_rows import solve_long_rows
from deepcuts.kernels.solver.row_problem import RowProblem, SweepBudget
from deepcuts.kernels.solver.short_rows import solve_short_rows
from deepcuts.kernels.threads import over_blocks
from deepcuts.model.training.objective import Term
from deepcuts.model.training.rows import Rows

_LINES_IN_CACHE = 32_768  # sixteen rows of pairs × factors numbers that stay near the processor: two megabytes

EPOCH_USERS = SweepBudget(sweeps=3, tolerance=0.0)  # inside an epoch: the other side moves anyway
EPOCH_ITEMS = SweepBudget(sweeps=2, tolerance=0.0)  # with a third one, lists are just as good
CONVERGED = SweepBudget(sweeps=200, tolerance=1e-5)  # at the end, and for fold-in


@dataclass(frozen=True, eq=False)
class Penalty:
    """What a row x ≥ floor costs besides the misfit of its observed pairs, maths.md (4): xᵀ S x + ρ ‖x‖² − 2 pull·x.

    Parameters
    ----------
    shared
        S, (n_factors, n_factors), symmetric, the same for all rows.
    ridge
        ρ, (n_rows,).
    pull
        (n_rows, n_factors), (1, n_factors) for all rows alike, or None for nothing.
    floor
        0, or −inf for rows that may be negative.
    """

    shared: NumberMatrix
    ridge: NumberVector
    pull: NumberMatrix | None
    floor: float

    @classmethod
    def of(cls, term: Term, floor: float) -> Penalty:
        """Take a sum of terms that has a shared part and a ridge."""
        pull = term.pull if isinstance(term.pull, np.ndarray) else None
        return cls(np.asarray(term.shared), np.asarray(term.ridge), pull, floor)


def solve(rows: Rows, other: FloatMatrix, penalty: Penalty, solution: FloatMatrix, budget: SweepBudget) -> FloatVector:
    """Minimise Σ c (r − x·v)² + penalty over a block of rows, each on its own.

    Only the factors v that the block's pairs refer to are read from `other`.

    Parameters
    ----------
    rows, other, penalty, budget
        The block's pairs, the factors of the other side, what rows cost besides, and how far to go.
    solution
        Where to start, float32, (n_rows, n_factors), contiguous; overwritten with the new rows.

    Returns
    -------
    The misfit Σ c (r − x·v)² of every row, float32, (n_rows,).
    """
    misfit = np.empty(rows.n_rows, np.float32)
    problem = row_problem(rows, other, penalty)
    # Short rows are solved sixteen at a time, while their pairs × factors fit; long ones one by one, the longest first.
    n_short = np.searchsorted(rows.n_pairs[rows.by_length], _LINES_IN_CACHE // other.shape[1], side="right")
    solve_short_rows(read_only(rows.by_length[:n_short]), problem, budget, solution, misfit)
    solve_long_rows(read_only(rows.by_length[n_short:][::-1]), problem, budget, solution, misfit)
    return misfit


def row_problem(rows: Rows, other: FloatMatrix, penalty: Penalty) -> RowProblem:
    """Put a block's pairs, the factors of the other side and the penalty into the form that the kernels take."""
    pull = np.zeros((1, other.shape[1])) if penalty.pull is None else penalty.pull
    indptr, indices, confidence, target, factors = map(
        read_only, (rows.indptr, rows.indices, rows.confidence, rows.target, other)
    )
    # Terms were added up in float64; the kernels compute in float32.
    shared, ridge, pull = (
        read_only(weight.astype(np.float32, copy=False)) for weight in (penalty.shared, penalty.ridge, pull)
    )
    return RowProblem(indptr, indices, confidence, target, factors, shared, ridge, pull, np.float32(penalty.floor))


def gram(factors: FloatMatrix, weights: FloatVector | None = None) -> DoubleMatrix:
    """Compute Fᵀ diag(w) F, (n_factors, n_factors): blocks of rows in float32, their sum in float64, in one order.

    Parameters
    ----------
    factors
        F, float32, (n_rows, n_factors).
    weights
        w, float32, (n_rows,), above 0; None for ones.
    """

    def of_block(rows: slice) -> FloatMatrix:
        block = factors[rows]
        if weights is not None:
            block = block * np.sqrt(weights[rows, None])  # of both sides of the product: so it is exactly symmetric
        return np.asarray(block.T @ block)

    total = np.zeros((factors.shape[1], factors.shape[1]))
    for product in over_blocks(of_block, len(factors)):
        total += product
    return total


@dataclass(frozen=True, eq=False)
class ItemGrams:
    """What all items together cost a row of the user side.

    Parameters
    ----------
    unobserved
        Vᵀ diag(q) V, float64, (n_factors, n_factors): pairs that were not observed, weighed by item.
    plain
        VᵀV, of the same shape; (0, 0) where nothing needs it.
    """

    unobserved: DoubleMatrix
    plain: DoubleMatrix

    @classmethod
    def of(cls, factors: FloatMatrix, weights: FloatVector, *, plain: bool = True) -> ItemGrams:
        """Compute them; only the first where the plain one is not asked for."""
        if np.all(weights == 1):
            return cls(*[gram(factors)] * 2)
        return cls(gram(factors, weights), gram(factors) if plain else np.empty((0, 0)))
