"""How many items come before a given one of every row, without making lists."""

from __future__ import annotations

import numpy as np

from deepcuts.kernels.compiling import kernel


@kernel()
def count_before(
    scores, first, items, rows, targets, target_places, target_scores, hidden_indptr, hidden_places, counts
):
    """Add to every row's count the items of a block that come before its target: by falling score, ties by index.

    Parameters
    ----------
    scores
        float32, (n_here, n_columns): scores of some rows for a block of items; overwritten where items are hidden.
    first
        Place of the block's first item in the order of all items.
    items
        int64, (n_columns,): which items these are.
    rows
        int64, (n_here,): which rows these are; what follows is by row.
    targets, target_places, target_scores
        int32, int32 and float32, (n_rows,): the item that is sought, its place in the order of all items, its score.
    hidden_indptr, hidden_places
        int64, (n_rows + 1,) and int64: places in the order of all items of those that the list of a row leaves out.
    counts
        int64, (n_rows,): changed for the rows that are here.
    """
    for here in range(len(rows)):
        row = rows[here]
        own, target = target_scores[row], targets[row]
        for place in hidden_places[hidden_indptr[row] : hidden_indptr[row + 1]]:
            if first <= place < first + len(items):
                scores[here, place - first] = -np.inf
        place = target_places[row]
        if first <= place < first + len(items):  # it may score above itself by a rounding
            scores[here, place - first] = -np.inf
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
        counts[row] += n_above
