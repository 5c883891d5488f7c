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

from math import inf

import numpy as np

from deepcuts.array_types import DoubleVector
from deepcuts.evaluation.metric import QuotientMetric, UserMetric
from deepcuts.evaluation.ranked_lists import RankedLists


def popularity(lists: RankedLists, k: int) -> DoubleVector:
    """Mean listeners of the first k items; undefined without a list."""
    return lists.listed(k).means(lists.item_listeners)


def popularity_lift(lists: RankedLists, k: int) -> tuple[DoubleVector, DoubleVector]:
    """How much more popular lists are than the histories of their users: 0 as popular, 1 twice as popular."""
    listed, seen = (items.means(lists.item_listeners) for items in (lists.listed(k), lists.seen))
    both = ~np.isnan(listed + seen)
    return np.where(both, listed - seen, 0), np.where(both, seen, 0)


METRICS = (
    UserMetric("popularity", popularity, lower_is_better=True, most=inf, unit="listeners"),
    QuotientMetric("popularity_lift", popularity_lift, lower_is_better=True, least=-1, most=inf),
)
