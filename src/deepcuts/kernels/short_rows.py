"""Coordinate descent for short rows: sixteen at a time, one per lane."""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from deepcuts.kernels.lane_code import LANES, PANEL
from deepcuts.kernels.lanes import (
    account,
    add_products,
    descend,
    give_back_lines,
    invert,
    lay_out_lines,
    start_panel,
)
from deepcuts.kernels.long_rows import FLAGS, HANDS


@njit(cache=True, nogil=True, fastmath=FLAGS)
def collect(group, indptr, indices, confidence, target, chosen, roots, residuals):
    """Deal the pairs of up to sixteen rows out to the lanes: √c_j and √c_j · r_j, with zeros behind those of each row.

    Lanes that have no row have no pairs.
    """
    roots[:], residuals[:], chosen[:] = np.float32(0.0), np.float32(0.0), 0
    for lane in range(len(group)):
        first = indptr[group[lane]]
        for j in range(indptr[group[lane] + 1] - first):
            roots[j, lane], residuals[j, lane] = confidence[first + j], target[first + j]
            chosen[j, lane] = indices[first + j]
    all_roots, all_residuals = roots.reshape(-1), residuals.reshape(-1)
    for place in range(all_roots.size):
        all_roots[place] = np.sqrt(all_roots[place])
        all_residuals[place] *= all_roots[place]


@njit(cache=True, nogil=True, fastmath=FLAGS)
def lay_out(roots, chosen, other, x, lines, residuals, curvature):
    """Gather the factors of the pairs, lines[f n + j, lane] = √c_j · v_jf, and take each into account at once.

    What x predicts is subtracted from the residuals, and the squares add up to the curvature along each factor.
    """
    n = len(residuals)
    curvature[:] = np.float32(0.0)
    for j in range(n):
        lay_out_lines(roots, chosen, other, lines, j, j, n)
        account(lines, j, n, x, curvature, residuals[j])


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
    n_wide = (n_factors + PANEL - 1) // PANEL * PANEL
    wide = np.zeros((n_factors, n_wide), np.float32)
    wide[:, :n_factors] = shared
    for hand in prange(HANDS):
        all_lines = np.empty((n_factors * most, LANES), np.float32)
        all_roots, all_residuals = np.empty((most, LANES), np.float32), np.empty((most, LANES), np.float32)
        all_chosen = np.empty((most, LANES), np.int64)
        x, steps = np.empty((n_factors, LANES), np.float32), np.empty((n_factors, LANES), np.float32)
        own_pull, own_ridge = np.zeros((n_factors, LANES), np.float32), np.ones(LANES, np.float32)
        for lane in range(LANES if len(pull) == 1 else 0):
            own_pull[:, lane] = pull[0]
        largest, product, total = np.empty(LANES, np.float32), np.empty(LANES, np.float32), np.empty(LANES, np.float32)
        slopes = np.empty((n_wide, LANES), np.float32)
        own_rows, present = np.empty((1, LANES), np.int64), np.empty((1, LANES), np.float32)
        for g in range(hand, n_groups, HANDS):
            group = chosen[g * LANES : (g + 1) * LANES]
            n = indptr[group[-1] + 1] - indptr[group[-1]]
            lines, residuals = all_lines[: n_factors * n], all_residuals[:n]
            collect(group, indptr, indices, confidence, target, all_chosen[:n], all_roots[:n], residuals)
            own_rows[:], present[:] = 0, np.float32(0.0)
            for lane in range(len(group)):
                own_rows[0, lane], present[0, lane], own_ridge[lane] = group[lane], np.float32(1.0), ridge[group[lane]]
            lay_out_lines(present, own_rows, rows, x, 0, 0, 1)
            if len(pull) > 1:
                lay_out_lines(present, own_rows, pull, own_pull, 0, 0, 1)
            lay_out(all_roots[:n], all_chosen[:n], other, x, lines, residuals, steps)
            invert(steps, wide, own_ridge, steps)
            steps[:, len(group) :] = np.float32(0.0)
            product[:] = np.float32(0.0)
            add_products(lines, 0, residuals, product)
            for _ in range(max_sweeps):
                largest[:] = np.float32(0.0)
                for f in range(n_factors):
                    if f % PANEL == 0:
                        start_panel(f, wide, x, slopes)
                    descend(f, lines, residuals, wide, own_ridge, own_pull, floor, steps, x, slopes, product, largest)
                if rest(tolerance, largest, x, steps):
                    break
            total[:] = np.float32(0.0)
            add_products(residuals, 0, residuals, total)
            give_back_lines(x, group, rows)
            for lane in range(len(group)):
                misfit[group[lane]] = total[lane]
