"""What the search for the best items works on: items in tiles, rarity, personas, and work arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from deepcuts.array_types import (
    AnyArray,
    CountVector,
    FloatMatrix,
    FloatVector,
    IndexVector,
    Indices,
    Indptr,
    NumberMatrix,
    NumberVector,
    PersonaVector,
)
from deepcuts.kernels.arrays import scratch
from deepcuts.kernels.compiling import kernel

WIDTH = 64  # items in a tile, and tiles in a group
N_BUCKETS = 128  # by which tiles are put into falling order of their bounds


class Tiles(NamedTuple):
    """Items, laid out by tile and factor.

    Parameters
    ----------
    lines
        float32, (n_tiles, n_factors, WIDTH): factors of the items of each tile; 0 behind the last item.
    bounds
        float32, (n_groups, 2 · n_factors, WIDTH): for each tile of a group, the largest value of every factor, then the
        smallest.
    items
        int32, (n_tiles · WIDTH,): which item lies where.
    positions
        int32, (n_items,): where each item lies.
    """

    lines: AnyArray
    bounds: AnyArray
    items: Indices
    positions: Indices


class RarityTables(NamedTuple):
    """What rarity does to scores, maths.md (19) and (20): score · multiplier · score_weight − amount · commonness.

    Scores below 0 take the negative multiplier.

    The terms come from `deepcuts.recommendation.rarity`, as those of `deepcuts.recommendation.scored` do.

    Parameters
    ----------
    multipliers
        float32, (n_strengths, n_tiles · WIDTH), above 0: for each strength, a factor on the score of every item.
    negative_multipliers
        The same for scores below 0.
    multiplier_bounds
        float32, (n_strengths, 2, n_tiles): the largest multiplier of each tile, and its smallest negative one.
    commonness
        float32, (n_tiles · WIDTH,).
    commonness_bounds
        float32, (2, n_tiles): the largest and the smallest of each tile.
    """

    multipliers: FloatMatrix
    negative_multipliers: FloatMatrix
    multiplier_bounds: AnyArray
    commonness: FloatVector
    commonness_bounds: FloatMatrix


class PersonaBatch(NamedTuple):
    """The personas of some users, or their personas and the base vector, and how their scores count.

    Parameters
    ----------
    factors
        float32, (n_rows, n_factors).
    indptr
        int64, (n_users + 1,): the personas of user u are the rows ``indptr[u]:indptr[u + 1]``.
    persona_weights
        float32, (n_rows,): share of each persona in a list, up to a factor; 0 mutes it.
    score_weights
        float32, (n_rows,), above 0: factor on the scores.
    amounts
        float32, (n_rows,): how much of the commonness is taken off the scores.
    multiplier_rows
        int32, (n_rows,): which row of the multipliers applies.
    n_base
        0 where all rows are personas; 1 where the last one of each user is the base.
    """

    factors: FloatMatrix
    indptr: Indptr
    persona_weights: FloatVector
    score_weights: FloatVector
    amounts: FloatVector
    multiplier_rows: Indices
    n_base: int = 0


class SearchBuffers(NamedTuple):
    """Work arrays, made by `search_buffers`.

    Parameters
    ----------
    bounds, order, starts
        Bound of every tile, in which order to look at them, and where each of the buckets begins that order them.
    scores, best, best_personas
        Of the items of one tile: scores of one persona, the best score over personas, and whose it is.
    personas
        int8, (n_items or more,): whose score the best one of an item was, where it was looked at.
    factors, bound_factors, multiples, n_factors
        Factors of each persona that are not 0: which lines of a tile and of its bounds they take, their values, and how
        many they are.
    entries
        Packed entries that are among the best so far; see `deepcuts.kernels.ranking.selection`.
    """

    bounds: FloatVector
    order: IndexVector
    starts: IndexVector
    scores: FloatVector
    best: FloatVector
    best_personas: PersonaVector
    personas: PersonaVector
    factors: NumberMatrix
    bound_factors: NumberMatrix
    multiples: FloatMatrix
    n_factors: CountVector
    entries: NumberVector


def search_buffers(tiles, most_personas, depth):
    """Make work arrays for lists of at most so many items by at most so many personas of a user."""
    n_groups, n_factors = len(tiles.bounds), tiles.lines.shape[1]
    return SearchBuffers(
        scratch(n_groups * WIDTH),
        scratch(n_groups * WIDTH, dtype=np.int64),
        scratch(N_BUCKETS + 1, dtype=np.int64),
        scratch(WIDTH),
        scratch(WIDTH),
        scratch(WIDTH, dtype=np.int8),
        scratch(len(tiles.items), dtype=np.int8),
        scratch(most_personas, n_factors, dtype=np.int64),
        scratch(most_personas, n_factors, dtype=np.int64),
        scratch(most_personas, n_factors),
        scratch(most_personas, dtype=np.int64),
        scratch(2 * depth + WIDTH, dtype=np.uint64),  # see `top_of_personas`
    )


@kernel()
def add_lines(lines, chosen, multiples, sums):
    """Write Σ_j multiples[j] · lines[chosen[j]] into `sums`, added up in the order of j and with no fused steps."""
    sums[:] = np.float32(0.0)
    n_fours = len(chosen) // 4 * 4  # four lines in one pass read and write `sums` a quarter as often
    for j in range(0, n_fours, 4):
        a, b, c, d = multiples[j], multiples[j + 1], multiples[j + 2], multiples[j + 3]
        line_a, line_b, line_c, line_d = (
            lines[chosen[j]],
            lines[chosen[j + 1]],
            lines[chosen[j + 2]],
            lines[chosen[j + 3]],
        )
        for i in range(WIDTH):
            # Brackets in the order of j: bounds and scores must round alike, or a bound could be too low.
            sums[i] = (((sums[i] + a * line_a[i]) + b * line_b[i]) + c * line_c[i]) + d * line_d[i]
    for j in range(n_fours, len(chosen)):
        a, line_a = multiples[j], lines[chosen[j]]
        for i in range(WIDTH):
            sums[i] = sums[i] + a * line_a[i]


@kernel()
def choose_factors(batch, first, last, buffers):
    """Note the factors of some personas that are not 0, and the bounds that go with their signs."""
    n_factors = batch.factors.shape[1]
    for row in range(first, last):
        p, n = row - first, 0
        for f in range(n_factors):
            value = batch.factors[row, f]
            if value != np.float32(0.0):
                buffers.factors[p, n], buffers.multiples[p, n] = f, value
                buffers.bound_factors[p, n] = f if value > 0 else n_factors + f
                n += 1
        buffers.n_factors[p] = n
