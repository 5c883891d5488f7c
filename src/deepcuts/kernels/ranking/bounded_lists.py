"""Lists of users whose scores are products of factors."""

from __future__ import annotations

import numpy as np

from deepcuts.kernels.compiling import kernel
from deepcuts.kernels.ranking.bounded_search import top_of_personas
from deepcuts.kernels.ranking.interleaving import NOTHING, best_persona, interleave
from deepcuts.kernels.ranking.tiles import WIDTH, choose_factors, search_buffers

_UNKNOWN = np.int8(-1)  # the persona of an item that the base brought up, before it is looked for


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
    sizes, listed = np.empty(most, np.int64), np.zeros(len(allowed), np.bool_)
    buffers = search_buffers(tiles, most, depth)
    for u in range(len(batch.indptr) - 1):
        first, last = batch.indptr[u], batch.indptr[u + 1]
        # Hidden now and shown again below: a copy for every user would be as long as the catalogue.
        hide(seen_items[seen_indptr[u] : seen_indptr[u + 1]], listable)
        for p in range(last - first):
            row, sizes[p] = first + p, 0
            labels[p] = p if row < last - batch.n_base else _UNKNOWN
            if batch.persona_weights[row] > 0:
                sizes[p] = top_of_personas(
                    tiles, rarity, batch, row, row + 1, listable, buffers, top_scores[p], top_items[p]
                )
        show(seen_items[seen_indptr[u] : seen_indptr[u + 1]], allowed, listable)
        own, weights = (list_items[u], list_scores[u], list_personas[u]), batch.persona_weights[first:last]
        n_listed = interleave(top_scores, top_items, labels, sizes, weights, listed, *own)
        for p in range(last - first - batch.n_base, last - first):
            # Only what is listed: of most items of the base, another voice has brought them up, or they have no place.
            choose_factors(batch, first, first + p, buffers)
            n_kept = put_under_personas(tiles, rarity, batch, first, buffers, before_dial[:p], *own, n_listed)
            if n_kept < n_listed:  # an item that no persona has a score for: it is left out, and others move up
                base = top_items[p], top_scores[p], labels[p], sizes[p]
                sizes[p] = put_under_personas(tiles, rarity, batch, first, buffers, before_dial[:p], *base)
                interleave(top_scores, top_items, labels, sizes, weights, listed, *own)


@kernel()
def put_under_personas(tiles, rarity, batch, first, buffers, before_dial, items, scores, labels, size):
    """Do what the function of this name in `deepcuts.kernels.ranking.dense_lists` does, for rows from `first` on.

    Items whose persona is known already stay as they are. `buffers` hold the factors of the personas; `before_dial`,
    float32, (n_personas,), is overwritten.
    """
    kept = 0
    for rank in range(size):
        item, score, persona = items[rank], scores[rank], np.int64(labels[rank])
        if persona == _UNKNOWN:
            position = tiles.positions[item]
            for p in range(len(before_dial)):
                n = buffers.n_factors[p]
                before_dial[p] = score_at(tiles, buffers.factors[p, :n], buffers.multiples[p, :n], position)
            persona = best_persona(before_dial)
            if persona < 0:
                continue
            score = after_dial(rarity, batch, first + persona, position, before_dial[persona])
        items[kept], scores[kept], labels[kept] = item, score, persona
        kept += 1
    return kept


@kernel()
def after_dial(rarity, batch, row, position, score):
    """Score of the item at a position by a row after the dial, worked out in the order of `score_tile`."""
    multipliers = rarity.multipliers if score >= 0 else rarity.negative_multipliers
    multiplier = multipliers[batch.multiplier_rows[row], position]
    return score * multiplier * batch.score_weights[row] - batch.amounts[row] * rarity.commonness[position]


@kernel()
def score_at(tiles, chosen, multiples, position):
    """Score of the item at a position, added up in the order in which `add_lines` does it."""
    tile, slot, score = position // WIDTH, position % WIDTH, np.float32(0.0)
    for j in range(len(chosen)):
        score += multiples[j] * tiles.lines[tile, chosen[j], slot]
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
