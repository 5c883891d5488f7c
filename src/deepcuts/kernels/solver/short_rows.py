"""Coordinate descent for short rows: sixteen at a time, one per lane."""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from deepcuts.kernels.solver.lane_intrinsics import COUPLED
from deepcuts.kernels.solver.lanes import (
    add_products,
    couple,
    descend,
    fetch_ahead,
    give_back_lines,
    lay_out_lines,
    project,
)
from deepcuts.kernels.solver.llvm_vectors import BLOCK, LANES
from deepcuts.kernels.solver.long_rows import FLAGS, HANDS


@njit(cache=True, nogil=True, fastmath=FLAGS)
def collect(group, indptr, indices, confidence, target, n_factors, starts, roots, residuals):
    """Deal the pairs of up to sixteen rows out to the lanes: √c_j, √c_j · r_j, and where the factors of j start.

    Zeros are behind those of each row. Lanes that have no row have no pairs.
    """
    roots[:], residuals[:], starts[:] = np.float32(0.0), np.float32(0.0), 0
    for lane in range(len(group)):
        first = indptr[group[lane]]
        for j in range(indptr[group[lane] + 1] - first):
            roots[j, lane], residuals[j, lane] = confidence[first + j], target[first + j]
            starts[j, lane] = indices[first + j] * n_factors
    all_roots, all_residuals = roots.reshape(-1), residuals.reshape(-1)
    for place in range(all_roots.size):
        all_roots[place] = np.sqrt(all_roots[place])
        all_residuals[place] *= all_roots[place]


@njit(cache=True, nogil=True)
def fetch_group(group, indptr, indices, confidence, target, rows, pull):
    """Ask the memory for what belongs to a group of rows, which lie far apart: pairs, starts and pulls."""
    all_factors, all_pulls, n_factors = rows.reshape(-1), pull.reshape(-1), rows.shape[1]
    for i in group:
        first, last = indptr[i], indptr[i + 1]
        fetch_ahead(indices, first, last)
        fetch_ahead(confidence, first, last)
        fetch_ahead(target, first, last)
        fetch_ahead(all_factors, i * n_factors, (i + 1) * n_factors)
        if len(pull) > 1:
            fetch_ahead(all_pulls, i * n_factors, (i + 1) * n_factors)


@njit(cache=True, nogil=True, fastmath=FLAGS)
def by_block(shared):
    """Columns of S, four by four: panels[p, g, i] = S[g, 4 p + i], with zeros where there are no such factors."""
    n_blocks = (len(shared) + BLOCK - 1) // BLOCK
    panels = np.zeros((n_blocks, n_blocks * BLOCK, BLOCK), np.float32)
    for f in range(len(shared)):
        panels[f // BLOCK, : len(shared), f % BLOCK] = shared[:, f]
    return panels


@njit(cache=True, nogil=True)
def rest(tolerance, largest, steps):
    """Keep the lanes still that have settled, so that no row depends on those beside it; return whether all have."""
    n_moving = 0
    for lane in range(LANES):
        if largest[0, lane] <= tolerance * largest[1, lane]:
            steps[:, lane] = np.float32(0.0)
        else:
            n_moving += 1
    return n_moving == 0


@njit(cache=True, nogil=True, fastmath=FLAGS, parallel=True)
def solve_short_rows(
    chosen, indptr, indices, confidence, target, other, shared, ridge, pull, floor, max_sweeps, tolerance, rows, misfit
):
    """Do what `deepcuts.kernels.solver.long_rows.solve_long_rows` does, for rows of few pairs.

    Parameters
    ----------
    chosen
        int64, the rows to solve, in ascending order of their numbers of pairs, so that rows of like length share a
        vector.
    """
    n_groups, n_factors = (len(chosen) + LANES - 1) // LANES, rows.shape[1]
    most = indptr[chosen[-1] + 1] - indptr[chosen[-1]] if len(chosen) else 0
    panels = by_block(shared)
    n_blocks, n_wide = panels.shape[:2]
    for hand in prange(HANDS):
        all_lines = np.empty((n_wide * most, LANES), np.float32)
        all_roots, all_residuals = np.empty((most, LANES), np.float32), np.empty((most, LANES), np.float32)
        all_starts = np.empty((most, LANES), np.int64)
        x, steps = np.zeros((n_wide, LANES), np.float32), np.empty((n_wide, LANES), np.float32)
        couplings = np.empty((n_blocks * len(COUPLED), LANES), np.float32)
        own_pull, own_ridge = np.zeros((n_wide, LANES), np.float32), np.ones(LANES, np.float32)
        for lane in range(LANES if len(pull) == 1 else 0):
            own_pull[: pull.shape[1], lane] = pull[0]
        sums, largest = np.empty((BLOCK, LANES), np.float32), np.empty((2, LANES), np.float32)
        total = np.empty(LANES, np.float32)
        own_starts, present = np.empty((1, LANES), np.int64), np.empty((1, LANES), np.float32)
        for g in range(hand, n_groups, HANDS):
            group = chosen[g * LANES : (g + 1) * LANES]
            later = chosen[(g + HANDS) * LANES : (g + HANDS + 1) * LANES]
            fetch_group(later, indptr, indices, confidence, target, rows, pull)
            n = indptr[group[-1] + 1] - indptr[group[-1]]
            lines, roots, residuals, starts = all_lines[: n_wide * n], all_roots[:n], all_residuals[:n], all_starts[:n]
            collect(group, indptr, indices, confidence, target, n_factors, starts, roots, residuals)
            own_starts[:], present[:] = 0, np.float32(0.0)
            for lane in range(len(group)):
                own_starts[0, lane] = group[lane] * n_factors
                present[0, lane], own_ridge[lane] = np.float32(1.0), ridge[group[lane]]
            lay_out_lines(present, own_starts, rows, x, 0, 0, 1, BLOCK)
            if len(pull) > 1:
                lay_out_lines(present, own_starts, pull, own_pull, 0, 0, 1, BLOCK)
            if n_wide > n_factors:
                lines[(n_wide - BLOCK) * n :] = np.float32(0.0)
            for j in range(n):
                lay_out_lines(roots, starts, other, lines, j, BLOCK * j, 1, BLOCK * n)
            for block in range(n_blocks):
                couple(block, lines, x, panels, own_ridge, residuals, steps, couplings)
            steps[:, len(group) :] = np.float32(0.0)
            project(lines, residuals, sums)
            for _ in range(max_sweeps):
                largest[:] = np.float32(0.0)
                for block in range(n_blocks):
                    descend(
                        block, lines, residuals, panels, couplings, own_ridge, own_pull, floor, steps, x, sums, largest
                    )
                if rest(tolerance, largest, steps):
                    break
            total[:] = np.float32(0.0)
            add_products(residuals, 0, residuals, total)
            give_back_lines(x, own_starts, len(group), rows)
            for lane in range(len(group)):
                misfit[group[lane]] = total[lane]
