"""Recall: how much of what was held out is in the list.

::

    recall@k = hits among the first k / min(k, held-out items)

The denominator is what a perfect list of k items would hit, so 1 is within reach of every user (Liang, Krishnan,
Hoffman, Jebara 2018, "Variational autoencoders for collaborative filtering", doi:10.1145/3178876.3186150). Libraries
that divide by all held-out items give less for users who have more than k of them.
"""

from __future__ import annotations

import numpy as np

from deepcuts.array_types import DoubleVector
from deepcuts.evaluation.metric import UserMetric
from deepcuts.evaluation.ranked_lists import RankedLists


def recall(lists: RankedLists, k: int) -> DoubleVector:
    """Share of the held-out items that are among the first k, of min(k, held-out items)."""
    values: DoubleVector = np.count_nonzero(lists.hits[:, :k], axis=1) / np.minimum(k, lists.n_holdout)
    return values


METRICS = (UserMetric("recall", recall, cutoffs=(20, 50), is_main=True),)
