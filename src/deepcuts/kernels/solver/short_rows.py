"""Coordinate descent for short rows: sixteen at a time, one per lane.

The steps of a group are inlined: a call would count the references to every array of its tuples, which takes as long as
a block of factors. For the same reason, fields of tuples are read before loops, not in them.
"""

from __future__ import annotations

import numpy as np

from deepcuts.kernels.arrays import scratch
from deepcuts.kernels.compiling import kernel, kernel_entry
from deepcuts.kernels.flags import FASTMATH
from deepcuts.kernels.solver.lane_intrinsics import COUPLED
from deepcuts.kernels.solver.lanes import (
    LanePairs,
    LaneRows,
    LineOrder,
    add_products,
    couple,
    descend,
    fetch_ahead,
    give_back_lines,
    lay_out_lines,
    project,
)
from deepcuts.kernels.solver.llvm_vectors import BLOCK, LANES
from deepcuts.kernels.threads import N_CHUNKS, over_ranges


def by_block(shared):
    """Columns of S, four by four: panels[p, g, i] = S[g, 4 p + i], with zeros where there are no such factors."""
    n, n_blocks = len(shared), (len(shared) + BLOCK - 1) // BLOCK
    whole = np.zeros((n_blocks * BLOCK, n_blocks * BLOCK), np.float32)
    whole[:n, :n] = shared
    # One pass over x serves four slopes.
    return np.ascontiguousarray(whole.reshape(-1, n_blocks, BLOCK).transpose(1, 0, 2))


def pairs_scratch(n_wide, most):
    """Work arrays for groups whose rows have at most so many pairs."""
    by_pair = scratch(most, LANES), scratch(most, LANES), scratch(most, LANES, dtype=np.int64)
    return LanePairs(scratch(n_wide * most, LANES), *by_pair)


@kernel(inline="always")
def first_pairs(pairs, n_wide, n):
    """The part of the work arrays that a group whose longest row has n pairs takes."""
    return LanePairs(pairs.lines[: n_wide * n], pairs.residuals[:n], pairs.roots[:n], pairs.starts[:n])


def rows_scratch(n_blocks, pull):
    """Work arrays for sixteen rows; a pull that all rows have in common is written here, once."""
    n_wide = n_blocks * BLOCK
    rows = LaneRows(
        scratch(n_wide, LANES),
        scratch(n_wide, LANES),
        scratch(LANES),
        scratch(n_wide, LANES),
        scratch(n_blocks * len(COUPLED), LANES),
        scratch(BLOCK, LANES),
        scratch(2, LANES),
        scratch(1, LANES, dtype=np.int64),
        scratch(1, LANES),
    )
    rows.x[:], rows.pull[:], rows.ridge[:] = 0, 0, 1
    if len(pull) == 1:
        rows.pull[: pull.shape[1]] = pull.T
    return rows


@kernel(inline="always")
def fetch_group(group, problem, rows):
    """Ask the memory for what belongs to a group of rows, which lie far apart: pairs, starts and pulls."""
    indptr, indices, confidence, target = problem.indptr, problem.indices, problem.confidence, problem.target
    all_factors, all_pulls, n_factors = rows.reshape(-1), problem.pull.reshape(-1), rows.shape[1]
    own_pulls = len(problem.pull) > 1
    for i in group:
        first, last = indptr[i], indptr[i + 1]
        fetch_ahead(indices, first, last)
        fetch_ahead(confidence, first, last)
        fetch_ahead(target, first, last)
        fetch_ahead(all_factors, i * n_factors, (i + 1) * n_factors)
        if own_pulls:
            fetch_ahead(all_pulls, i * n_factors, (i + 1) * n_factors)


@kernel(fastmath=FASTMATH, inline="always")
def gather_pairs(group, problem, pairs):
    """Deal the pairs of up to sixteen rows out to the lanes: √c_j, √c_j · r_j, and where the factors of j start.

    Zeros are behind those of each row. Lanes that have no row have no pairs.
    """
    indptr, indices, confidence, target = problem.indptr, problem.indices, problem.confidence, problem.target
    roots, residuals, starts, n_factors = pairs.roots, pairs.residuals, pairs.starts, problem.other.shape[1]
    # A pair that a row lacks points to row 0 of the other side, with a root of 0: it is read, and weighs nothing.
    roots[:], residuals[:], starts[:] = np.float32(0.0), np.float32(0.0), 0
    for lane in range(len(group)):
        first = indptr[group[lane]]
        for j in range(indptr[group[lane] + 1] - first):
            roots[j, lane], residuals[j, lane] = confidence[first + j], target[first + j]
            starts[j, lane] = indices[first + j] * n_factors  # int64: among all numbers of the other side
    all_roots, all_residuals = roots.reshape(-1), residuals.reshape(-1)
    for index in range(all_roots.size):  # √c_j, and √c_j · r_j: the residuals (8) of x = 0
        all_roots[index] = np.sqrt(all_roots[index])
        all_residuals[index] *= all_roots[index]


