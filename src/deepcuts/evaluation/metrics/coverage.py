"""Coverage: how much of the catalogue is recommended to anybody.

::

    coverage@k = distinct items among the first k of all lists / items of train

It grows with the number of lists, so compare it on the same users only (Ge, Delgado-Battenfeld, Jannach 2010, "Beyond
accuracy", doi:10.1145/1864708.1864761).
"""

from __future__ import annotations

import numpy as np

from deepcuts.evaluation.ranked_lists import RankedLists


def coverage(lists: RankedLists, k: int) -> float:
    """Share of the items of train that are on at least one list.

    Parameters
    ----------
    lists
        The lists to judge.
    k
        Length at which they are cut, at least 1.

    Returns
    -------
    float
        From 0 to 1.
    """
    return coverage_of(lists.exposure(k))


def coverage_of(exposure: np.ndarray) -> float:
    """Share of the items that are listed at all, from how often each is, (n_items,)."""
    return float(np.mean(exposure > 0))
