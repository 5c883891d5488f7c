"""Entropy of exposure: how evenly the lists treat the items.

With p_j the share of all listed places, among the first k of every list, that item j takes::

    entropy@k = −Σ_j p_j log2 p_j      in bits

0 is one item and no other, log2(n_items) every item equally often: 2 to this power is the number of items that would
be as diverse if listed equally often (Shannon 1948, doi:10.1002/j.1538-7305.1948.tb01338.x).
"""

from __future__ import annotations

import numpy as np

from deepcuts.evaluation.ranked_lists import RankedLists


def entropy(lists: RankedLists, k: int) -> float:
    """Entropy of how often each item is listed.

    Parameters
    ----------
    lists
        The lists to judge.
    k
        Length at which they are cut, at least 1.

    Returns
    -------
    float
        From 0 to log2(n_items), in bits; NaN if nothing is listed at all.
    """
    return entropy_of(lists.exposure(k))


def entropy_of(exposure: np.ndarray) -> float:
    """Entropy of how often each item is listed, (n_items,), in bits."""
    if not (total := exposure.sum()):
        return float("nan")
    shares = exposure[exposure > 0] / total
    return float(abs(np.sum(shares * np.log2(shares))))
