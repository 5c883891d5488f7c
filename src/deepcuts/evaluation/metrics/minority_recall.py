"""Minority recall: recall of what lies outside a user's main tastes.

A taste is a main label. It is a minority taste of a user if at most 20 % of their labelled items in train have it, none
included. Over the held-out items of minority tastes::

    minority_recall@k = hits of minority tastes among the first k / min(k, held-out items of minority tastes)

Our own figure: a list can reach a high recall and serve only its user's largest taste, and this one tells.
"""

from __future__ import annotations

import numpy as np

from deepcuts.array_types import BoolMatrix, CountVector, DoubleVector, IndexVector
from deepcuts.data.csr import quotient
from deepcuts.evaluation.metric import ITEM_LABELS, UserMetric
from deepcuts.evaluation.ranked_lists import RankedLists

_MINORITY = 0.2


def minority_recall(lists: RankedLists, k: int) -> DoubleVector:
    """Recall of the held-out items whose main label is a minority taste of the user; undefined without one."""
    is_minor = lists.item_labels.main_shares(lists.seen) <= _MINORITY
    n_hits, n_holdout = (
        _count_minor(is_minor, users, lists.item_labels.main_labels[items])
        for users, items in (lists.hit_items(k), (lists.holdout.rows, lists.holdout.items))
    )
    return quotient(n_hits, np.minimum(k, n_holdout))


def _count_minor(is_minor: BoolMatrix, users: IndexVector, labels: IndexVector) -> CountVector:
    """How many of some items, of which users and main labels are given, are of a minority taste, (n_users,)."""
    of_minority = is_minor[users, labels] & (labels >= 0)  # where the label is -1, what stands in the matrix is dropped
    return np.bincount(users[of_minority], minlength=len(is_minor))


METRICS = (UserMetric("minority_recall", minority_recall, cutoffs=(50,), needs=(ITEM_LABELS,)),)
