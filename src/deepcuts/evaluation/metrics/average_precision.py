"""Average precision: the mean of the precisions at which the held-out items are found.

::

    ap@k = Σ over hits at rank r ≤ k of precision@r / min(k, held-out items)

Its mean over users is map@k. The denominator is that of the Million Song Dataset Challenge (McFee, Bertin-Mahieux,
Ellis, Lanckriet 2012, doi:10.1145/2187980.2188222): a perfect list of k items scores 1.
"""

from __future__ import annotations

import numpy as np

from deepcuts.array_types import DoubleVector
from deepcuts.evaluation.metric import UserMetric
from deepcuts.evaluation.ranked_lists import RankedLists


def average_precision(lists: RankedLists, k: int) -> DoubleVector:
    """Sum of the precisions at the ranks of the hits among the first k, of min(k, held-out items)."""
    hits = lists.hits[:, :k]
    precisions = np.cumsum(hits, axis=1) / np.arange(1, hits.shape[1] + 1)
    values: DoubleVector = np.sum(precisions, axis=1, where=hits) / np.minimum(k, lists.n_holdout)
    return values


METRICS = (UserMetric("map", average_precision, cutoffs=(100,)),)
