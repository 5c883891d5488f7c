"""EPC and EFD: novelty of the hits alone, the head of the list counting for more.

With the discount d_r = 1 / log2(r + 1) and f_i listeners of item i in train::

    epc@k = Σ over hits at rank r ≤ k of d_r (1 − f_i / users of train)      / Σ r = 1 … k of d_r
    efd@k = Σ over hits at rank r ≤ k of d_r (−log2(f_i / pairs of train))   / Σ r = 1 … k of d_r

"Expected popularity complement" and "expected free discovery" of relevant items (Vargas, Castells 2011, "Rank and
relevance in novelty and diversity metrics for recommender systems", doi:10.1145/2043932.2043955). The denominator is
that of a full list of k hits: a user without a list scores 0. What novelty is without relevance, `novelty` tells.
"""

from __future__ import annotations

import numpy as np

from deepcuts.evaluation.ranked_lists import RankedLists


def epc(lists: RankedLists, k: int) -> np.ndarray:
    """Expected popularity complement of each user's hits.

    Parameters
    ----------
    lists
        The lists to judge.
    k
        Length at which they are cut, at least 1.

    Returns
    -------
    numpy.ndarray
        float64, (lists.n_users,), from 0 to 1.
    """
    return _discounted(lists, 1 - lists.item_listeners / lists.train.n_users, k)


def efd(lists: RankedLists, k: int) -> np.ndarray:
    """Expected free discovery of each user's hits.

    Parameters
    ----------
    lists
        The lists to judge.
    k
        Length at which they are cut, at least 1.

    Returns
    -------
    numpy.ndarray
        float64, (lists.n_users,), at least 0, in bits.
    """
    return _discounted(lists, -np.log2(np.maximum(lists.item_listeners, 1) / max(1, lists.train.n_pairs)), k)


def _discounted(lists: RankedLists, novelties: np.ndarray, k: int) -> np.ndarray:
    discounts = 1 / np.log2(np.arange(2, k + 2))
    rows, places = np.nonzero(lists.hits[:, :k])
    gains = novelties[lists.items[rows, places]] * discounts[places]
    values: np.ndarray = np.bincount(rows, gains, lists.n_users) / discounts.sum()
    return values
