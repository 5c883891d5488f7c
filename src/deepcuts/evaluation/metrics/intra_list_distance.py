"""Intra-list distance: how different from each other the items of a list are.

Over the n labelled items among the first k, with x_i the labels of item i as a vector::

    ild@k = 2 / (n (n − 1)) Σ_{i<j} (1 − cos(x_i, x_j))

(Smyth, McClave 2001, "Similarity vs. diversity", doi:10.1007/3-540-44593-5_25; Ziegler, McNee, Konstan, Lausen 2005,
"Improving recommendation lists through topic diversification", doi:10.1145/1060745.1060754.) The labels come from
outside: distances of a model's own vectors would praise the model for itself. As Σ_ij cos(x_i, x_j) is the squared
length of the sum of the x_i, each divided by its own length, no pair has to be looked at.
"""

from __future__ import annotations

import numpy as np

from deepcuts.data.csr import quotient
from deepcuts.evaluation.item_labels import row_sums
from deepcuts.evaluation.ranked_lists import RankedLists


def intra_list_distance(lists: RankedLists, k: int) -> np.ndarray:
    """Mean distance between any two items of each user's list.

    Parameters
    ----------
    lists
        The lists to judge.
    k
        Length at which they are cut, at least 1.

    Returns
    -------
    numpy.ndarray
        float64, (lists.n_users,), from 0 to 1; NaN with fewer than two labelled items.
    """
    listed, features = lists.listed(k), lists.features
    n = listed.sums(features.is_labelled)
    total = row_sums(listed, features.directions)
    similar = np.sum(total**2, axis=1) - n  # without each item's likeness to itself
    values: np.ndarray = np.clip(1 - quotient(similar, n * (n - 1)), 0, 1)
    return values
