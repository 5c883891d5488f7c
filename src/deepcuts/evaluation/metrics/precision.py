"""Precision: how much of the list was held out.

::

    precision@k = hits among the first k / k

Ranks past the end of a list shorter than k count as misses (Manning, Raghavan, Schütze 2008, "Introduction to
information retrieval", section 8.4, doi:10.1017/CBO9780511809071).
"""

from __future__ import annotations

import numpy as np

from deepcuts.array_types import DoubleVector
from deepcuts.evaluation.metric import UserMetric
from deepcuts.evaluation.ranked_lists import RankedLists


def precision(lists: RankedLists, k: int) -> DoubleVector:
    """Share of the first k ranks that are hits."""
    values: DoubleVector = np.count_nonzero(lists.hits[:, :k], axis=1) / k
    return values


METRICS = (UserMetric("precision", precision),)
