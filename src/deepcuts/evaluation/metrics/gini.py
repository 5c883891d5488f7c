"""Gini index and exposure λ: how unequally the lists treat the items.

With x_j how many lists hold item j among their first k, ascending, over all n items of train, listed or not::

    gini@k = Σ_j (2j − n − 1) x_j / (n Σ_j x_j)

0 is every item equally often, (n − 1)/n one item and no other (Fleder, Hosanagar 2009, "Blockbuster culture's next rise
or fall", doi:10.1287/mnsc.1080.0974); some libraries call 1 − gini the Gini index.

λ is the rate of an exponential distribution fitted to exposure ranks (1 = the item listed most), by maximum likelihood
the inverse of the mean rank of a listed place. As the mean rank is (n (1 − gini) + 1) / 2::

    exposure_lambda@k = 2 / (n (1 − gini@k) + 1)

Low is flat: 2/(n + 1) is every item equally often, 1 is one item and no other.
"""

from __future__ import annotations

import numpy as np

from deepcuts.evaluation.ranked_lists import RankedLists


def gini(lists: RankedLists, k: int) -> float:
    """Gini index of how often each item of train is listed.

    Parameters
    ----------
    lists
        The lists to judge.
    k
        Length at which they are cut, at least 1.

    Returns
    -------
    float
        From 0 to (n_items − 1) / n_items; 0 if nothing is listed at all.
    """
    return gini_of(lists.exposure(k))


def exposure_lambda(lists: RankedLists, k: int) -> float:
    """Inverse of the mean exposure rank of a listed place.

    Parameters
    ----------
    lists
        The lists to judge.
    k
        Length at which they are cut, at least 1.

    Returns
    -------
    float
        From 2 / (n_items + 1) to 1.
    """
    return exposure_lambda_of(lists.exposure(k))


def gini_of(exposure: np.ndarray) -> float:
    """Gini index of how often each item is listed, (n_items,)."""
    n, total = len(exposure), float(exposure.sum())
    weights = 2 * np.arange(1, n + 1) - n - 1
    return float(weights @ np.sort(exposure)) / (n * total) if total else 0.0


def exposure_lambda_of(exposure: np.ndarray) -> float:
    """Inverse of the mean exposure rank of a listed place, from how often each item is listed, (n_items,)."""
    return 2 / (len(exposure) * (1 - gini_of(exposure)) + 1)
