"""Loops over the items of users for which NumPy would have to hold far more than the answer."""

from __future__ import annotations

from functools import partial

import numpy as np

from deepcuts.kernels.compiling import kernel, kernel_entry
from deepcuts.kernels.threads import N_CHUNKS, over_ranges

SEEN, HOLDOUT, LISTED = np.uint8(1), np.uint8(2), np.uint8(4)

_FETCHED = 64  # rows to have on their way from memory at a time
_FORGOTTEN_PER_LISTENER = 1024  # items that are set to 0 in a sweep in the time that one history takes


@kernel()
def sum_rows_of_range(first, last, indptr, items, row_indptr, columns, values, totals):
    """Add up the rows of the items of some users, see `sum_rows`."""
    for user in range(first, last):
        totals[user, :] = 0.0
        for place in range(indptr[user], indptr[user + 1]):
            for entry in range(row_indptr[items[place]], row_indptr[items[place] + 1]):
                totals[user, columns[entry]] += values[entry]


@kernel_entry
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
    over_ranges(sum_rows_of_range, len(indptr) - 1, indptr, items, row_indptr, columns, values, totals)


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


@kernel_entry
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
    n_listeners, is_listed = np.diff(listener_indptr), np.diff(list_indptr) > 0
    weights, above = 1 / np.maximum(n_listeners, 1), -1
    # Counts are at most the listeners of the item: few need more than a byte, and bytes stay in the nearest cache.
    for count in (np.uint8, np.uint16, np.int32):
        most = np.iinfo(count).max
        chosen = np.flatnonzero(is_listed & (n_listeners > above) & (n_listeners <= most))
        above = most
        if len(chosen):  # the kernel is compiled for the kinds of counts that there are
            arrays = indptr, indices, listener_indptr, listeners, seen_indptr, seen_items, list_indptr, list_rows
            counts = partial(_no_counts, len(weights) + 1, count)
            over_ranges(nearest_of_chunks, N_CHUNKS, chosen, *arrays, weights, nearness, scratch=counts)


def _no_counts(n, dtype):
    return (np.zeros(n, dtype),)


@kernel()
def nearest_of_chunks(
    first, last, chosen, indptr, indices, listener_indptr, listeners, seen_indptr, seen_items, list_indptr,
    list_rows, weights, nearness, together,
):  # fmt: skip
    """Do what `nearest_of_history` does for some items: chunk c has every `N_CHUNKS`-th, from the one numbered c on.

    `together`, whole numbers, (n_items + 1,), is 0 before and after, and large enough for the listeners of these items.
    """
    for chunk in range(first, last):
        for index in range(chunk, len(chosen), N_CHUNKS):
            item = chosen[index]
            entries = slice(list_indptr[item], list_indptr[item + 1])
            rows, found = list_rows[entries], nearness[entries]
            own = listeners[listener_indptr[item] : listener_indptr[item + 1]]
            nearest_to_item(indptr, indices, own, seen_indptr, seen_items, rows, weights, together, found)
            for row in range(len(found)):
                found[row] *= np.sqrt(weights[item])


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


@kernel()
def inspect_range(
    first, last, seen_indptr, seen_items, holdout_indptr, holdout_items, list_indptr, items, marks, known
):
    """Look up the lists of some rows, see `inspect_lists`; `known`, uint8, (n_items,), is 0 before and after."""
    for row in range(first, last):
        seen = seen_items[seen_indptr[row] : seen_indptr[row + 1]]
        holdout = holdout_items[holdout_indptr[row] : holdout_indptr[row + 1]]
        for place in range(len(seen)):
            known[seen[place]] |= SEEN
        for place in range(len(holdout)):
            known[holdout[place]] |= HOLDOUT
        for entry in range(list_indptr[row], list_indptr[row + 1]):
            marks[entry] = known[items[entry]]
            known[items[entry]] |= LISTED
        # Undone, not cleared: `known` is as long as the catalogue.
        for entry in range(list_indptr[row], list_indptr[row + 1]):
            known[items[entry]] = 0
        for place in range(len(seen)):
            known[seen[place]] = 0
        for place in range(len(holdout)):
            known[holdout[place]] = 0


@kernel_entry
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
    arrays = seen_indptr, seen_items, holdout_indptr, holdout_items, list_indptr, items
    over_ranges(inspect_range, len(list_indptr) - 1, *arrays, marks, scratch=partial(_no_counts, n_items, np.uint8))


@kernel()
def divergences_of_range(first, last, p, q, smoothing, values):
    """Write the divergences of some rows, see `divergences`."""
    for row in range(first, last):
        total = 0.0
        for column in range(p.shape[1]):
            smooth = (1 - smoothing) * q[row, column] + smoothing * p[row, column]
            if p[row, column] > 0:
                total += p[row, column] * np.log(p[row, column] / smooth)
            elif np.isnan(smooth):  # NaN > 0 is false, so it is looked for here
                total = np.nan
        values[row] = total if np.isnan(total) else max(total, 0.0)


@kernel_entry
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
    over_ranges(divergences_of_range, len(p), p, q, smoothing, values)


@kernel()
def add_exposure_of_draws(first, last, indptr, items, weights, totals):
    """Add the exposure of some draws, see `add_exposure`."""
    for user in range(len(indptr) - 1):
        for place in range(indptr[user], indptr[user + 1]):
            for draw in range(first, last):
                totals[items[place], draw] += weights[user, draw]


@kernel_entry
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
    # Ranges are of draws, not of users: no two threads add to the same number.
    over_ranges(add_exposure_of_draws, weights.shape[1], indptr, items, weights, totals)
