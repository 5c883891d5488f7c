"""Loops over the items of users for which NumPy would have to hold far more than the answer."""

from __future__ import annotations

import numpy as np
from numba import prange

from deepcuts.kernels.compiling import kernel
from deepcuts.kernels.threads import N_CHUNKS

SEEN, HOLDOUT, LISTED = np.uint8(1), np.uint8(2), np.uint8(4)

_FETCHED = 64  # rows to have on their way from memory at a time
_FORGOTTEN_PER_LISTENER = 1024  # items that are set to 0 in a sweep in the time that one history takes


@kernel(parallel=True)
def sum_rows(indptr, items, row_indptr, columns, values, totals):
    """Add up the rows of a sparse matrix that belong to each user's items.

    Parameters
    ----------
    indptr, items
        int64, (n_users + 1,) and int32: the items of each user.
    row_indptr, columns, values
        int64, (n_items + 1,), int32 and float64: the matrix, one row per item.
    totals
        float64, (n_users, n_columns): overwritten.
    """
    for user in prange(len(indptr) - 1):
        total = totals[user]
        total[:] = 0
        for item in items[indptr[user] : indptr[user + 1]]:
            for entry in range(row_indptr[item], row_indptr[item + 1]):
                total[columns[entry]] += values[entry]


@kernel()
def touch(indptr, items, rows):
    """Read the ends of some rows, which lie anywhere in memory, so that they are fetched together and not one by one.

    Returns
    -------
    int
        A number that means nothing; whoever calls has to use it, or the compiler leaves the reading out.
    """
    total = 0
    for row in rows:
        if indptr[row] < indptr[row + 1]:
            total += items[indptr[row]] + items[indptr[row + 1] - 1]
    return total


@kernel()
def count_together(indptr, indices, listeners, together):
    """Add up in `together`, (n_items + 1,), how many of the `listeners` play each item; the last entry is spare."""
    for first in range(0, len(listeners), _FETCHED):
        some = listeners[first : first + _FETCHED]
        together[-1] = touch(indptr, indices, some) & 1
        for user in some:
            for item in indices[indptr[user] : indptr[user + 1]]:
                together[item] += 1


@kernel()
def forget_together(indptr, indices, listeners, together):
    """Set to 0 what `count_together` has counted: item by item where few were, else all at once."""
    if len(listeners) * _FORGOTTEN_PER_LISTENER > len(together):
        together[:] = 0
        return
    for user in listeners:
        for item in indices[indptr[user] : indptr[user + 1]]:
            together[item] = 0


@kernel(parallel=True)
def nearest_of_history(
    indptr, indices, listener_indptr, listeners, seen_indptr, seen_items, list_indptr, list_rows, nearness
):
    """Write the largest cosine between each listed item and an item its user has seen, maths.md (23).

    Parameters
    ----------
    indptr, indices
        int64, (n_users + 1,) and int32: the items of all users of train.
    listener_indptr, listeners
        int64, (n_items + 1,) and int32: the same by item, the users of each.
    seen_indptr, seen_items
        int64, (n_rows + 1,) and int32: the items that the user of each list has seen.
    list_indptr, list_rows
        int64, (n_items + 1,) and int32: the lists that hold each item.
    nearness
        float64, (len(list_rows),): overwritten, from 0 to 1; users who play both / √(listeners of one · of the other).
    """
    n_items = len(listener_indptr) - 1
    weights = 1 / np.maximum(np.diff(listener_indptr), 1)
    for chunk in prange(N_CHUNKS):
        # Counts are at most the listeners of the item: few need more than a byte, and bytes stay in the nearest cache.
        small, middle, large = (
            np.zeros(n_items + 1, np.uint8),
            np.zeros(n_items + 1, np.uint16),
            np.zeros(n_items + 1, np.int32),
        )
        for item in range(chunk, n_items, N_CHUNKS):
            entries = slice(list_indptr[item], list_indptr[item + 1])
            rows, found = list_rows[entries], nearness[entries]
            own = listeners[listener_indptr[item] : listener_indptr[item + 1]]
            if len(rows) == 0:
                continue
            if len(own) < 1 << 8:
                nearest_to_item(indptr, indices, own, seen_indptr, seen_items, rows, weights, small, found)
            elif len(own) < 1 << 16:
                nearest_to_item(indptr, indices, own, seen_indptr, seen_items, rows, weights, middle, found)
            else:
                nearest_to_item(indptr, indices, own, seen_indptr, seen_items, rows, weights, large, found)
            found *= np.sqrt(weights[item])


