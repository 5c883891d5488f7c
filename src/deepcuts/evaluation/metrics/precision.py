"""Precision: how much of the list was held out.

::

    precision@k = hits among the first k / k

A list shorter than k is not forgiven its missing places (Manning, Raghavan, Schütze 2008, "Introduction to information
retrieval", section 8.4, doi:10.1017/CBO9780511809071).
"""

from __future__ import annotations

import numpy as np

from deepcuts.evaluation.ranked_lists import RankedLists


def precision(lists: RankedLists, k: int) -> np.ndarray:
    """Precision of each user's list.

    Parameters
    ----------
    lists
        The lists to judge.
    k
        Length at which they are cut, at least 1.

    Returns
    -------
    numpy.ndarray
        float64, (lists.n_users,), from 0 to 1.
    """
    values: np.ndarray = np.count_nonzero(lists.hits[:, :k], axis=1) / k
    return values
