"""Arithmetic on sixteen rows in lockstep, each in its own lane of a vector register.

A *lane array* is float32, (n, LANES): its rows are called lines, each is one vector, and nothing here ever mixes lanes.
Numba turns loops over lanes into scalar code, so the inner loops of the solver are spelt out in LLVM's vector
instructions (`lane_intrinsics`). The plain Python definitions here say what they compute, and run where the JIT is off.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba.extending import overload, register_jitable

from deepcuts.array_types import FloatMatrix, FloatVector, NumberMatrix
from deepcuts.kernels.solver import lane_intrinsics
from deepcuts.kernels.solver.lane_intrinsics import COUPLED
from deepcuts.kernels.solver.llvm_vectors import BLOCK, LANES

AHEAD = 2  # lines of pairs: by then, their factors are at hand


class LanePairs(NamedTuple):
    """The pairs of sixteen rows, as many for each as the longest has: zeros are behind those of the others.

    Parameters
    ----------
    lines
        (n_wide · n, LANES): √c_j · v_jf, block by block of four factors: the four of the first pair, of the second, …
    residuals
        (n, LANES): √c_j · e_j.
    roots
        (n, LANES): √c_j.
    starts
        int64, (n, LANES): where the factors of j start among all numbers of the other side.
    """

    lines: FloatMatrix
    residuals: FloatMatrix
    roots: FloatMatrix
    starts: NumberMatrix


class LaneRows(NamedTuple):
    """Sixteen rows x, and what their steps take; n_wide is the number of factors, rounded up to whole blocks.

    Parameters
    ----------
    x, pull
        (n_wide, LANES).
    ridge
        (LANES,).
    steps
        (n_wide, LANES): 1 / curvature along every factor; 0 where that is not above 0, and in lanes that stand still.
    couplings
        (n_blocks · 6, LANES): half the mixed second derivatives of the pairs `COUPLED` of each block.
    sums
        (BLOCK, LANES): Σ_j c_j v_jf e_j for the four factors of the block that comes next.
    largest
        (2, LANES): the largest change and the largest factor of the sweep so far.
    starts, present
        int64 and float32, (1, LANES): where each row starts among the numbers of all rows; 1 where a lane has a row.
    """

    x: FloatMatrix
    pull: FloatMatrix
    ridge: FloatVector
    steps: FloatMatrix
    couplings: FloatMatrix
    sums: FloatMatrix
    largest: FloatMatrix
    starts: NumberMatrix
    present: FloatMatrix


class LineOrder(NamedTuple):
    """Where factors go among lines: factor f to line first + apart · (f % 4) + blocks_apart · (f // 4)."""

    first: int
    apart: int
    blocks_apart: int


def add_products(lines, first, others, total):
    """total += Σ_j lines[first + j] · others[j], for lane arrays `lines` and `others` and one line `total`."""
    total += np.einsum("jl,jl->l", lines[first : first + len(others)], others)


def project(pairs, rows):
    """sums[i] = Σ_j lines[4 j + i] · residuals[j] for the first block of four factors."""
    rows.sums[:] = np.einsum("jil,jl->il", _block(0, pairs), pairs.residuals)


def couple(block, pairs, rows, panels):
    """Take a block of four factors into account, for sixteen rows at once.

    What x predicts by these factors is subtracted from the residuals. `steps` and `couplings` of the block are written.
    """
    factors = slice(BLOCK * block, BLOCK * block + BLOCK)
    lines = _block(block, pairs)
    pairs.residuals[:] -= np.einsum("jil,il->jl", lines, rows.x[factors])  # maths.md (8)
    curvature = np.einsum("jfl,jgl->fgl", lines, lines) + panels[block, factors, :, None]  # maths.md (7), (10)
    total = curvature[np.arange(BLOCK), np.arange(BLOCK)] + rows.ridge
    rows.steps[factors] = np.where(total > 0, 1 / np.where(total > 0, total, 1), 0)
    for index, (f, g) in enumerate(COUPLED):
        rows.couplings[len(COUPLED) * block + index] = curvature[f, g]


def descend(block, pairs, rows, panels, floor):
    """Minimise over the four factors of a block, one after the other, of sixteen rows at once: coordinate descent.

    The sums over the pairs are expected in `sums`, which is left with those of the next block, or of the first one
    after the last. largest[0] and largest[1] are raised to the largest change and the largest factor of each row.
    """
    after, x = (block + 1) % len(panels), rows.x  # whose sums are left behind
    slopes = rows.sums + rows.pull[BLOCK * block : BLOCK * block + BLOCK]  # maths.md (6)
    slopes -= np.einsum("gi,gl->il", panels[block], x)
    changes = np.zeros_like(slopes)
    for i in range(BLOCK):
        f = BLOCK * block + i
        for h in range(i):  # maths.md (11)
            slopes[i] -= changes[h] * rows.couplings[len(COUPLED) * block + COUPLED.index((h, i))]
        changes[i] = np.maximum(x[f] + (slopes[i] - rows.ridge * x[f]) * rows.steps[f], floor) - x[f]  # maths.md (5)
        x[f] += changes[i]
        rows.largest[0] = np.maximum(rows.largest[0], np.abs(changes[i]))
        rows.largest[1] = np.maximum(rows.largest[1], np.abs(x[f]))
    pairs.residuals[:] -= np.einsum("jil,il->jl", _block(block, pairs), changes)  # maths.md (8)
    rows.sums[:] = np.einsum("jil,jl->il", _block(after, pairs), pairs.residuals)


def _block(block, pairs):
    """Lines of a block: the four of the first pair, those of the second, …; float32, (n, BLOCK, LANES)."""
    n = len(pairs.residuals)
    return pairs.lines[BLOCK * n * block : BLOCK * n * (block + 1)].reshape(n, BLOCK, LANES)


def give_back_block(lines, first, starts, numbers):
    """numbers[starts[0, lane] + first + i] = lines[first + i, lane], for i = 0 … 3 and all lanes."""
    for i in range(first, first + BLOCK):
        numbers[starts[0] + i] = lines[i]


def lay_out_blocks(roots, starts, j, later, numbers, n_blocks, lines, order):
    """Write roots[j, lane] · numbers[starts[j, lane] + f], for the factors f of so many blocks, in a `LineOrder`.

    On the way, the memory is asked for the numbers that starts[later] need, a few at a time: all at once, they would
    keep the others waiting.
    """
    for f in range(BLOCK * n_blocks):
        line = order.first + order.apart * (f % BLOCK) + order.blocks_apart * (f // BLOCK)
        lines[line] = roots[j] * numbers[starts[j] + f]


def fetch_ahead(array, first, last):
    """Ask the memory for array[first:last], which is needed soon; there is nothing to compute."""


@register_jitable
def lay_out_lines(roots, starts, j, other, lines, order):
    """Write roots[j, lane] · row[f], for all factors f, to the lines of a `LineOrder`.

    The row of `other` is the one that begins at starts[j, lane] of all its numbers. Factors that a last block lacks are
    left as they are.
    """
    numbers, n_blocks = other.reshape(-1), other.shape[1] // BLOCK
    later = min(j + AHEAD, len(starts) - 1)  # the line whose factors are fetched meanwhile
    lay_out_blocks(roots, starts, j, later, numbers, n_blocks, lines, order)
    for f in range(BLOCK * n_blocks, other.shape[1]):
        line = order.first + order.blocks_apart * n_blocks + order.apart * (f % BLOCK)
        for lane in range(LANES):
            lines[line, lane] = roots[j, lane] * numbers[starts[j, lane] + f]


@register_jitable
def give_back_lines(lines, starts, n_rows, rows):
    """Row by row, numbers[starts[0, lane] + f] = lines[f, lane] for all factors f and so many lanes."""
    numbers = rows.reshape(-1)
    # Whole blocks write all lanes at once: a lane without a row would overwrite row 0, where it points.
    n_whole = rows.shape[1] // BLOCK * BLOCK if n_rows == LANES else 0
    for first in range(0, n_whole, BLOCK):
        give_back_block(lines, first, starts, numbers)
    for lane in range(n_rows):
        for f in range(n_whole, rows.shape[1]):
            numbers[starts[0, lane] + f] = lines[f, lane]


@overload(add_products)
def _add_products(lines, first, others, total):
    return lambda lines, first, others, total: lane_intrinsics.add_products(lines, first, others, total)


@overload(project, inline="always")
def _project(pairs, rows):
    return lambda pairs, rows: lane_intrinsics.project(pairs, rows)


@overload(couple, inline="always")
def _couple(block, pairs, rows, panels):
    return lambda block, pairs, rows, panels: lane_intrinsics.couple(block, pairs, rows, panels)


@overload(descend, inline="always")
def _descend(block, pairs, rows, panels, floor):
    return lambda block, pairs, rows, panels, floor: lane_intrinsics.descend(block, pairs, rows, panels, floor)


@overload(give_back_block)
def _give_back_block(lines, first, starts, numbers):
    return lambda lines, first, starts, numbers: lane_intrinsics.give_back_block(lines, first, starts, numbers)


@overload(fetch_ahead)
def _fetch_ahead(array, first, last):
    return lambda array, first, last: lane_intrinsics.fetch_ahead(array, first, last)


@overload(lay_out_blocks)
def _lay_out_blocks(roots, starts, j, later, numbers, n_blocks, lines, order):
    return lambda roots, starts, j, later, numbers, n_blocks, lines, order: lane_intrinsics.lay_out_blocks(
        roots, starts, j, later, numbers, n_blocks, lines, order
    )
