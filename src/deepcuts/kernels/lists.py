"""Loops over the items of users for which NumPy would have to hold far more than the answer."""

from __future__ import annotations

import numpy as np
from numba import njit, prange

_N_CHUNKS = 64  # each takes every 64th item, so that no thread gets all the popular ones


@njit(cache=True, nogil=True, parallel=True)
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


@njit(cache=True, nogil=True)
def count_together(indptr, indices, listeners, together):
    """Count in `together`, int32, (n_items,), how many of the `listeners` play each item."""
    together[:] = 0
    for user in listeners:
        for item in indices[indptr[user] : indptr[user + 1]]:
            together[item] += 1


@njit(cache=True, nogil=True, parallel=True)
def nearest_of_history(
    indptr, indices, listener_indptr, listeners, seen_indptr, seen_items, list_indptr, list_rows, nearness
):
    """Write the largest cosine between each listed item and an item its user has seen.

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
    for chunk in prange(_N_CHUNKS):
        together = np.zeros(n_items, np.int32)
        for item in range(chunk, n_items, _N_CHUNKS):
            first, last = list_indptr[item], list_indptr[item + 1]
            own = listeners[listener_indptr[item] : listener_indptr[item + 1]]
            if first < last:
                count_together(indptr, indices, own, together)
            for entry in range(first, last):
                row, nearest = list_rows[entry], 0.0
                for seen in seen_items[seen_indptr[row] : seen_indptr[row + 1]]:
                    both = np.float64(together[seen])
                    nearest = max(nearest, both * both * weights[seen])
                nearness[entry] = np.sqrt(nearest * weights[item])


@njit(cache=True, nogil=True, parallel=True)
def divergences(p, q, smoothing, values):
    """Write Σ p ln(p / q̃), q̃ = (1 − smoothing) q + smoothing p, of the rows of `p` and `q`; NaN where either has one.

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
            elif np.isnan(smooth):
                total = np.nan
        values[row] = total if np.isnan(total) else max(total, 0.0)
