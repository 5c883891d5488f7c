"""Reciprocal rank: how far down one has to look for the first held-out item.

::

    rr@k = 1 / rank of the first hit among the first k, 0 without one

Its mean over users is mrr@k (Voorhees 1999, "The TREC-8 question answering track report").
"""

from __future__ import annotations

import numpy as np

from deepcuts.evaluation.ranked_lists import RankedLists


def reciprocal_rank(lists: RankedLists, k: int) -> np.ndarray:
    """Reciprocal rank of the first hit of each user's list.

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
    hits = lists.hits[:, :k]
    values: np.ndarray = np.max(hits / np.arange(1, hits.shape[1] + 1), axis=1, initial=0.0)
    return values
