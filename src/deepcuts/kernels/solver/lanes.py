"""Arithmetic on sixteen rows in lockstep, each in its own lane of a vector register.

A *lane array* is float32, (n, LANES): its lines are vectors, and nothing here ever mixes lanes. Numba turns loops over
lanes into scalar code, so the inner loops of the solver are spelt out in LLVM's vector instructions (`lane_code`).
The plain Python definitions here say what they compute, and run where the JIT is off.
"""

from __future__ import annotations

import numpy as np
from numba.extending import overload, register_jitable

from deepcuts.kernels.solver import lane_intrinsics as lane_code
from deepcuts.kernels.solver.lane_intrinsics import COUPLED
from deepcuts.kernels.solver.llvm_vectors import BLOCK, LANES

AHEAD = 2  # lines of pairs: by then, their factors are at hand


def add_products(lines, first, others, total):
    """total += Σ_j lines[first + j] · others[j], for lane arrays `lines` and `others` and one line `total`."""
    total += np.einsum("jl,jl->l", lines[first : first + len(others)], others)


def project(lines, residuals, sums):
    """sums[i] = Σ_j lines[4 j + i] · residuals[j] for the first block of four factors."""
    sums[:] = np.einsum("jil,jl->il", _block(0, lines, residuals), residuals)


def couple(block, lines, x, shared, ridge, residuals, steps, couplings):
    """Take a block of four factors into account, for sixteen rows x at once.

    What x predicts by these factors is subtracted from the residuals. Half the second derivatives along them are
    Σ_j lines_f[j] · lines_g[j] + S_fg, plus the ridge where f = g: steps[f] = 1 / that of f alone, or 0 where it is
    not above 0, and couplings has those of each two of them.
    """
    factors = slice(BLOCK * block, BLOCK * block + BLOCK)
    pairs = _block(block, lines, residuals)
    residuals -= np.einsum("jil,il->jl", pairs, x[factors])
    curvature = np.einsum("jfl,jgl->fgl", pairs, pairs) + shared[block, factors, :, None]
    total = curvature[np.arange(BLOCK), np.arange(BLOCK)] + ridge
    steps[factors] = np.where(total > 0, 1 / np.where(total > 0, total, 1), 0)
    for place, (f, g) in enumerate(COUPLED):
        couplings[len(COUPLED) * block + place] = curvature[f, g]


def descend(block, lines, residuals, shared, couplings, ridge, pull, floor, steps, x, sums, largest):
    """Minimise over the four factors of a block, one after the other, of sixteen rows x at once: coordinate descent.

    Minus half the derivative along x[f] is Σ_j lines_f[j] · residuals[j] + pull[f] − Σ_g S_fg x[g] − ridge x[f]. The
    first sum is expected in `sums`, which is left with those of the next block, or of the first one after the last.
    largest[0] and largest[1] are raised to the largest change and the largest factor of each row.
    """
    after = (block + 1) % len(shared)
    slopes = sums + pull[BLOCK * block : BLOCK * block + BLOCK] - np.einsum("gi,gl->il", shared[block], x)
    changes = np.zeros_like(slopes)
    for i in range(BLOCK):
        f = BLOCK * block + i
        for h in range(i):
            slopes[i] -= changes[h] * couplings[len(COUPLED) * block + COUPLED.index((h, i))]
        changes[i] = np.maximum(x[f] + (slopes[i] - ridge * x[f]) * steps[f], floor) - x[f]
        x[f] += changes[i]
        largest[0] = np.maximum(largest[0], np.abs(changes[i]))
        largest[1] = np.maximum(largest[1], np.abs(x[f]))
    residuals -= np.einsum("jil,il->jl", _block(block, lines, residuals), changes)
    sums[:] = np.einsum("jil,jl->il", _block(after, lines, residuals), residuals)


def _block(block, lines, residuals):
    """Lines of a block: the four of the first pair, those of the second, …; float32, (n, BLOCK, LANES)."""
    n = len(residuals)
    return lines[BLOCK * n * block : BLOCK * n * (block + 1)].reshape(n, BLOCK, LANES)


