"""Recall: how much of what was held out is in the list.

::

    recall@k = hits among the first k / min(k, held-out items)

The denominator is what a perfect list of k items would hit, so 1 is within reach of every user (Liang, Krishnan,
Hoffman, Jebara 2018, "Variational autoencoders for collaborative filtering", doi:10.1145/3178876.3186150). Libraries
that divide by all held-out items give less for users who have more than k of them.
"""

from __future__ import annotations

import numpy as np

from deepcuts.evaluation.ranked_lists import RankedLists


def recall(lists: RankedLists, k: int) -> np.ndarray:
    """Recall of each user's list.

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
    values: np.ndarray = np.count_nonzero(lists.hits[:, :k], axis=1) / np.minimum(k, lists.n_held)
    return values
