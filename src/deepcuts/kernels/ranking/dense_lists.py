"""The best items of score rows, and the lists that several rows make together."""

from __future__ import annotations

import numpy as np

from deepcuts.kernels.arrays import scratch
from deepcuts.kernels.compiling import kernel, kernel_entry
from deepcuts.kernels.ranking.interleaving import NOTHING, best_persona, interleave, voices_of
from deepcuts.kernels.threads import over_ranges


@kernel()
def comes_after(score, item, other_score, other_item):
    """Whether an entry ranks below another: a lower score, or the same and a higher index."""
    return score < other_score or (score == other_score and item > other_item)


@kernel()
def sift_down(scores, items, position, size):
    """Restore a heap whose root is its last-ranked entry, after the entry at `position` has changed."""
    score, item = scores[position], items[position]
    while True:
        child = 2 * position + 1
        if child >= size:
            break
        if child + 1 < size and comes_after(scores[child + 1], items[child + 1], scores[child], items[child]):
            child += 1
        if not comes_after(scores[child], items[child], score, item):
            break
        scores[position], items[position] = scores[child], items[child]
        position = child
    scores[position], items[position] = score, item


@kernel()
def top_of_row(row, top_scores, top_items):
    """Write the best entries of a row, best first, ties by index; NaN and −inf never enter. Return how many."""
    depth, size = len(top_items), 0
    for item in range(len(row)):
        score = row[item]
        if size < depth:
            if score > -np.inf:
                top_scores[size], top_items[size] = score, item
                size += 1
                if size == depth:  # full: a heap from now on, whose root is the last-ranked
                    for position in range(depth // 2 - 1, -1, -1):
                        sift_down(top_scores, top_items, position, depth)
        elif score > top_scores[0]:  # of equals the lower item is in already
            top_scores[0], top_items[0] = score, item
            sift_down(top_scores, top_items, 0, depth)
    if size < depth:
        for position in range(size // 2 - 1, -1, -1):
            sift_down(top_scores, top_items, position, size)
    for end in range(size - 1, 0, -1):  # heap sort: the last-ranked of what is left goes to the end
        top_scores[0], top_scores[end] = top_scores[end], top_scores[0]
        top_items[0], top_items[end] = top_items[end], top_items[0]
        sift_down(top_scores, top_items, 0, end)
    return size


@kernel()
def put_under_personas(before_dial, after_dial, top_scores, top_items, labels, size):
    """Put each item of a base list under the persona that scores it highest, with its score after the dial.

    Items that no persona has a score for are left out. Return how many are left.
    """
    kept = 0
    for rank in range(size):
        item = top_items[rank]
        persona = best_persona(before_dial[:, item])
        if persona >= 0:
            top_items[kept], top_scores[kept], labels[kept] = item, after_dial[persona, item], persona
            kept += 1
    return kept


@kernel()
def share_lists_of_range(
    first_user, last_user, scores, before_dial, indptr, weights, n_base, list_items, list_scores, list_personas, voices
):
    """Do what `lists_by_share` does, for some users; `voices` is overwritten."""
    for u in range(first_user, last_user):
        first, last = indptr[u], indptr[u + 1]
        for p in range(last - first):
            voices.labels[p], voices.sizes[p] = p, 0
            if weights[first + p] > 0:
                voices.sizes[p] = top_of_row(scores[first + p], voices.scores[p], voices.items[p])
        for p in range(last - first - n_base, last - first):
            personas = slice(first, last - 1)
            own = voices.scores[p], voices.items[p], voices.labels[p], voices.sizes[p]
            voices.sizes[p] = put_under_personas(before_dial[personas], scores[personas], *own)
        interleave(voices, weights[first:last], list_items[u], list_scores[u], list_personas[u])


@kernel_entry
def lists_by_share(scores, before_dial, indptr, weights, n_base, list_items, list_scores, list_personas):
    """Let each persona rank on its own, and the base, and interleave them by weight.

    Parameters
    ----------
    scores
        float32, (n_rows, n_items): the scores of every row after the dial; −inf where an item may not be listed.
    before_dial
        float32, (n_rows, n_items): those before it; empty where the base is not heard.
    indptr
        int64, (n_users + 1,): the rows of user u are ``indptr[u]:indptr[u + 1]``.
    weights
        float32, (n_rows,): share of each row, up to a factor; 0 mutes it.
    n_base
        0 where all rows are personas; 1 where the last one of each user is the base.
    list_items, list_scores, list_personas
        int32, float32 and int8, (n_users, k): overwritten; ranks left empty hold -1 in `list_items`.
    """
    most, depth, n_items = int(np.diff(indptr).max(initial=0)), list_items.shape[1], scores.shape[1]
    users = scores, before_dial, indptr, weights, n_base, list_items, list_scores, list_personas
    over_ranges(share_lists_of_range, len(indptr) - 1, *users, scratch=lambda: (voices_of(most, depth, n_items),))


@kernel()
def max_lists_of_range(first_user, last_user, scores, indptr, list_items, list_scores, list_personas, best):
    """Do what `lists_by_max` does, for some users; `best`, float32, (n_items,), is overwritten."""
    for u in range(first_user, last_user):
        first, last = indptr[u], indptr[u + 1]
        list_items[u] = NOTHING
        if first == last:
            continue
        for item in range(len(best)):
            best[item] = scores[first, item]
        for row in range(first + 1, last):
            for item in range(len(best)):
                best[item] = max(best[item], scores[row, item])
        size = top_of_row(best, list_scores[u], list_items[u])
        list_items[u, size:] = NOTHING
        for rank in range(size):
            for row in range(first, last):
                # Equal to the bit: the list holds this very number.
                if scores[row, list_items[u, rank]] == list_scores[u, rank]:
                    list_personas[u, rank] = row - first
                    break


@kernel_entry
def lists_by_max(scores, indptr, list_items, list_scores, list_personas):
    """Rank the items of every user by the best of their personas' scores; the parameters are as in `lists_by_share`."""
    users = scores, indptr, list_items, list_scores, list_personas
    over_ranges(max_lists_of_range, len(indptr) - 1, *users, scratch=lambda: (scratch(scores.shape[1]),))


@kernel()
def forbid_in_range(first_user, last_user, scores, indptr, seen_indptr, seen_items, allowed):
    """Do what `forbid` does, for some users."""
    nothing = np.float32(-np.inf)
    for u in range(first_user, last_user):
        for row in range(indptr[u], indptr[u + 1]):
            for item in range(scores.shape[1]):
                if not allowed[item] or scores[row, item] == np.float32(0.0):
                    scores[row, item] = nothing
            for item in seen_items[seen_indptr[u] : seen_indptr[u + 1]]:
                scores[row, item] = nothing


@kernel_entry
def forbid(scores, indptr, seen_indptr, seen_items, allowed):
    """Put −inf where an item scores exactly 0, is not allowed, or is among the user's seen items.

    Parameters
    ----------
    scores
        float32, (n_rows, n_items): changed in place.
    indptr
        int64, (n_users + 1,): rows of each user.
    seen_indptr, seen_items
        int64, (n_users + 1,) and int32: items of each user to leave out.
    allowed
        bool, (n_items,): items that may be listed.
    """
    over_ranges(forbid_in_range, len(indptr) - 1, scores, indptr, seen_indptr, seen_items, allowed)


@kernel()
def spread_of_range(first_row, last_row, scores, spreads):
    """Do what `spread_of_rows` does, for some rows."""
    n_items = scores.shape[1]
    for row in range(first_row, last_row):
        mean, square = 0.0, 0.0
        for item in range(n_items):
            score = np.float64(scores[row, item])  # the difference of squares below cancels in float32
            mean += score / n_items
            square += score * score / n_items
        spreads[row] = np.sqrt(max(square - mean * mean, 0.0))


@kernel_entry
def spread_of_rows(scores, spreads):
    """Write the standard deviation of every row of `scores` into `spreads`, float32, (n_rows,)."""
    over_ranges(spread_of_range, len(scores), scores, spreads)


@kernel()
def multiply_range(first_row, last_row, scores, chosen, multipliers, negative_multipliers):
    """Do what `multiply` does, for some rows."""
    for row in range(first_row, last_row):
        if chosen[row]:
            for item in range(scores.shape[1]):
                score = scores[row, item]
                scores[row, item] = score * (multipliers[item] if score >= 0 else negative_multipliers[item])


@kernel_entry
def multiply(scores, chosen, multipliers, negative_multipliers):
    """Multiply scores by m, and those below 0 by 1 / m, maths.md (20), in place; −inf stays −inf.

    Parameters
    ----------
    scores
        float32, (n_rows, n_items): changed in place.
    chosen
        bool, (n_rows,): rows to change.
    multipliers, negative_multipliers
        float32, (n_items,), above 0: m and 1 / m.
    """
    over_ranges(multiply_range, len(scores), scores, chosen, multipliers, negative_multipliers)


@kernel()
def shift_range(first_row, last_row, scores, amounts, commonness):
    """Do what `shift` does, for some rows."""
    for row in range(first_row, last_row):
        if amounts[row] != 0:
            for item in range(scores.shape[1]):
                scores[row, item] -= amounts[row] * commonness[item]


@kernel_entry
def shift(scores, amounts, commonness):
    """Subtract amounts[row] × commonness[item] from every score, maths.md (19), in place; −inf stays −inf.

    The terms come from `deepcuts.recommendation.rarity`, as those of `RarityTables` do.

    Parameters
    ----------
    scores
        float32, (n_rows, n_items): changed in place.
    amounts
        float32, (n_rows,): rarity times the spread of the row.
    commonness
        float32, (n_items,): standardised log frequency.
    """
    over_ranges(shift_range, len(scores), scores, amounts, commonness)
