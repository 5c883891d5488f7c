"""Coordinate descent for the rows of one side while the factors of the other side stand still."""

from __future__ import annotations

import numpy as np
from numba import njit, prange

FLAGS = {"reassoc", "contract", "nsz", "arcp"}
_TILE = 16  # pairs whose factor rows are laid out together: one cache line of float32 is written at a time


@njit(cache=True, nogil=True, fastmath=FLAGS)
def lay_out(indices, other, columns):
    """Gather the factors of `indices`, one contiguous line per factor: columns[f, j] = other[indices[j], f]."""
    n = len(indices)
    for start in range(0, n, _TILE):
        stop = min(start + _TILE, n)
        for f in range(other.shape[1]):
            for j in range(start, stop):
                columns[f, j] = other[indices[j], f]


@njit(cache=True, nogil=True, fastmath=FLAGS)
def step_along(f, change, columns, shared, residuals, shared_x):
    """Carry a change of x[f] into the residuals and into shared @ x."""
    column, line = columns[f], shared[f]
    for j in range(len(residuals)):
        residuals[j] -= change * column[j]
    for g in range(len(line)):
        shared_x[g] += change * line[g]


@njit(cache=True, nogil=True, fastmath=FLAGS)
def sweep(columns, confidence, shared, ridge, pull, floor, residuals, shared_x, x):
    """Minimise over each factor of x in turn, exactly; return the largest change.

    Minus half the derivative along x[f] is Σ_j c_j v_jf e_j + pull_f − (S x)_f − ridge x_f, half the curvature
    Σ_j c_j v_jf² + S_ff + ridge.
    """
    largest = np.float32(0.0)
    for f in range(len(x)):
        column = columns[f]
        slope = pull[f] - shared_x[f] - ridge * x[f]
        curvature = shared[f, f] + ridge
        for j in range(len(residuals)):
            weighted = confidence[j] * column[j]
            slope += weighted * residuals[j]
            curvature += weighted * column[j]
        if curvature <= np.float32(0.0):
            continue
        change = max(x[f] + slope / curvature, floor) - x[f]
        if change != np.float32(0.0):
            x[f] += change
            step_along(f, change, columns, shared, residuals, shared_x)
            largest = max(largest, abs(change))
    return largest


@njit(cache=True, nogil=True, fastmath=FLAGS, parallel=True)
def half_step(
    indptr, indices, confidence, target, other, shared, ridge, pull, floor, max_sweeps, tolerance, rows, misfit
):
    """Minimise a quadratic over every row x on its own, in place.

        Σ_j c_j (r_j − x·v_j)² + xᵀ S x + ridge ‖x‖² − 2 pull·x,    x ≥ floor

    Each iteration writes its own row only, so the answer does not depend on the number of threads.

    Parameters
    ----------
    indptr
        int64, (n_rows + 1,): the pairs of row i are ``indptr[i]:indptr[i + 1]`` of the next three arrays.
    indices
        int32, (n_pairs,): rows of `other`.
    confidence, target
        float32, (n_pairs,): c and r of each pair.
    other
        float32, (n_other, n_factors): factors v of the other side.
    shared
        float32, (n_factors, n_factors): the symmetric matrix S that all rows have in common.
    ridge
        float32, (n_rows,): every row's own multiple of the identity.
    pull
        float32, (n_rows, n_factors), or (1, n_factors) for all rows alike: the linear term.
    floor
        float32: 0 for non-negative rows, −inf for free ones.
    max_sweeps, tolerance
        A row is done after `max_sweeps` sweeps, or when none of its factors moved by more than `tolerance` times
        its largest factor.
    rows
        float32, (n_rows, n_factors): where to start; overwritten.
    misfit
        float32, (n_rows,): overwritten with Σ_j c_j (r_j − x·v_j)².
    """
    n_rows, n_factors = rows.shape
    for i in prange(n_rows):
        start, stop = indptr[i], indptr[i + 1]
        columns = np.empty((n_factors, stop - start), np.float32)
        lay_out(indices[start:stop], other, columns)
        c, residuals = confidence[start:stop], target[start:stop].copy()
        x, shared_x = rows[i].copy(), np.zeros(n_factors, np.float32)
        for f in range(n_factors):
            if x[f] != np.float32(0.0):
                step_along(f, x[f], columns, shared, residuals, shared_x)
        for _ in range(max_sweeps):
            largest = sweep(columns, c, shared, ridge[i], pull[i % len(pull)], floor, residuals, shared_x, x)
            if largest <= tolerance * np.max(np.abs(x)):
                break
        rows[i] = x
        total = np.float32(0.0)
        for j in range(len(residuals)):
            total += c[j] * residuals[j] * residuals[j]
        misfit[i] = total
