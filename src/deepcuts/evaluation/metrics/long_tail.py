"""Long-tail share: how much of the list is not among the few items that make up most listening.

::

    long_tail@k = items of the tail among the first k / items among the first k

The tail is what is left without the short head: the items with the most listeners that hold 80 % of all pairs of
train, the item that reaches 80 % included, of equally popular ones the first by id. Known as APLT (Abdollahpouri,
Burke, Mobasher 2017, "Controlling popularity bias in learning-to-rank recommendation", doi:10.1145/3109859.3109912);
others cut the head at 20 % of the items.
"""

from __future__ import annotations

import numpy as np

from deepcuts.array_types import BoolVector, CountVector, DoubleVector
from deepcuts.evaluation.metric import UserMetric
from deepcuts.evaluation.ranked_lists import RankedLists

_HEAD_PERCENT = 80  # of all pairs: whole numbers, so that no rounding decides where the head ends


def long_tail(lists: RankedLists, k: int) -> DoubleVector:
    """Share of the first k items outside the few that have 80 % of all pairs; undefined without a list."""
    return lists.listed(k).means(is_tail(lists.item_listeners))


def is_tail(item_listeners: CountVector) -> BoolVector:
    """Tell the items outside the short head, bool, (n_items,)."""
    order = np.argsort(-item_listeners, kind="stable")
    pairs = np.cumsum(item_listeners[order])
    n_head = np.searchsorted(100 * pairs, _HEAD_PERCENT * pairs[-1]) + 1  # in whole numbers: shares would round
    tail = np.ones(len(order), bool)
    tail[order[:n_head]] = False
    return tail


METRICS = (UserMetric("long_tail", long_tail),)