@kernel(inline="always")
def gather_rows(group, problem, rows, lanes):
    """Put the start, the ridge and the pull of every row of a group into its lane; lanes without a row have x = 0."""
    starts, present, own_ridge, ridge = lanes.starts, lanes.present, lanes.ridge, problem.ridge
    starts[:], present[:] = 0, np.float32(0.0)
    for lane in range(len(group)):
        starts[0, lane] = group[lane] * rows.shape[1]
        present[0, lane], own_ridge[lane] = np.float32(1.0), ridge[group[lane]]
    order = LineOrder(0, 1, BLOCK)
    lay_out_lines(present, starts, 0, rows, lanes.x, order)
    if len(problem.pull) > 1:
        lay_out_lines(present, starts, 0, problem.pull, lanes.pull, order)


@kernel(inline="always")
def lay_out_pairs(other, pairs):
    """Gather the factors of all pairs by line, √c_j · v_jf; factors that the last block lacks are 0."""
    lines, roots, starts = pairs.lines, pairs.roots, pairs.starts
    n, n_wide = len(roots), (other.shape[1] + BLOCK - 1) // BLOCK * BLOCK
    if n_wide > other.shape[1]:
        lines[(n_wide - BLOCK) * n :] = np.float32(0.0)
    for j in range(n):
        lay_out_lines(roots, starts, j, other, lines, LineOrder(BLOCK * j, 1, BLOCK * n))


@kernel(inline="always")
def couple_blocks(n_rows, pairs, lanes, panels):
    """Compute residuals, curvatures and couplings of a group, and the slopes that the first block begins with."""
    for block in range(len(panels)):
        couple(block, pairs, lanes, panels)  # maths.md (7), (8), (10)
    lanes.steps[:, n_rows:] = np.float32(0.0)  # lanes without a row stand still
    project(pairs, lanes)  # the sum of maths.md (6), for the first block


@kernel()
def freeze_converged(tolerance, lanes):
    """Make the steps of converged rows 0, so that no row depends on those beside it; return whether all have."""
    largest, steps, n_moving = lanes.largest, lanes.steps, 0
    for lane in range(LANES):
        # A tolerance of 0 stops the rows that no longer move at all.
        if largest[0, lane] <= tolerance * largest[1, lane]:
            steps[:, lane] = np.float32(0.0)  # then maths.md (5) leaves x as it is
        else:
            n_moving += 1
    return n_moving == 0


@kernel(inline="always")
def sweep_group(pairs, lanes, panels, floor, budget):
    """Sweep over all factors of a group until its rows are done."""
    tolerance = np.float32(budget.tolerance)
    for _ in range(budget.sweeps):
        lanes.largest[:] = np.float32(0.0)  # changes and factors of this sweep
        for block in range(len(panels)):
            descend(block, pairs, lanes, panels, floor)  # maths.md (5), (6), (8), (11)
        if freeze_converged(tolerance, lanes):
            break


@kernel(inline="always")
def write_back(group, pairs, lanes, rows, misfit):
    """Write the rows of a group to where they belong, and their misfits."""
    total = lanes.largest[0]  # no sweep needs it any more
    total[:] = np.float32(0.0)
    add_products(pairs.residuals, 0, pairs.residuals, total)  # maths.md (9)
    give_back_lines(lanes.x, lanes.starts, len(group), rows)
    for lane in range(len(group)):
        misfit[group[lane]] = total[lane]


@kernel(fastmath=FASTMATH)
def solve_chunks(first, last, chosen, problem, budget, panels, rows, misfit, all_pairs, lanes):
    """Solve the groups of sixteen rows of some chunks: chunk c has every `N_CHUNKS`-th, from the one numbered c on.

    `all_pairs` and `lanes` are the work arrays of `pairs_scratch` and `rows_scratch`.
    """
    n_groups, indptr, n_wide = (len(chosen) + LANES - 1) // LANES, problem.indptr, panels.shape[1]
    for chunk in range(first, last):
        for g in range(chunk, n_groups, N_CHUNKS):
            group = chosen[g * LANES : (g + 1) * LANES]
            # The next group of this chunk is on its way from memory while this one is solved.
            fetch_group(chosen[(g + N_CHUNKS) * LANES : (g + N_CHUNKS + 1) * LANES], problem, rows)
            # The last row of a group is its longest.
            pairs = first_pairs(all_pairs, n_wide, indptr[group[-1] + 1] - indptr[group[-1]])
            gather_pairs(group, problem, pairs)
            gather_rows(group, problem, rows, lanes)
            lay_out_pairs(problem.other, pairs)
            couple_blocks(len(group), pairs, lanes, panels)
            sweep_group(pairs, lanes, panels, problem.floor, budget)
            write_back(group, pairs, lanes, rows, misfit)


@kernel_entry
def solve_short_rows(chosen, problem, budget, rows, misfit):
    """Do what `deepcuts.kernels.solver.long_rows.solve_long_rows` does, for rows of few pairs.

    Parameters
    ----------
    chosen
        int64, the rows to solve, in ascending order of their numbers of pairs, so that rows of like length share a
        vector.
    """
    if not len(chosen):
        return
    panels, indptr = by_block(problem.shared), problem.indptr
    n_blocks, n_wide, _ = panels.shape
    most = indptr[chosen[-1] + 1] - indptr[chosen[-1]]  # ascending: the last row is the longest

    def work_arrays():
        return pairs_scratch(n_wide, most), rows_scratch(n_blocks, problem.pull)

    over_ranges(solve_chunks, N_CHUNKS, chosen, problem, budget, panels, rows, misfit, scratch=work_arrays)
