"""The best items by products of factors, without looking at most of them.

Items lie in *tiles* of a few that are alike. The largest and the smallest value of every factor over a tile bound the
scores of its items; a tile whose bound stays below what is listed already is not looked at. Bounds and scores are
computed by the same multiplications and additions in the same order, all of which are monotone in floating point too:
no score is ever above its bound, and lists are exactly those of scoring everything.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from deepcuts.kernels.ranking.selection import keep_best, pack, score_of, unpack
from deepcuts.kernels.ranking.tiles import WIDTH, add_lines, choose_factors

_BUCKETS = 128


@njit(cache=True, nogil=True)
def turn_bound(bound, multiplier_bounds, commonness_bounds, tile, weight, amount):
    """Bound the scores of a tile after the dial."""
    multiplier = multiplier_bounds[0 if bound >= 0 else 1, tile]
    return bound * multiplier * weight - amount * commonness_bounds[1 if amount >= 0 else 0, tile]


@njit(cache=True, nogil=True)
def bound_tiles(tiles, dial, voices, first, last, desk):
    """Bound the best score of every tile over some personas."""
    n_tiles = len(tiles.lines)
    desk.bounds[:] = -np.inf
    for row in range(first, last):
        p, kind = row - first, voices.kinds[row]
        n = desk.n_factors[p]
        if voices.turns[row] == 0 or n == 0:
            continue
        for group in range(len(tiles.bounds)):
            add_lines(tiles.bounds[group], desk.bound_factors[p, :n], desk.multiples[p, :n], desk.scores)
            for i in range(min(WIDTH, n_tiles - group * WIDTH)):
                tile = group * WIDTH + i
                turned = turn_bound(
                    desk.scores[i],
                    dial.multiplier_bounds[kind],
                    dial.commonness_bounds,
                    tile,
                    voices.weights[row],
                    voices.amounts[row],
                )
                desk.bounds[tile] = max(desk.bounds[tile], turned)


@njit(cache=True, nogil=True)
def best_first(bounds, order):
    """Put tiles roughly into falling order of their bounds, by counting how many fall into each of some buckets."""
    highest, lowest = bounds[0], bounds[0]
    for bound in bounds:
        highest, lowest = max(highest, bound), min(lowest, bound)
    scale = np.float32(_BUCKETS) / (highest - lowest) if highest > lowest else np.float32(0.0)
    starts = np.zeros(_BUCKETS + 1, np.int64)
    for bound in bounds:
        starts[bucket_of(bound, highest, scale) + 1] += 1
    for bucket in range(_BUCKETS):
        starts[bucket + 1] += starts[bucket]
    for tile in range(len(bounds)):
        bucket = bucket_of(bounds[tile], highest, scale)
        order[starts[bucket]] = tile
        starts[bucket] += 1


@njit(cache=True, nogil=True)
def bucket_of(bound, highest, scale):
    """Bucket of a bound: 0 holds the highest, the last one also what is not a number."""
    place = (highest - bound) * scale
    return int(place) if place < np.float32(_BUCKETS) else _BUCKETS - 1


@njit(cache=True, nogil=True)
def score_tile(tiles, dial, voices, first, last, tile, desk):
    """Write the best score of each item of a tile over some personas, and whose it is; −inf where it is exactly 0."""
    desk.best[:] = -np.inf
    start = tile * WIDTH
    commonness = dial.commonness[start : start + WIDTH]
    for row in range(first, last):
        p, weight, amount = row - first, voices.weights[row], voices.amounts[row]
        n = desk.n_factors[p]
        if voices.turns[row] == 0 or n == 0:
            continue
        multipliers = dial.multipliers[voices.kinds[row], start : start + WIDTH]
        add_lines(tiles.lines[tile], desk.factors[p, :n], desk.multiples[p, :n], desk.scores)
        for i in range(WIDTH):
            score = desk.scores[i]
            turned = score * multipliers[i] * weight - amount * commonness[i]
            if score != np.float32(0.0) and turned > desk.best[i]:
                desk.best[i], desk.best_personas[i] = turned, p


@njit(cache=True, nogil=True)
def top_of_personas(tiles, dial, voices, first, last, listable, desk, top_scores, top_items):
    """Write the best items over some personas, best first, ties by index; return how many.

    Parameters
    ----------
    tiles, dial, voices
        Items, what is done to scores, and personas.
    first, last
        The rows of the personas that take part.
    listable
        bool, (n_items,): items that may be listed.
    desk
        Overwritten; `desk.personas` holds, for each of the items, which of the personas scores best: the first of
        equals.
    top_scores, top_items
        float32 and int32, (depth,): overwritten.
    """
    choose_factors(voices, first, last, desk)
    bound_tiles(tiles, dial, voices, first, last, desk)
    n_tiles, depth, size = len(tiles.lines), len(top_items), 0
    if desk.bounds[0] == -np.inf:  # nobody takes part
        return 0
    best_first(desk.bounds[:n_tiles], desk.order)
    least = np.float32(-np.inf)  # what an entry must score to be among the best so far
    for tile in desk.order[:n_tiles]:
        if desk.bounds[tile] < least:
            continue
        score_tile(tiles, dial, voices, first, last, tile, desk)
        for i in range(WIDTH):
            score = desk.best[i]
            if score > -np.inf and score >= least:
                item = tiles.items[tile * WIDTH + i]
                if listable[item]:
                    desk.personas[item] = desk.best_personas[i]
                    desk.entries[size] = pack(score, item)
                    size += 1
        if size > (2 * depth if least > -np.inf else depth):
            least = score_of(keep_best(desk.entries[:size], depth))
            size = depth
    if size > depth:
        keep_best(desk.entries[:size], depth)
        size = depth
    unpack(desk.entries[:size], top_scores, top_items)
    return size
