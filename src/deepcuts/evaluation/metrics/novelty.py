"""Novelty: how surprising it is that anybody knows the items listed.

::

    novelty@k = mean over the first k items of −log2(listeners of the item / users of train)      in bits

One bit more is half as many listeners (Zhou, Kuscsik, Liu, Medo, Wakeling, Zhang 2010, "Solving the apparent
diversity-accuracy dilemma of recommender systems", doi:10.1073/pnas.1000488107). An item without a listener counts as
if it had one.
"""

from __future__ import annotations

from math import inf

from deepcuts.array_types import DoubleVector
from deepcuts.data.popularity import item_novelties
from deepcuts.evaluation.metric import UserMetric
from deepcuts.evaluation.ranked_lists import RankedLists


def novelty(lists: RankedLists, k: int) -> DoubleVector:
    """Mean of −log2(share of the users of train who play the item) over the first k; undefined without a list."""
    return lists.listed(k).means(item_novelties(lists.item_listeners, lists.of_train.n_users))


METRICS = (UserMetric("novelty", novelty, is_main=True, most=inf, unit="bits"),)
