"""Unexpectedness: how far a list is from anything its user plays.

Two items are near if the same people of train play both::

    cos(i, j)        = users who play both / √(f_i f_j)          f_i listeners of item i
    unexpectedness@k = mean over the first k items i of 1 − max over the user's items j of cos(i, j)

It is the distance to the nearest of the user's items, not the mean distance, because to hit one of several tastes well
is not unexpected; long histories have nearer items, so compare it on the same users only (Kaminskas, Bridge 2016,
"Diversity, serendipity, novelty, and coverage", section 2.2, doi:10.1145/2926720).
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from deepcuts.array_types import DoubleVector, Indices, Indptr
from deepcuts.data.csr import UserItems, quotient
from deepcuts.evaluation.metric import UserMetric
from deepcuts.evaluation.ranked_lists import RankedLists
from deepcuts.kernels.arrays import read_only
from deepcuts.kernels.metrics import nearest_of_history


def unexpectedness(lists: RankedLists, k: int) -> DoubleVector:
    """Mean distance of the first k from the nearest item of the history, by co-listening; undefined without a list."""
    train = lists.train
    index = np.empty(lists.n_items, np.int32)  # popular items beside each other: most look-ups hit the cache
    index[np.argsort(-lists.item_listeners, kind="stable")] = np.arange(lists.n_items)
    histories, seen, listed = (
        UserItems(rows.indptr, index[rows.items])
        for rows in (UserItems(train.indptr, train.indices), lists.seen, lists.listed(k))
    )
    in_lists = _by_item(listed, lists.n_items)
    arrays = histories.indptr, histories.items, *_by_item(histories, lists.n_items), seen.indptr, seen.items, *in_lists
    nearness = np.empty(len(listed.items))
    nearest_of_history(*map(read_only, arrays), nearness)
    return quotient(np.bincount(in_lists[1], 1 - nearness, lists.n_users), listed.sizes)


def _by_item(rows: UserItems, n_items: int) -> tuple[Indptr, Indices]:
    """Turn items of users into users of items."""
    there = np.ones(len(rows.items), np.bool_)
    matrix = sparse.csr_array((there, rows.items, rows.indptr), shape=(rows.n_users, n_items)).tocsc()
    return matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32)


METRICS = (UserMetric("unexpectedness", unexpectedness, on_request=True, all_users_at_once=True),)
