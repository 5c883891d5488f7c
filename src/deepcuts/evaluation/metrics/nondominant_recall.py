"""Non-dominant recall: the part of recall that a user's smaller personas contribute.

::

    nondominant_recall@k = hits among the first k that are listed for a persona other than 0 / min(k, held-out items)

Persona 0 is the one with the largest share. What is left of recall@k is due to it, so that the ratio of the two tells
what the other personas are worth; our own figure.
"""

from __future__ import annotations

import numpy as np

from deepcuts.evaluation.ranked_lists import RankedLists


def nondominant_recall(lists: RankedLists, k: int) -> np.ndarray:
    """Recall of each user's list by personas other than the dominant one.

    Parameters
    ----------
    lists
        The lists to judge.
    k
        Length at which they are cut, at least 1.

    Returns
    -------
    numpy.ndarray
        float64, (lists.n_users,), from 0 to recall.
    """
    hits = lists.hits[:, :k] & (lists.list_personas[:, :k] > 0)
    values: np.ndarray = np.count_nonzero(hits, axis=1) / np.minimum(k, lists.n_held)
    return values