def give_back_block(lines, first, starts, numbers):
    """numbers[starts[0, lane] + first + i] = lines[first + i, lane], for i = 0 … 3 and all lanes."""
    for i in range(first, first + BLOCK):
        numbers[starts[0] + i] = lines[i]


def lay_out_blocks(roots, starts, j, later, numbers, n_blocks, lines, line, apart, blocks_apart):
    """lines[line + apart · i + blocks_apart · b, lane] = roots[j, lane] · numbers[starts[j, lane] + 4 b + i].

    For i = 0 … 3 and b = 0 … n_blocks − 1. On the way, the memory is asked for the numbers that starts[later] need, a
    few at a time: all at once, they would keep the others waiting.
    """
    for b in range(n_blocks):
        for i in range(BLOCK):
            lines[line + apart * i + blocks_apart * b] = roots[j] * numbers[starts[j] + BLOCK * b + i]


def fetch_ahead(array, first, last):
    """Ask the memory for array[first:last], which is needed soon; there is nothing to compute."""


@register_jitable
def lay_out_lines(roots, starts, other, lines, j, line, apart, blocks_apart):
    """lines[line + apart · (f % 4) + blocks_apart · (f // 4), lane] = roots[j, lane] · row[f], for all factors f.

    The row of `other` is the one that begins at starts[j, lane] of all its numbers. Factors that a last block lacks are
    left as they are.
    """
    numbers, n_blocks = other.reshape(-1), other.shape[1] // BLOCK
    later = min(j + AHEAD, len(starts) - 1)
    lay_out_blocks(roots, starts, j, later, numbers, n_blocks, lines, line, apart, blocks_apart)
    for f in range(BLOCK * n_blocks, other.shape[1]):
        place = line + blocks_apart * n_blocks + apart * (f % BLOCK)
        for lane in range(LANES):
            lines[place, lane] = roots[j, lane] * numbers[starts[j, lane] + f]


@register_jitable
def give_back_lines(lines, starts, n_rows, rows):
    """Row by row, numbers[starts[0, lane] + f] = lines[f, lane] for all factors f and so many lanes."""
    numbers = rows.reshape(-1)
    n_whole = rows.shape[1] // BLOCK * BLOCK if n_rows == LANES else 0
    for first in range(0, n_whole, BLOCK):
        give_back_block(lines, first, starts, numbers)
    for lane in range(n_rows):
        for f in range(n_whole, rows.shape[1]):
            numbers[starts[0, lane] + f] = lines[f, lane]


@overload(add_products)
def _add_products(lines, first, others, total):
    return lambda lines, first, others, total: lane_code.products(lines, first, others, total)


@overload(project)
def _project(lines, residuals, sums):
    return lambda lines, residuals, sums: lane_code.projected(lines, residuals, sums)


@overload(couple)
def _couple(block, lines, x, shared, ridge, residuals, steps, couplings):
    return lambda block, lines, x, shared, ridge, residuals, steps, couplings: lane_code.coupled(
        block, lines, x, shared, ridge, residuals, steps, couplings
    )


@overload(descend)
def _descend(block, lines, residuals, shared, couplings, ridge, pull, floor, steps, x, sums, largest):
    return lambda block, lines, residuals, shared, couplings, ridge, pull, floor, steps, x, sums, largest: (
        lane_code.step(block, lines, residuals, shared, couplings, ridge, pull, floor, steps, x, sums, largest)
    )


@overload(give_back_block)
def _give_back_block(lines, first, starts, numbers):
    return lambda lines, first, starts, numbers: lane_code.scattered(lines, first, starts, numbers)


@overload(fetch_ahead)
def _fetch_ahead(array, first, last):
    return lambda array, first, last: lane_code.prefetch(array, first, last)


@overload(lay_out_blocks)
def _lay_out_blocks(roots, starts, j, later, numbers, n_blocks, lines, line, apart, blocks_apart):
    return lambda roots, starts, j, later, numbers, n_blocks, lines, line, apart, blocks_apart: lane_code.transposed(
        roots, starts, j, later, numbers, n_blocks, lines, line, apart, blocks_apart
    )