@kernel()
def nearest_to_item(indptr, indices, own, seen_indptr, seen_items, rows, weights, together, found):
    """Write for some rows the largest users who play both / √(listeners of the seen item).

    Parameters
    ----------
    indptr, indices, seen_indptr, seen_items
        As for `nearest_of_history`.
    own
        int32: the listeners of the item.
    rows
        int32: the lists that hold it.
    weights
        float64, (n_items,): 1 / listeners.
    together
        Whole numbers, (n_items + 1,): 0, and left at 0.
    found
        float64, (len(rows),): overwritten.
    """
    count_together(indptr, indices, own, together)
    for first in range(0, len(rows), _FETCHED):
        some = rows[first : first + _FETCHED]
        together[-1] = touch(seen_indptr, seen_items, some) & 1
        for index, row in enumerate(some):
            nearest = 0.0
            for seen in seen_items[seen_indptr[row] : seen_indptr[row + 1]]:
                both = np.float64(together[seen])
                nearest = max(nearest, both * both * weights[seen])
            found[first + index] = np.sqrt(nearest)  # one root a list, not one an item
    forget_together(indptr, indices, own, together)


@kernel(parallel=True)
def inspect_lists(seen_indptr, seen_items, holdout_indptr, holdout_items, list_indptr, items, n_items, marks):
    """Look up each listed item among what its user has seen, what was held out, and the list before it.

    Parameters
    ----------
    seen_indptr, seen_items
        int64, (n_rows + 1,) and int32: the items that the user of each list has seen.
    holdout_indptr, holdout_items
        int64, (n_rows + 1,) and int32: the items that were held out for that user.
    list_indptr, items
        int64, (n_rows + 1,) and int32: the lists.
    n_items
        Items there are.
    marks
        uint8, (len(items),): overwritten; the sum of `SEEN`, `HOLDOUT` and `LISTED` where they apply.
    """
    n_rows = len(list_indptr) - 1
    for chunk in prange(N_CHUNKS):
        known = np.zeros(n_items, np.uint8)
        for row in range(chunk * n_rows // N_CHUNKS, (chunk + 1) * n_rows // N_CHUNKS):
            seen = seen_items[seen_indptr[row] : seen_indptr[row + 1]]
            holdout = holdout_items[holdout_indptr[row] : holdout_indptr[row + 1]]
            for item in seen:
                known[item] |= SEEN
            for item in holdout:
                known[item] |= HOLDOUT
            for entry in range(list_indptr[row], list_indptr[row + 1]):
                marks[entry] = known[items[entry]]
                known[items[entry]] |= LISTED
            for entry in range(list_indptr[row], list_indptr[row + 1]):
                known[items[entry]] = 0
            known[seen] = 0  # undone, not cleared: `known` is as long as the catalogue
            known[holdout] = 0


@kernel(parallel=True)
def divergences(p, q, smoothing, values):
    """Write Σ p ln(p / q̃), q̃ = (1 − smoothing) q + smoothing p, maths.md (24), row by row; NaN where a row has one.

    Parameters
    ----------
    p, q
        float64, (n_rows, n_columns): distributions.
    smoothing
        Between 0 and 1.
    values
        float64, (n_rows,): overwritten.
    """
    for row in prange(len(p)):
        total = 0.0
        for column in range(p.shape[1]):
            smooth = (1 - smoothing) * q[row, column] + smoothing * p[row, column]
            if p[row, column] > 0:
                total += p[row, column] * np.log(p[row, column] / smooth)
            elif np.isnan(smooth):  # NaN > 0 is false, so it is looked for here
                total = np.nan
        values[row] = total if np.isnan(total) else max(total, 0.0)


@kernel(parallel=True)
def add_exposure(indptr, items, weights, totals):
    """Add to the total of every item, in each draw, the weights of the users who are recommended it.

    Parameters
    ----------
    indptr, items
        int64, (n_users + 1,) and int32: the items on each user's list.
    weights
        float32, (n_users, n_draws).
    totals
        float32, (n_items, n_draws): added to.
    """
    n_draws = weights.shape[1]
    for chunk in prange(N_CHUNKS):
        first, last = chunk * n_draws // N_CHUNKS, (chunk + 1) * n_draws // N_CHUNKS
        # Chunks own draws, not users: no two threads add to the same number.
        for user in range(len(indptr) - 1):
            for item in items[indptr[user] : indptr[user + 1]]:
                for draw in range(first, last):
                    totals[item, draw] += weights[user, draw]
