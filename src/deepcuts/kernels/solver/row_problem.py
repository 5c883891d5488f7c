"""What the solvers of short and of long rows are given."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from deepcuts.array_types import FloatMatrix, FloatVector, Indices, Indptr


class RowProblem(NamedTuple):
    """A quadratic for every row x on its own, maths.md (4).

        Σ_j c_j (r_j − x·v_j)² + xᵀ S x + ridge ‖x‖² − 2 pull·x,    x ≥ floor

    Parameters
    ----------
    indptr
        (n_rows + 1,): the pairs of row i are ``indptr[i]:indptr[i + 1]`` of the next three arrays.
    indices
        (n_pairs,): rows of `other`.
    confidence, target
        (n_pairs,): c and r of each pair.
    other
        (n_other, n_factors): factors v of the other side.
    shared
        (n_factors, n_factors): the symmetric matrix S that all rows have in common.
    ridge
        (n_rows,): every row's own multiple of the identity.
    pull
        (n_rows, n_factors), or (1, n_factors) for all rows alike: the linear term.
    floor
        0 for non-negative rows, −inf for free ones.
    """

    indptr: Indptr
    indices: Indices
    confidence: FloatVector
    target: FloatVector
    other: FloatMatrix
    shared: FloatMatrix
    ridge: FloatVector
    pull: FloatMatrix
    floor: np.float32


class SweepBudget(NamedTuple):
    """How far a half-step goes.

    Parameters
    ----------
    sweeps
        The most sweeps over the factors of a row.
    tolerance
        A row is done earlier once no factor moves by more than this share of its largest.
    """

    sweeps: int
    tolerance: float
