"""Average precision: the mean of the precisions at which the held-out items are found.

::

    ap@k = Σ over hits at rank r ≤ k of precision@r / min(k, held-out items)

Its mean over users is map@k. The denominator is that of the Million Song Dataset Challenge (McFee, Bertin-Mahieux,
Ellis, Lanckriet 2012, doi:10.1145/2187980.2188222): a perfect list of k items scores 1.
"""

from __future__ import annotations

import numpy as np

from deepcuts.evaluation.ranked_lists import RankedLists


def average_precision(lists: RankedLists, k: int) -> np.ndarray:
    """Average precision of each user's list.

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
    precisions = np.cumsum(hits, axis=1) / np.arange(1, hits.shape[1] + 1)
    values: np.ndarray = np.sum(precisions, axis=1, where=hits) / np.minimum(k, lists.n_held)
    return values
