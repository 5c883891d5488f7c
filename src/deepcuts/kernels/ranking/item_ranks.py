"""How many items come before given ones of every row, without making lists."""

from __future__ import annotations

import numpy as np

from deepcuts.kernels.compiling import kernel


@kernel()
def count_before(
    scores,
    first,
    items,
    rows,
    hidden_indptr,
    hidden_places,
    indptr,
    left,
    targets,
    places,
    target_scores,
    counts,
):
    """Add to every target's count the items of a block that come before it in its row: by falling score, ties by index.

    Parameters
    ----------
    scores
        float32, (n_here, n_columns): scores of some rows for a block of items; overwritten where items are hidden.
    first
        Place of the block's first item in the order of all items.
    items
        int64, (n_columns,): which items these are.
    rows
        int64, (n_here,): which rows these are.
    hidden_indptr, hidden_places
        int64, (n_rows + 1,) and int64: places in the order of all items of those that the list of a row leaves out.
    indptr, left
        int64, (n_here + 1,) and int64: the targets that are counted for, row by row; what follows is by target.
    targets, places, target_scores
        int32, int32 and float32, (n_targets,): the item that is sought, its place in the order of all items, its score.
    counts
        int64, (n_targets,): changed for the targets that are left.
    """
    for here in range(len(rows)):
        row = rows[here]
        for place in hidden_places[hidden_indptr[row] : hidden_indptr[row + 1]]:
            if first <= place < first + len(items):
                scores[here, place - first] = -np.inf
        for sought in left[indptr[here] : indptr[here + 1]]:
            own, target = target_scores[sought], targets[sought]
            column_of_own = places[sought] - first
            is_here = 0 <= column_of_own < len(items)
            if is_here:  # it may score above itself by a rounding
                score_of_own, scores[here, column_of_own] = scores[here, column_of_own], -np.inf
            n_above, n_equal = 0, 0
            for column in range(len(items)):  # without branches, so that it runs along vector lanes
                n_above += scores[here, column] > own
                n_equal += scores[here, column] == own
            if own < np.float32(0.0) or n_equal:
                n_above = 0
                for column in range(len(items)):
                    score = scores[here, column]
                    is_before = score > own or (score == own and items[column] < target)
                    n_above += is_before and score != np.float32(0.0)  # what scores exactly 0 is never listed
            counts[sought] += n_above
            if is_here:
                scores[here, column_of_own] = score_of_own
