"""Lists of users whose scores are products of factors."""

from __future__ import annotations

import numpy as np

from deepcuts.kernels.compiling import kernel
from deepcuts.kernels.ranking.bounded_search import top_of_personas
from deepcuts.kernels.ranking.dense_lists import NOTHING, best_persona, interleave
from deepcuts.kernels.ranking.tiles import WIDTH, search_buffers


@kernel()
def lists_by_share(tiles, rarity, batch, seen_indptr, seen_items, allowed, list_items, list_scores, list_personas):
    """Let each persona rank on its own, and the base, and interleave them by their weights, maths.md (18).

    Parameters
    ----------
    tiles, rarity, batch
        `Tiles`, `RarityTables` and `PersonaBatch` of `deepcuts.kernels.ranking.tiles`.
    seen_indptr, seen_items
        int64, (n_users + 1,) and int32: items of each user to leave out.
    allowed
        bool, (n_items,): items that may be listed.
    list_items, list_scores, list_personas
        int32, float32 and int8, (n_users, k): overwritten; ranks left empty hold -1 in `list_items`.
    """
    most, depth, listable = most_rows(batch.indptr), list_items.shape[1], allowed.copy()
    top_scores, top_items = np.empty((most, depth), np.float32), np.empty((most, depth), np.int32)
    labels, before_dial = np.empty((most, depth), np.int8), np.empty(most, np.float32)
    sizes, listed, buffers = np.empty(most, np.int64), np.zeros(len(allowed), np.bool_), search_buffers(tiles, 1, depth)
    for u in range(len(batch.indptr) - 1):
        first, last = batch.indptr[u], batch.indptr[u + 1]
        # Hidden now and shown again below: a copy for every user would be as long as the catalogue.
        hide(seen_items[seen_indptr[u] : seen_indptr[u + 1]], listable)
        for p in range(last - first):
            row, sizes[p], labels[p] = first + p, 0, p
            if batch.persona_weights[row] > 0:
                sizes[p] = top_of_personas(
                    tiles, rarity, batch, row, row + 1, listable, buffers, top_scores[p], top_items[p]
                )
        show(seen_items[seen_indptr[u] : seen_indptr[u + 1]], allowed, listable)
        for p in range(last - first - batch.n_base, last - first):
            base = top_scores[p], top_items[p], labels[p], sizes[p]
            sizes[p] = put_under_personas(tiles, rarity, batch, first, before_dial[:p], *base)
        list_items[u] = NOTHING
        own = list_items[u], list_scores[u], list_personas[u]
        interleave(top_scores, top_items, labels, sizes, batch.persona_weights[first:last], listed, *own)


@kernel()
def put_under_personas(tiles, rarity, batch, first, before_dial, top_scores, top_items, labels, size):
    """Do what the function of this name in `deepcuts.kernels.ranking.dense_lists` does, for rows from `first` on.

    `before_dial`, float32, (n_personas,), is overwritten.
    """
    kept = 0
    for rank in range(size):
        item = top_items[rank]
        position = tiles.positions[item]
        for p in range(len(before_dial)):
            before_dial[p] = score_at(tiles, batch.factors[first + p], position)
        persona = best_persona(before_dial)
        if persona >= 0:
            row = first + persona
            score, multipliers = before_dial[persona], batch.multiplier_rows[row]
            multiplier = (rarity.multipliers if score >= 0 else rarity.negative_multipliers)[multipliers, position]
            after = score * multiplier * batch.score_weights[row] - batch.amounts[row] * rarity.commonness[position]
            top_items[kept], top_scores[kept], labels[kept] = item, after, persona
            kept += 1
    return kept


@kernel()
def score_at(tiles, factors, position):
    """Score of the item at a position, added up in the order in which `add_lines` does it."""
    tile, slot, score = position // WIDTH, position % WIDTH, np.float32(0.0)
    for f in range(len(factors)):
        if factors[f] != np.float32(0.0):
            score += factors[f] * tiles.lines[tile, f, slot]
    return score


@kernel()
def lists_by_max(tiles, rarity, batch, seen_indptr, seen_items, allowed, list_items, list_scores, list_personas):
    """Rank the items of every user by the best of their personas' scores; the parameters are as in `lists_by_share`."""
    listable, buffers = allowed.copy(), search_buffers(tiles, most_rows(batch.indptr), list_items.shape[1])
    for u in range(len(batch.indptr) - 1):
        first, last = batch.indptr[u], batch.indptr[u + 1]
        hide(seen_items[seen_indptr[u] : seen_indptr[u + 1]], listable)
        size = top_of_personas(tiles, rarity, batch, first, last, listable, buffers, list_scores[u], list_items[u])
        show(seen_items[seen_indptr[u] : seen_indptr[u + 1]], allowed, listable)
        list_items[u, size:] = NOTHING
        for rank in range(size):
            list_personas[u, rank] = buffers.personas[list_items[u, rank]]


@kernel()
def hide(items, listable):
    """Take some items out of those that may be listed."""
    for item in items:
        listable[item] = False


@kernel()
def show(items, allowed, listable):
    """Undo `hide`."""
    for item in items:
        listable[item] = allowed[item]


@kernel()
def most_rows(indptr):
    """Return the number of personas of the user who has the most, at least 1."""
    most = 1
    for u in range(len(indptr) - 1):
        most = max(most, indptr[u + 1] - indptr[u])
    return most
