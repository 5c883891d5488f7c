"""Coordinate descent for long rows: one at a time, along its pairs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from deepcuts.array_types import FloatMatrix, FloatVector
from deepcuts.kernels.compiling import kernel, kernel_entry
from deepcuts.kernels.flags import FASTMATH
from deepcuts.kernels.solver.lanes import LineOrder, lay_out_lines
from deepcuts.kernels.solver.llvm_vectors import BLOCK, LANES
from deepcuts.kernels.threads import N_CHUNKS, over_ranges

_MULTIPLE = 32  # lines are padded with zeros to a multiple of this, so that loops over pairs have no scalar remainder
_PAGE = 1024  # floats in a page: lines that are whole pages apart would all fall into the same few cache lines


class LongRow(NamedTuple):
    """A row x, and its quadratic laid out by factor.

    Parameters
    ----------
    lines
        (n_factors, length): √c_j · v_jf for the pairs j, zeros behind them.
    residuals
        (length,): √c_j · e_j, zeros behind them.
    shared, ridge, pull, floor
        Those of the `RowProblem`, of this row.
    steps
        (n_factors,): 1 / curvature along every factor; 0 where that is not above 0.
    shared_x
        (n_factors,): S x.
    x
        (n_factors,).
    """

    lines: FloatMatrix
    residuals: FloatVector
    shared: FloatMatrix
    ridge: np.float32
    pull: FloatVector
    floor: np.float32
    steps: FloatVector
    shared_x: FloatVector
    x: FloatVector


@kernel()
def padded_length(n):
    """Length of a line that holds n pairs."""
    length = (n + _MULTIPLE - 1) // _MULTIPLE * _MULTIPLE
    return length + _MULTIPLE if length % _PAGE == 0 else length


@kernel(fastmath=FASTMATH, inline="always")
def lay_out(indices, confidence, target, other, lines, residuals):
    """Gather the pairs of a row by factor: lines[f, j] = √c_j · v_jf, residuals[j] = √c_j · r_j, zeros behind them."""
    n, n_blocks = len(indices), len(residuals) // LANES
    roots, starts = np.zeros(len(residuals), np.float32), np.zeros(len(residuals), np.int64)
    for j in range(n):
        roots[j], starts[j] = np.sqrt(confidence[j]), indices[j] * other.shape[1]
        residuals[j] = roots[j] * target[j]
    residuals[n:] = np.float32(0.0)
    # Sixteen pairs stand in the lanes here, where short rows have sixteen rows.
    roots_of, starts_of = roots.reshape(n_blocks, LANES), starts.reshape(n_blocks, LANES)
    by_lane = lines.reshape(lines.size // LANES, LANES)
    for block in range(n_blocks):
        lay_out_lines(roots_of, starts_of, block, other, by_lane, LineOrder(block, n_blocks, BLOCK * n_blocks))


@kernel(fastmath=FASTMATH, inline="always")
def prepare(row):
    """Subtract x from the residuals, compute S x, and the inverse of the curvature along each factor."""
    lines, residuals, shared, x = row.lines, row.residuals, row.shared, row.x
    steps, shared_x = row.steps, row.shared_x
    shared_x[:] = np.float32(0.0)
    for f in range(len(x)):
        curvature = shared[f, f] + row.ridge  # maths.md (7)
        for j in range(len(residuals)):
            curvature += lines[f, j] * lines[f, j]
        steps[f] = np.float32(1.0) / curvature if curvature > 0 else np.float32(0.0)
        if x[f] != np.float32(0.0):  # maths.md (8), from x = 0 to where x starts
            for j in range(len(residuals)):
                residuals[j] -= x[f] * lines[f, j]
            for g in range(len(x)):
                shared_x[g] += x[f] * shared[f, g]


@kernel(fastmath=FASTMATH, inline="always")
def sweep(row):
    """Minimise over each factor of x in turn, exactly; return the largest change."""
    lines, residuals, shared, x, shared_x = row.lines, row.residuals, row.shared, row.x, row.shared_x
    largest = np.float32(0.0)
    for f in range(len(x)):
        slope = row.pull[f] - shared_x[f] - row.ridge * x[f]  # maths.md (6)
        for j in range(len(residuals)):
            slope += lines[f, j] * residuals[j]
        change = max(x[f] + slope * row.steps[f], row.floor) - x[f]  # maths.md (5)
        if change != np.float32(0.0):  # maths.md (8)
            x[f] += change
            for j in range(len(residuals)):
                residuals[j] -= change * lines[f, j]
            for g in range(len(x)):
                shared_x[g] += change * shared[f, g]
            largest = max(largest, abs(change))
    return largest


@kernel(inline="always")
def largest_of(x):
    """Largest of some numbers without their signs."""
    largest = np.float32(0.0)
    for value in x:
        largest = max(largest, abs(value))
    return largest


@kernel(fastmath=FASTMATH, inline="always")
def sum_of_squares(numbers):
    """Sum of the squares of some numbers, which these become."""
    for j in range(len(numbers)):
        numbers[j] *= numbers[j]
    total = np.float32(0.0)
    for j in range(len(numbers)):
        total += numbers[j]
    return total


@kernel(allocates=True, fastmath=FASTMATH)
def solve_chunks(first, last, chosen, problem, budget, rows, misfit):
    """Solve the rows of some chunks: chunk c has every `N_CHUNKS`-th row, from the one numbered c on."""
    n_factors, tolerance = rows.shape[1], np.float32(budget.tolerance)
    steps, shared_x = np.empty(n_factors, np.float32), np.empty(n_factors, np.float32)
    for chunk in range(first, last):
        for index in range(chunk, len(chosen), N_CHUNKS):
            i = chosen[index]
            pairs, x = slice(problem.indptr[i], problem.indptr[i + 1]), rows[i]
            length = padded_length(pairs.stop - pairs.start)
            # Made here: of arrays that come from outside, long sums would be added up in another order.
            lines, residuals = np.empty((n_factors, length), np.float32), np.empty(length, np.float32)
            indices, confidence, target = problem.indices[pairs], problem.confidence[pairs], problem.target[pairs]
            lay_out(indices, confidence, target, problem.other, lines, residuals)
            pull = problem.pull[i % len(problem.pull)]  # its own, or the only one
            row = LongRow(lines, residuals, problem.shared, problem.ridge[i], pull, problem.floor, steps, shared_x, x)
            prepare(row)
            for _ in range(budget.sweeps):
                if sweep(row) <= tolerance * largest_of(x):
                    break
            misfit[i] = sum_of_squares(residuals)  # maths.md (9)


@kernel_entry
def solve_long_rows(chosen, problem, budget, rows, misfit):
    """Minimise a quadratic over every row on its own, in place.

    Each iteration writes its own rows only, so the answer does not depend on the number of threads.

    Parameters
    ----------
    chosen
        int64, the rows to solve.
    problem
        `RowProblem`.
    budget
        `SweepBudget`.
    rows
        float32, (n_rows, n_factors): where to start; overwritten.
    misfit
        float32, (n_rows,): overwritten with Σ_j c_j (r_j − x·v_j)².
    """
    if not len(chosen):
        return
    over_ranges(solve_chunks, N_CHUNKS, chosen, problem, budget, rows, misfit)
