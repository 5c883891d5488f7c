"""Popularity of the lists, alone and beside the histories they were made from.

With f_i listeners of item i in train::

    popularity@k      = mean over the first k items of f_i
    popularity_lift@k = (L − H) / H

L is the mean over users of popularity@k, H that of the mean f_i over the user's items in train, both over the users
that have a list. The first is known as average recommendation popularity (Yin, Cui, Li, Yao, Chen 2012, "Challenging
the long tail recommendation", doi:10.14778/2311906.2311916). Of the second, 0 is lists as popular as what people play,
1 twice as popular (Abdollahpouri, Mansoury, Burke, Mobasher 2019, "The unfairness of popularity bias in
recommendation", arXiv:1907.13286).
"""

from __future__ import annotations

import numpy as np

from deepcuts.evaluation.ranked_lists import RankedLists


def popularity(lists: RankedLists, k: int) -> np.ndarray:
    """Mean listeners of the items on each user's list.

    Parameters
    ----------
    lists
        The lists to judge.
    k
        Length at which they are cut, at least 1.

    Returns
    -------
    numpy.ndarray
        float64, (lists.n_users,), at least 0, in listeners; NaN for a user without a list.
    """
    return lists.listed(k).means(lists.item_listeners)


def popularity_lift(lists: RankedLists, k: int) -> float:
    """How much more popular lists are than the histories of their users.

    Parameters
    ----------
    lists
        The lists to judge.
    k
        Length at which they are cut, at least 1.

    Returns
    -------
    float
        At least -1; NaN if there is no list.
    """
    parts = [popularity_lift_parts(block, k) for block in lists.blocks()]
    seen = sum(float(seen.sum()) for _, seen in parts)
    return sum(float(lift.sum()) for lift, _ in parts) / seen if seen else float("nan")


def popularity_lift_parts(lists: RankedLists, k: int) -> tuple[np.ndarray, np.ndarray]:
    """By how much each user's list is more popular than the history, and how popular that is: to sum and divide."""
    listed, seen = (rows.means(lists.item_listeners) for rows in (lists.listed(k), lists.seen))
    both = ~np.isnan(listed + seen)
    return np.where(both, listed - seen, 0), np.where(both, seen, 0)
