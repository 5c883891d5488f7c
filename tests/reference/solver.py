"""The solver once more: every row as a dense quadratic in float64, and the same problems in the types that it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import nnls

from deepcuts.model.training.rows import Rows
from deepcuts.model.training.solve import Penalty


@dataclass(frozen=True)
class Problem:
    """Rows to solve for, and what surrounds them."""

    rows: Rows
    other: np.ndarray
    penalty: Penalty
    start: np.ndarray

    def pairs(self, row: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Factors, confidence and target of the pairs of a row, in float64."""
        own = slice(self.rows.indptr[row], self.rows.indptr[row + 1])
        arrays = self.other[self.rows.indices[own]], self.rows.confidence[own], self.rows.target[own]
        return tuple(array.astype(np.float64) for array in arrays)

    def quadratic(self, row: int) -> tuple[np.ndarray, np.ndarray]:
        """A and b of xᵀ A x − 2 b·x, the cost of a row up to a constant."""
        factors, confidence, target = self.pairs(row)
        shared, ridge, pull = self.penalty.shared, self.penalty.ridge[row], self.penalty.pull
        own_pull = 0.0 if pull is None else pull[row % len(pull)].astype(np.float64)
        weighted = confidence[:, None] * factors
        return factors.T @ weighted + shared + ridge * np.eye(len(shared)), weighted.T @ target + own_pull

    def objective(self, row: int, x: np.ndarray) -> float:
        a, b = self.quadratic(row)
        return float(x @ a @ x - 2 * b @ x)

    def misfit(self, row: int, x: np.ndarray) -> float:
        """Σ c (r − x·v)² over the pairs of a row."""
        factors, confidence, target = self.pairs(row)
        return float(confidence @ (target - factors @ x) ** 2)

    def descend(self, row: int, n_sweeps: int) -> np.ndarray:
        """Minimise over one factor after the other, in order, so many times."""
        a, b = self.quadratic(row)
        x = self.start[row].astype(np.float64)
        for _ in range(n_sweeps):
            for f in range(len(x)):
                step = (b[f] - a[f] @ x) / a[f, f] if a[f, f] > 0 else 0.0
                x[f] = max(x[f] + step, self.penalty.floor)
        return x

    def non_negative_minimum(self, row: int) -> np.ndarray:
        """Where the cost is least among all x ≥ 0: with A = R'R it is ‖R x − R'⁻¹ b‖² up to a constant."""
        a, b = self.quadratic(row)
        root = cholesky(a)
        return nnls(root, solve_triangular(root, b, trans="T"))[0]

    def part(self, first: int, last: int) -> Problem:
        """Rows `first` to `last` − 1 on their own."""
        pull = self.penalty.pull
        own_pull = pull[first:last] if pull is not None and len(pull) > 1 else pull
        penalty = replace(self.penalty, ridge=self.penalty.ridge[first:last], pull=own_pull)
        return Problem(self.rows.block(first, last), self.other, penalty, self.start[first:last])


def random_problem(
    lengths: Sequence[int], n_factors: int, *, seed: int = 0, n_other: int = 60, w0: float = 0.1, floor: float = 0.0
) -> Problem:
    """Rows with so many pairs each; every factor is 0 in about half of the vectors it meets."""
    rng = np.random.default_rng(seed)
    indptr = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
    other = sparse_factors(rng, n_other, n_factors)
    shared = w0 * other.astype(np.float64).T @ other
    ridge = rng.uniform(0.2, 2.0, len(lengths)).astype(np.float32)
    pull = rng.normal(0.2, 0.5, (len(lengths), n_factors)).astype(np.float32)
    rows = Rows(
        indptr,
        rng.integers(n_other, size=indptr[-1], dtype=np.int32),
        rng.uniform(0.5, 4.0, indptr[-1]).astype(np.float32),
        rng.normal(1.0, 0.5, indptr[-1]).astype(np.float32),
    )
    return Problem(rows, other, Penalty(shared, ridge, pull, floor), sparse_factors(rng, len(lengths), n_factors))


def sparse_factors(rng: np.random.Generator, n: int, n_factors: int) -> np.ndarray:
    """Random factors of which half are 0, as they are once learnt."""
    factors = rng.uniform(0, 1, (n, n_factors)) * (rng.uniform(size=(n, n_factors)) < 0.5)
    return factors.astype(np.float32)
