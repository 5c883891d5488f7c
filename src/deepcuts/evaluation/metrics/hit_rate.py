"""Hit rate: whether anything of what was held out is in the list.

::

    hit_rate@k = 1 if there is a hit among the first k, else 0

Its mean is the share of users with a hit (Deshpande, Karypis 2004, "Item-based top-N recommendation algorithms",
doi:10.1145/963770.963776, where one item a user is held out). The more is held out, the easier it gets.
"""

from __future__ import annotations

import numpy as np

from deepcuts.array_types import DoubleVector
from deepcuts.evaluation.metric import UserMetric
from deepcuts.evaluation.ranked_lists import RankedLists


def hit_rate(lists: RankedLists, k: int) -> DoubleVector:
    """Whether any of the first k items was held out, 1 or 0."""
    values: DoubleVector = np.any(lists.hits[:, :k], axis=1).astype(np.float64)
    return values


METRICS = (UserMetric("hit_rate", hit_rate),)
