"""Minority recall: recall of what lies outside a user's main tastes.

A taste is a main label. It is a minority taste of a user if at most 20 % of their labelled items in train have it, none
included. Over the held-out items of minority tastes::

    minority_recall@k = hits of minority tastes among the first k / min(k, held-out items of minority tastes)

Our own figure: a list can reach a high recall and serve only its user's largest taste, and this one tells.
"""

from __future__ import annotations

import numpy as np

from deepcuts.data.csr import quotient
from deepcuts.evaluation.ranked_lists import RankedLists

_MINORITY = 0.2


def minority_recall(lists: RankedLists, k: int) -> np.ndarray:
    """Recall of each user's held-out items of minority tastes.

    Parameters
    ----------
    lists
        The lists to judge.
    k
        Length at which they are cut, at least 1.

    Returns
    -------
    numpy.ndarray
        float64, (lists.n_users,), from 0 to 1; NaN for a user without a held-out item of a minority taste.
    """
    is_minor = lists.features.main_shares(lists.seen) <= _MINORITY
    rows, places = np.nonzero(lists.hits[:, :k])
    n_hits, n_held = (
        np.bincount(users[_of_minority(is_minor, users, lists.features.main_labels[items])], minlength=lists.n_users)
        for users, items in ((rows, lists.items[rows, places]), (lists.held.rows, lists.held.items))
    )
    return quotient(n_hits, np.minimum(k, n_held))


def _of_minority(is_minor: np.ndarray, users: np.ndarray, labels: np.ndarray) -> np.ndarray:
    of_minority: np.ndarray = is_minor[users, labels] & (labels >= 0)  # what stands for -1 does not matter then
    return of_minority
