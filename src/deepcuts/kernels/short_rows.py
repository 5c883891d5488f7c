"""Coordinate descent for short rows: sixteen at a time, one per lane."""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from deepcuts.kernels.lanes import LANES, add_products, descend, lay_out_lines, subtract_multiples
from deepcuts.kernels.long_rows import FLAGS, HANDS


@njit(cache=True, nogil=True, fastmath=FLAGS)
def lay_out(group, indptr, indices, confidence, target, other, roots, chosen, residuals, lines):
    """Gather the pairs of up to sixteen rows by factor.

    lines[f n + j, lane] = √c_j · v_jf and residuals[j, lane] = √c_j · r_j, with zeros behind the pairs of each row, and
    in lanes that have no row.
    """
    n = len(residuals)
    roots[:], residuals[:], chosen[:] = np.float32(0.0), np.float32(0.0), 0
    for lane in range(len(group)):
        first = indptr[group[lane]]
        for j in range(indptr[group[lane] + 1] - first):
            root = np.sqrt(confidence[first + j])
            roots[j, lane], residuals[j, lane] = root, root * target[first + j]
            chosen[j, lane] = indices[first + j]
    for j in range(n):
        lay_out_lines(roots, chosen, other, lines, j, j, n)


@njit(cache=True, nogil=True, fastmath=FLAGS)
def prepare(lines, shared, ridge, residuals, x, steps):
    """Subtract x from the residuals and compute the inverse of the curvature along each factor."""
    n = len(residuals)
    curvature = np.empty(LANES, np.float32)
    for f in range(len(x)):
        for lane in range(LANES):
            curvature[lane] = shared[f, f] + ridge[lane]
        add_products(lines, f * n, lines[f * n : f * n + n], curvature)
        for lane in range(LANES):
            steps[f, lane] = np.float32(1.0) / curvature[lane] if curvature[lane] > 0 else np.float32(0.0)
        subtract_multiples(x[f], lines, f * n, residuals)


@njit(cache=True, nogil=True)
def rest(tolerance, largest, x, steps):
    """Keep the lanes still that have settled, so that no row depends on those beside it; return whether all have."""
    n_moving = 0
    for lane in range(LANES):
        if largest[lane] <= tolerance * np.max(np.abs(x[:, lane])):
            steps[:, lane] = np.float32(0.0)
        else:
            n_moving += 1
    return n_moving == 0


@njit(cache=True, nogil=True, fastmath=FLAGS, parallel=True)
def solve_short_rows(
    chosen, indptr, indices, confidence, target, other, shared, ridge, pull, floor, max_sweeps, tolerance, rows, misfit
):
    """Do what `deepcuts.kernels.long_rows.solve_long_rows` does, for rows of few pairs.

    Parameters
    ----------
    chosen
        int64, the rows to solve, in ascending order of their numbers of pairs, so that rows of like length share a
        vector.
    """
    n_factors = rows.shape[1]
    n_groups = (len(chosen) + LANES - 1) // LANES
    most = indptr[chosen[-1] + 1] - indptr[chosen[-1]] if len(chosen) else 0
    for hand in prange(HANDS):
        all_lines = np.empty((n_factors * most, LANES), np.float32)
        all_roots, all_residuals = np.empty((most, LANES), np.float32), np.empty((most, LANES), np.float32)
        all_chosen = np.empty((most, LANES), np.int64)
        x, steps = np.empty((n_factors, LANES), np.float32), np.empty((n_factors, LANES), np.float32)
        own_pull, own_ridge = np.zeros((n_factors, LANES), np.float32), np.ones(LANES, np.float32)
        largest, total = np.empty(LANES, np.float32), np.empty(LANES, np.float32)
        for g in range(hand, n_groups, HANDS):
            group = chosen[g * LANES : (g + 1) * LANES]
            n = indptr[group[-1] + 1] - indptr[group[-1]]
            lines, residuals = all_lines[: n_factors * n], all_residuals[:n]
            lay_out(group, indptr, indices, confidence, target, other, all_roots[:n], all_chosen[:n], residuals, lines)
            x[:, len(group) :] = np.float32(0.0)
            for lane in range(len(group)):
                own_ridge[lane] = ridge[group[lane]]
                own_pull[:, lane] = pull[group[lane] % len(pull)]
                x[:, lane] = rows[group[lane]]
            prepare(lines, shared, own_ridge, residuals, x, steps)
            steps[:, len(group) :] = np.float32(0.0)
            for _ in range(max_sweeps):
                largest[:] = np.float32(0.0)
                for f in range(n_factors):
                    descend(f, lines, residuals, shared, own_ridge, own_pull, floor, steps, x, largest)
                if rest(tolerance, largest, x, steps):
                    break
            total[:] = np.float32(0.0)
            add_products(residuals, 0, residuals, total)
            for lane in range(len(group)):
                rows[group[lane]], misfit[group[lane]] = x[:, lane], total[lane]
