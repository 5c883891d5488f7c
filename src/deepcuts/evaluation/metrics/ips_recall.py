"""Inverse-propensity recall: recall over what people would like, had all items the same chance to be played.

A held-out item weighs the inverse of its chance P_i to be observed, which grows with its popularity. With f_i listeners
of item i in train::

    P_i          = max((f_i / max_j f_j)^((γ + 1) / 2), 0.01),    γ = 1.5
    ips_recall@k = Σ over hits among the first k of 1 / P_i / Σ over held-out items of 1 / P_i

Self-normalised by user, so that only ratios of chances matter (Yang, Cui, Xuan, Wang, Belongie, Estrin 2018, "Unbiased
offline recommender evaluation for missing-not-at-random implicit feedback", doi:10.1145/3240323.3240355, who try γ from
1.5 to 3). No item weighs more than 100 times what the most popular one does: clipping trades some bias for much
variance. How few items then carry the estimate is the effective sample size (Kong 1992), which does not depend on k::

    ips_sample_size@k = (Σ over held-out items of w_i)² / Σ over held-out items of w_i²,    w_i = 1 / P_i

Held-out items that train does not have count as having one listener. Never put it in one column with plain recall.
"""

from __future__ import annotations

from math import inf

import numpy as np

from deepcuts.array_types import DoubleVector
from deepcuts.evaluation.metric import UserMetric
from deepcuts.evaluation.ranked_lists import RankedLists

_GAMMA = 1.5  # how steeply attention grows with popularity; 0 would be in proportion to its square root
_LEAST_PROPENSITY = 0.01  # 1 / 0.01: no item weighs more than 100 times the most popular one


def ips_recall(lists: RankedLists, k: int) -> DoubleVector:
    """Recall in which a held-out item weighs the inverse of its chance to be observed."""
    weights, unknown = _weights(lists)
    values: DoubleVector = lists.hit_sums(weights, k) / (lists.holdout.sums(weights) + lists.n_unknown * unknown)
    return values


def ips_sample_size(lists: RankedLists, _: int) -> DoubleVector:
    """How many held-out items of equal weight would be as sure an estimate as the user's in ips_recall."""
    weights, unknown = _weights(lists)
    total = lists.holdout.sums(weights) + lists.n_unknown * unknown
    values: DoubleVector = total**2 / (lists.holdout.sums(weights**2) + lists.n_unknown * unknown**2)
    return values


def _weights(lists: RankedLists) -> tuple[DoubleVector, float]:
    """Inverse propensity of each item of train, and that of any other."""
    listeners = np.append(np.maximum(lists.item_listeners, 1), 1)  # the last is for items that train does not have
    propensities = (listeners / listeners.max()) ** ((_GAMMA + 1) / 2)
    weights = 1 / np.maximum(propensities, _LEAST_PROPENSITY)
    return weights[:-1], float(weights[-1])


METRICS = (
    UserMetric("ips_recall", ips_recall, cutoffs=(50,)),
    UserMetric("ips_sample_size", ips_sample_size, cutoffs=(50,), least=1, most=inf, unit="items"),
)
