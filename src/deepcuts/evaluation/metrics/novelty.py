"""Novelty: how surprising it is that anybody knows the items listed.

::

    novelty@k = mean over the first k items of −log2(listeners of the item / users of train)      in bits

One bit more is half as many listeners (Zhou, Kuscsik, Liu, Medo, Wakeling, Zhang 2010, "Solving the apparent
diversity-accuracy dilemma of recommender systems", doi:10.1073/pnas.1000488107). An item without a listener counts as
if it had one.
"""

from __future__ import annotations

import numpy as np

from deepcuts.evaluation.ranked_lists import RankedLists


def novelty(lists: RankedLists, k: int) -> np.ndarray:
    """Mean self-information of the items on each user's list.

    Parameters
    ----------
    lists
        The lists to judge.
    k
        Length at which they are cut, at least 1.

    Returns
    -------
    numpy.ndarray
        float64, (lists.n_users,), at least 0, in bits; NaN for a user without a list.
    """
    bits = -np.log2(np.maximum(lists.item_listeners, 1) / lists.train.n_users)
    return lists.listed(k).means(bits)
