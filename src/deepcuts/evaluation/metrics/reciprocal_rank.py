"""Reciprocal rank: how far down one has to look for the first held-out item.

::

    rr@k = 1 / rank of the first hit among the first k, 0 without one

Its mean over users is mrr@k (Voorhees 1999, "The TREC-8 question answering track report").
"""

from __future__ import annotations

import numpy as np

from deepcuts.array_types import DoubleVector
from deepcuts.evaluation.metric import UserMetric
from deepcuts.evaluation.ranked_lists import RankedLists


def reciprocal_rank(lists: RankedLists, k: int) -> DoubleVector:
    """Inverse rank of the first hit among the first k, 0 without one."""
    hits = lists.hits[:, :k]
    values: DoubleVector = np.max(hits / np.arange(1, hits.shape[1] + 1), axis=1, initial=0.0)
    return values


METRICS = (UserMetric("mrr", reciprocal_rank, cutoffs=(100,)),)
