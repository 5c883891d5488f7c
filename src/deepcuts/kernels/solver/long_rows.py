"""Coordinate descent for long rows: one at a time, along its pairs."""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from deepcuts.kernels.solver.lanes import lay_out_lines
from deepcuts.kernels.solver.llvm_vectors import BLOCK, LANES

FLAGS = {"reassoc", "contract", "nsz", "arcp"}
HANDS = 64  # rows are dealt out in this many hands, so that every thread gets long ones and short ones
_MULTIPLE = 32  # lines are padded with zeros to a multiple of this, so that loops over pairs have no scalar remainder
_PAGE = 1024  # floats in a page: lines that are whole pages apart would all fall into the same few cache lines


@njit(cache=True, nogil=True)
def padded_length(n):
    """Length of a line that holds n pairs."""
    length = (n + _MULTIPLE - 1) // _MULTIPLE * _MULTIPLE
    return length + _MULTIPLE if length % _PAGE == 0 else length


@njit(cache=True, nogil=True, fastmath=FLAGS)
def lay_out(indices, confidence, target, other, lines, residuals):
    """Gather the pairs of a row by factor: lines[f, j] = √c_j · v_jf, residuals[j] = √c_j · r_j, zeros behind them."""
    n, n_blocks = len(indices), len(residuals) // LANES
    roots, starts = np.zeros(len(residuals), np.float32), np.zeros(len(residuals), np.int64)
    for j in range(n):
        roots[j], starts[j] = np.sqrt(confidence[j]), indices[j] * other.shape[1]
        residuals[j] = roots[j] * target[j]
    residuals[n:] = np.float32(0.0)
    roots_of, starts_of = roots.reshape(n_blocks, LANES), starts.reshape(n_blocks, LANES)
    by_lane = lines.reshape(lines.size // LANES, LANES)
    for block in range(n_blocks):
        lay_out_lines(roots_of, starts_of, other, by_lane, block, block, n_blocks, BLOCK * n_blocks)


@njit(cache=True, nogil=True, fastmath=FLAGS)
def prepare(lines, shared, ridge, x, residuals, shared_x, steps):
    """Subtract x from the residuals, compute S x, and the inverse of the curvature along each factor."""
    shared_x[:] = np.float32(0.0)
    for f in range(len(x)):
        curvature = shared[f, f] + ridge
        for j in range(len(residuals)):
            curvature += lines[f, j] * lines[f, j]
        steps[f] = np.float32(1.0) / curvature if curvature > 0 else np.float32(0.0)
        if x[f] != np.float32(0.0):
            for j in range(len(residuals)):
                residuals[j] -= x[f] * lines[f, j]
            for g in range(len(x)):
                shared_x[g] += x[f] * shared[f, g]


@njit(cache=True, nogil=True, fastmath=FLAGS)
def sweep(lines, shared, ridge, pull, floor, steps, residuals, shared_x, x):
    """Minimise over each factor of x in turn, exactly; return the largest change.

    Minus half the derivative along x[f] is Σ_j c_j v_jf e_j + pull_f − (S x)_f − ridge x_f, half the curvature
    Σ_j c_j v_jf² + S_ff + ridge.
    """
    largest = np.float32(0.0)
    for f in range(len(x)):
        slope = pull[f] - shared_x[f] - ridge * x[f]
        for j in range(len(residuals)):
            slope += lines[f, j] * residuals[j]
        change = max(x[f] + slope * steps[f], floor) - x[f]
        if change != np.float32(0.0):
            x[f] += change
            for j in range(len(residuals)):
                residuals[j] -= change * lines[f, j]
            for g in range(len(x)):
                shared_x[g] += change * shared[f, g]
            largest = max(largest, abs(change))
    return largest


@njit(cache=True, nogil=True, fastmath=FLAGS, parallel=True)
def solve_long_rows(
    chosen, indptr, indices, confidence, target, other, shared, ridge, pull, floor, max_sweeps, tolerance, rows, misfit
):
    """Minimise a quadratic over every row x on its own, in place.

        Σ_j c_j (r_j − x·v_j)² + xᵀ S x + ridge ‖x‖² − 2 pull·x,    x ≥ floor

    Each iteration writes its own row only, so the answer does not depend on the number of threads.

    Parameters
    ----------
    chosen
        int64, the rows to solve.
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
    n_factors = rows.shape[1]
    for hand in prange(HANDS):
        shared_x, steps = np.empty(n_factors, np.float32), np.empty(n_factors, np.float32)
        for place in range(hand, len(chosen), HANDS):
            i = chosen[place]
            pairs = slice(indptr[i], indptr[i + 1])
            length = padded_length(indptr[i + 1] - indptr[i])
            lines, residuals = np.empty((n_factors, length), np.float32), np.empty(length, np.float32)
            lay_out(indices[pairs], confidence[pairs], target[pairs], other, lines, residuals)
            x, own_pull = rows[i], pull[i % len(pull)]
            prepare(lines, shared, ridge[i], x, residuals, shared_x, steps)
            for _ in range(max_sweeps):
                largest = sweep(lines, shared, ridge[i], own_pull, floor, steps, residuals, shared_x, x)
                if largest <= tolerance * np.max(np.abs(x)):
                    break
            misfit[i] = np.sum(residuals * residuals)
