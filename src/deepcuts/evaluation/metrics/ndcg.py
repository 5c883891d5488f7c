"""Normalised discounted cumulative gain: hits count for more at the head of the list.

::

    dcg@k  = Σ over hits at rank r ≤ k of 1 / log2(r + 1)
    ndcg@k = dcg@k / Σ r = 1 … min(k, held-out items) of 1 / log2(r + 1)

The gain is binary: an item was held out or it was not (Järvelin, Kekäläinen 2002, "Cumulated gain-based evaluation of
IR techniques", doi:10.1145/582415.582418).
"""

from __future__ import annotations

import numpy as np

from deepcuts.array_types import DoubleVector
from deepcuts.evaluation.metric import UserMetric
from deepcuts.evaluation.ranked_lists import RankedLists


def ndcg(lists: RankedLists, k: int) -> DoubleVector:
    """Hits among the first k, discounted by the logarithm of their rank, of what a perfect list has."""
    hits = lists.hits[:, :k]
    discounts = 1 / np.log2(np.arange(2, k + 2))
    # What a list gains that starts with all held-out items, or with k of them.
    ideal = np.cumsum(discounts)[np.minimum(k, lists.n_holdout) - 1]
    values: DoubleVector = hits @ discounts[: hits.shape[1]] / ideal
    return values


METRICS = (UserMetric("ndcg", ndcg, cutoffs=(100,), is_main=True),)
