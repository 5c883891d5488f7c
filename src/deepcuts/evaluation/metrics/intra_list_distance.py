"""Intra-list distance: how different from each other the items of a list are.

Over the n labelled items among the first k, with x_i the labels of item i as a vector::

    ild@k = 2 / (n (n − 1)) Σ_{i<j} (1 − cos(x_i, x_j))

(Smyth, McClave 2001, "Similarity vs. diversity", doi:10.1007/3-540-44593-5_25; Ziegler, McNee, Konstan, Lausen 2005,
"Improving recommendation lists through topic diversification", doi:10.1145/1060745.1060754.) The labels come from
outside: distances of a model's own vectors would praise the model for itself. As Σ_ij cos(x_i, x_j) is the squared
length of the sum of the x_i, each divided by its own length, no pair has to be looked at.
"""

from __future__ import annotations

import numpy as np

from deepcuts.array_types import DoubleVector
from deepcuts.data.csr import quotient
from deepcuts.evaluation.item_labels import row_sums
from deepcuts.evaluation.metric import ITEM_LABELS, UserMetric
from deepcuts.evaluation.ranked_lists import RankedLists


def intra_list_distance(lists: RankedLists, k: int) -> DoubleVector:
    """Mean of 1 − cosine of the labels of any two of the first k items; undefined with fewer than two labelled."""
    listed, labels = lists.listed(k), lists.item_labels
    n = listed.sums(labels.is_labelled)
    total = row_sums(listed, labels.directions)
    similar = np.sum(total**2, axis=1) - n  # without each item's cosine with itself
    values: DoubleVector = np.clip(1 - quotient(similar, n * (n - 1)), 0, 1)
    return values


METRICS = (UserMetric("ild", intra_list_distance, is_main=True, needs=(ITEM_LABELS,)),)
