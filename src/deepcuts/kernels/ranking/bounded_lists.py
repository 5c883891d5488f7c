"""Lists of users whose scores are products of factors."""

from __future__ import annotations

import numpy as np

from deepcuts.kernels.arrays import scratch
from deepcuts.kernels.compiling import kernel, kernel_entry
from deepcuts.kernels.ranking.bounded_search import top_of_personas
from deepcuts.kernels.ranking.interleaving import NOTHING, best_persona, interleave, voices_of
from deepcuts.kernels.ranking.tiles import WIDTH, choose_factors, search_buffers

_UNKNOWN = np.int8(-1)  # the persona of an item that the base brought up, before it is looked for


@kernel_entry
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
    most, depth = int(np.diff(batch.indptr).max(initial=1)), list_items.shape[1]
    work = voices_of(most, depth, len(allowed)), search_buffers(tiles, most, depth), scratch(most), allowed.copy()
    lists = list_items, list_scores, list_personas
    write_lists_by_share(tiles, rarity, batch, seen_indptr, seen_items, allowed, *lists, *work)


@kernel()
def write_lists_by_share(
    tiles, rarity, batch, seen_indptr, seen_items, allowed, list_items, list_scores, list_personas, voices, buffers,
    before_dial, listable,
):  # fmt: skip
    """Do what `lists_by_share` does, with work arrays; `listable` is as `allowed` before and after."""
    for u in range(len(batch.indptr) - 1):
        first, last = batch.indptr[u], batch.indptr[u + 1]
        # Hidden now and shown again below: a copy for every user would be as long as the catalogue.
        hide(seen_items[seen_indptr[u] : seen_indptr[u + 1]], listable)
        for p in range(last - first):
            row, voices.sizes[p] = first + p, 0
            voices.labels[p] = p if row < last - batch.n_base else _UNKNOWN
            if batch.persona_weights[row] > 0:
                voices.sizes[p] = top_of_personas(
                    tiles, rarity, batch, row, row + 1, listable, buffers, voices.scores[p], voices.items[p]
                )
        show(seen_items[seen_indptr[u] : seen_indptr[u + 1]], allowed, listable)
        weights = batch.persona_weights[first:last]
        n_listed = interleave(voices, weights, list_items[u], list_scores[u], list_personas[u])
        for p in range(last - first - batch.n_base, last - first):
            # Only what is listed: of most items of the base, another voice has brought them up, or they have no place.
            choose_factors(batch, first, first + p, buffers)
            own = list_items[u], list_scores[u], list_personas[u], n_listed
            n_kept = put_under_personas(tiles, rarity, batch, first, buffers, before_dial[:p], *own)
            if n_kept < n_listed:  # an item that no persona has a score for: it is left out, and others move up
                base = voices.items[p], voices.scores[p], voices.labels[p], voices.sizes[p]
                voices.sizes[p] = put_under_personas(tiles, rarity, batch, first, buffers, before_dial[:p], *base)
                interleave(voices, weights, list_items[u], list_scores[u], list_personas[u])


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


@kernel(inline="always")
def after_dial(rarity, batch, row, position, score):
    """Score of the item at a position by a row after the dial, worked out in the order of `score_tile`."""
    multipliers = rarity.multipliers if score >= 0 else rarity.negative_multipliers
    multiplier = multipliers[batch.multiplier_rows[row], position]
    return score * multiplier * batch.score_weights[row] - batch.amounts[row] * rarity.commonness[position]


@kernel(inline="always")
def score_at(tiles, chosen, multiples, position):
    """Score of the item at a position, added up in the order in which `add_lines` does it."""
    tile, slot, score = position // WIDTH, position % WIDTH, np.float32(0.0)
    for j in range(len(chosen)):
        score += multiples[j] * tiles.lines[tile, chosen[j], slot]
    return score


@kernel_entry
def lists_by_max(tiles, rarity, batch, seen_indptr, seen_items, allowed, list_items, list_scores, list_personas):
    """Rank the items of every user by the best of their personas' scores; the parameters are as in `lists_by_share`."""
    most, depth = int(np.diff(batch.indptr).max(initial=1)), list_items.shape[1]
    lists = list_items, list_scores, list_personas
    work = search_buffers(tiles, most, depth), allowed.copy()
    write_lists_by_max(tiles, rarity, batch, seen_indptr, seen_items, allowed, *lists, *work)


@kernel()
def write_lists_by_max(
    tiles, rarity, batch, seen_indptr, seen_items, allowed, list_items, list_scores, list_personas, buffers, listable
):
    """Do what `lists_by_max` does, with work arrays; `listable` is as `allowed` before and after."""
    for u in range(len(batch.indptr) - 1):
        first, last = batch.indptr[u], batch.indptr[u + 1]
        hide(seen_items[seen_indptr[u] : seen_indptr[u + 1]], listable)
        size = top_of_personas(tiles, rarity, batch, first, last, listable, buffers, list_scores[u], list_items[u])
        show(seen_items[seen_indptr[u] : seen_indptr[u + 1]], allowed, listable)
        list_items[u, size:] = NOTHING
        for rank in range(size):
            list_personas[u, rank] = buffers.personas[list_items[u, rank]]


@kernel(inline="always")
def hide(items, listable):
    """Take some items out of those that may be listed."""
    for place in range(len(items)):
        listable[items[place]] = False


@kernel(inline="always")
def show(items, allowed, listable):
    """Undo `hide`."""
    for place in range(len(items)):
        listable[items[place]] = allowed[items[place]]
