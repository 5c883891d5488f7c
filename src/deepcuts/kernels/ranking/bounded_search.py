"""The best items by products of factors, without looking at most of them.

Items lie in *tiles* of a few that are alike. The largest and the smallest value of every factor over a tile bound the
scores of its items; a tile whose bound stays below what is listed already is not looked at. Bounds and scores are
computed by the same multiplications and additions in the same order, all of which are monotone in floating point too:
no score is ever above its bound, and lists are exactly those of scoring everything.
"""

from __future__ import annotations

import numpy as np

from deepcuts.kernels.compiling import kernel
from deepcuts.kernels.ranking.selection import keep_best, pack, score_of, unpack
from deepcuts.kernels.ranking.tiles import N_BUCKETS, WIDTH, add_lines, choose_factors


@kernel(inline="always")
def bound_after_rarity(bound, multiplier_bounds, commonness_bounds, tile, weight, amount):
    """Bound the scores of a tile after rarity is taken into account, maths.md (22) with (19) and (20)."""
    multiplier = multiplier_bounds[0 if bound >= 0 else 1, tile]  # the largest m, the smallest 1 / m
    return bound * multiplier * weight - amount * commonness_bounds[1 if amount >= 0 else 0, tile]


@kernel(inline="always")
def bound_tiles(tiles, rarity, batch, first, last, buffers):
    """Bound the best score of every tile over some personas."""
    n_tiles = len(tiles.lines)
    buffers.bounds[:] = -np.inf
    for row in range(first, last):
        p, multiplier_row = row - first, batch.multiplier_rows[row]
        n = buffers.n_factors[p]
        if batch.persona_weights[row] == 0 or n == 0:
            continue
        for group in range(len(tiles.bounds)):
            # maths.md (22)
            add_lines(tiles.bounds[group], buffers.bound_factors[p, :n], buffers.multiples[p, :n], buffers.scores)
            for i in range(min(WIDTH, n_tiles - group * WIDTH)):
                tile = group * WIDTH + i
                after = bound_after_rarity(
                    buffers.scores[i],
                    rarity.multiplier_bounds[multiplier_row],
                    rarity.commonness_bounds,
                    tile,
                    batch.score_weights[row],
                    batch.amounts[row],
                )
                buffers.bounds[tile] = max(buffers.bounds[tile], after)


@kernel(inline="always")
def best_first(bounds, order, starts):
    """Put tiles roughly into falling order of their bounds, by counting how many fall into each of some buckets.

    `starts`, int64, (N_BUCKETS + 1,), is overwritten.
    """
    highest, lowest = bounds[0], bounds[0]
    for tile in range(len(bounds)):
        bound = bounds[tile]
        highest, lowest = max(highest, bound), min(lowest, bound)
    scale = np.float32(N_BUCKETS) / (highest - lowest) if highest > lowest else np.float32(0.0)
    starts[:] = 0
    for tile in range(len(bounds)):
        starts[bucket_of(bounds[tile], highest, scale) + 1] += 1
    for bucket in range(N_BUCKETS):
        starts[bucket + 1] += starts[bucket]
    for tile in range(len(bounds)):
        bucket = bucket_of(bounds[tile], highest, scale)
        order[starts[bucket]] = tile
        starts[bucket] += 1


@kernel(inline="always")
def bucket_of(bound, highest, scale):
    """Bucket of a bound: 0 holds the highest, the last one also what is not a number."""
    offset = (highest - bound) * scale
    return int(offset) if offset < np.float32(N_BUCKETS) else N_BUCKETS - 1


@kernel(inline="always")
def score_tile(tiles, rarity, batch, first, last, tile, buffers):
    """Write the best score of each item of a tile over some personas, and whose it is; −inf where it is exactly 0."""
    buffers.best[:] = -np.inf
    start = tile * WIDTH
    commonness = rarity.commonness[start : start + WIDTH]
    for row in range(first, last):
        p, weight, amount = row - first, batch.score_weights[row], batch.amounts[row]
        n = buffers.n_factors[p]
        if batch.persona_weights[row] == 0 or n == 0:
            continue
        multipliers = rarity.multipliers[batch.multiplier_rows[row], start : start + WIDTH]
        negative_multipliers = rarity.negative_multipliers[batch.multiplier_rows[row], start : start + WIDTH]
        add_lines(tiles.lines[tile], buffers.factors[p, :n], buffers.multiples[p, :n], buffers.scores)
        for i in range(WIDTH):
            score = buffers.scores[i]
            positive, negative = multipliers[i], negative_multipliers[i]  # both read: the loop then has no branches
            multiplier = positive if score >= 0 else negative
            after = score * multiplier * weight - amount * commonness[i]
            if score != np.float32(0.0) and after > buffers.best[i]:  # the first persona of equals
                buffers.best[i], buffers.best_personas[i] = after, p


@kernel()
def top_of_personas(tiles, rarity, batch, first, last, listable, buffers, top_scores, top_items):
    """Write the best items over some personas, best first, ties by index; return how many.

    Parameters
    ----------
    tiles, rarity, batch
        `Tiles`, `RarityTables` and `PersonaBatch`.
    first, last
        The rows of the personas that take part.
    listable
        bool, (n_items,): items that may be listed.
    buffers
        Overwritten; `buffers.personas` holds, for each of the items, which of the personas scores best: the first of
        equals.
    top_scores, top_items
        float32 and int32, (depth,): overwritten.
    """
    choose_factors(batch, first, last, buffers)
    bound_tiles(tiles, rarity, batch, first, last, buffers)
    n_tiles, depth, size = len(tiles.lines), len(top_items), 0
    if buffers.bounds[0] == -np.inf:  # nobody takes part
        return 0
    best_first(
        buffers.bounds[:n_tiles], buffers.order, buffers.starts
    )  # decides how many tiles are looked at, not what is found
    least = np.float32(-np.inf)  # what an entry must score to be among the best so far
    for place in range(n_tiles):
        tile = buffers.order[place]
        if buffers.bounds[tile] < least:  # no break: the order is rough
            continue
        score_tile(tiles, rarity, batch, first, last, tile, buffers)
        for i in range(WIDTH):
            score = buffers.best[i]
            if score > -np.inf and score >= least:  # equals as well: the lower item may win
                item = tiles.items[tile * WIDTH + i]
                if listable[item]:
                    buffers.personas[item] = buffers.best_personas[i]
                    buffers.entries[size] = pack(score, item)
                    size += 1
        # Cut to the best `depth` once as many again have come; a tile adds WIDTH at most, so the buffer suffices.
        if size > (2 * depth if least > -np.inf else depth):
            least = score_of(keep_best(buffers.entries[:size], depth))
            size = depth
    if size > depth:
        keep_best(buffers.entries[:size], depth)
        size = depth
    unpack(buffers.entries[:size], top_scores, top_items)
    return size
