"""How many items come before a given one of every row, without making lists."""

from __future__ import annotations

import numpy as np

from deepcuts.kernels.compiling import kernel


@kernel()
def count_before(scores, first, items, rows, targets, target_scores, hidden_indptr, hidden_places, counts):
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
    targets, target_scores
        int32 and float32, (n_rows,): the item whose place is sought, and its score.
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
        n_before = 0
        for column in range(len(items)):  # without branches, so that it runs along vector lanes
            score, item = scores[here, column], items[column]
            is_before = (score > own) | ((score == own) & (item < target))
            # What scores exactly 0 is never listed. The target may score above itself by a rounding.
            n_before += is_before & (score != np.float32(0.0)) & (item != target)
        counts[row] += n_before
