"""Taste coverage: how many of a user's tastes a list serves, the larger ones counting for more.

A taste is a main label::

    taste_coverage@k = Σ over main labels g on the first k of share of the user's labelled items with main label g

1 is something for every taste, however little; `calibration_kl` asks for the right amounts. It is the coverage of
subtopics (Zhai, Cohen, Lafferty 2003, "Beyond independent relevance", doi:10.1145/860435.860440) with tastes for
subtopics, weighted by their shares.
"""

from __future__ import annotations

import numpy as np

from deepcuts.array_types import DoubleVector
from deepcuts.evaluation.metric import ITEM_LABELS, UserMetric
from deepcuts.evaluation.ranked_lists import RankedLists


def taste_coverage(lists: RankedLists, k: int) -> DoubleVector:
    """Share of the history whose main label is on the list; undefined without a list or labelled history."""
    listed, labels = lists.listed(k), lists.item_labels
    served = labels.main_shares(listed) > 0
    covered = np.einsum("ug,ug->u", labels.main_shares(lists.seen), served)
    known = (listed.sizes > 0) & (lists.seen.sums(labels.is_labelled) > 0)
    return np.where(known, covered, np.nan)


METRICS = (UserMetric("taste_coverage", taste_coverage, needs=(ITEM_LABELS,)),)
