"""EPC and EFD: novelty of the hits alone, the head of the list counting for more.

With the discount d_r = 1 / log2(r + 1) and f_i listeners of item i in train::

    epc@k = Σ over hits at rank r ≤ k of d_r (1 − f_i / users of train)      / Σ r = 1 … k of d_r
    efd@k = Σ over hits at rank r ≤ k of d_r (−log2(f_i / pairs of train))   / Σ r = 1 … k of d_r

"Expected popularity complement" and "expected free discovery" of relevant items (Vargas, Castells 2011, "Rank and
relevance in novelty and diversity metrics for recommender systems", doi:10.1145/2043932.2043955). The denominator is
that of a full list of k hits: a user without a list scores 0. `novelty` is the same without relevance.
"""

from __future__ import annotations

from math import inf

import numpy as np

from deepcuts.array_types import DoubleVector
from deepcuts.evaluation.metric import UserMetric
from deepcuts.evaluation.ranked_lists import RankedLists


def epc(lists: RankedLists, k: int) -> DoubleVector:
    """Discounted share of the users of train who do not play the item, over the hits, of what k hits could have."""
    return _discounted(lists, 1 - lists.item_listeners / lists.of_train.n_users, k)


def efd(lists: RankedLists, k: int) -> DoubleVector:
    """Discounted −log2(share of the pairs of train that the item has), over the hits, of what k hits could have."""
    return _discounted(lists, -np.log2(np.maximum(lists.item_listeners, 1) / max(1, lists.of_train.n_pairs)), k)


def _discounted(lists: RankedLists, novelties: DoubleVector, k: int) -> DoubleVector:
    """Σ over hits at rank r ≤ k of d_r novelty / Σ r = 1 … k of d_r, where `novelties` has one number per item."""
    discounts = 1 / np.log2(np.arange(2, k + 2))
    users, columns = np.nonzero(lists.hits[:, :k])  # column 0 is rank 1
    gains = novelties[lists.items[users, columns]] * discounts[columns]
    values: DoubleVector = np.bincount(users, gains, lists.n_users) / discounts.sum()
    return values


METRICS = (UserMetric("epc", epc), UserMetric("efd", efd, most=inf, unit="bits"))
