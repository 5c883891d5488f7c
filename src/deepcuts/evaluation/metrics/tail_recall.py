"""Tail recall: recall in which rare items weigh more, as they were less likely to be observed at all.

With f_i listeners of item i in train, and β = 1/2::

    tail_recall@k = Σ_u Σ over hits among the first k of f_i^−β / Σ_u Σ over held-out items of f_i^−β

Popularity-stratified recall, pooled over users (Steck 2011, "Item popularity and recommendation accuracy",
doi:10.1145/2043932.2043957). If the chance to be observed grows with popularity as f^β, it estimates recall over what
people would like, observed or not. Held-out items that train does not have weigh 1, as if they had one listener.
"""

from __future__ import annotations

import numpy as np

from deepcuts.array_types import DoubleVector
from deepcuts.evaluation.metric import QuotientMetric
from deepcuts.evaluation.ranked_lists import RankedLists

_BETA = 0.5


def tail_recall(lists: RankedLists, k: int) -> tuple[DoubleVector, DoubleVector]:
    """Recall over all users together, each item weighing listeners^−½."""
    weights = np.maximum(lists.item_listeners, 1) ** -_BETA
    return lists.hit_sums(weights, k), lists.holdout.sums(weights) + lists.n_unknown


METRICS = (QuotientMetric("tail_recall", tail_recall, cutoffs=(50,), is_main=True),)
