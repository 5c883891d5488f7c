"""Tags of groups of items."""

from __future__ import annotations

import numpy as np

from deepcuts.array_types import DoubleVector, IndexVector, NumberVector
from deepcuts.data.interactions import Interactions


def tag_shares(plays: Interactions, items: IndexVector, weights: NumberVector) -> DoubleVector:
    """Share of every tag in a group of items, each of which spreads its weight over its own tags.

    Parameters
    ----------
    plays
        Whose items these are.
    items
        int, (n_group,).
    weights
        float, (n_group,); below 0 counts as 0.

    Returns
    -------
    float64, (n_tags,): it sums to 1, or is 0 where no item has a tag.
    """
    if plays.labels is None:
        return np.zeros(0)
    group = plays.labels.tags[items]
    each = np.asarray(group.sum(axis=1), np.float64).ravel()
    counted = np.divide(np.maximum(weights, 0), each, out=np.zeros(len(each)), where=each > 0)
    total = np.asarray(counted @ group, np.float64).ravel()
    return total / max(float(total.sum()), np.finfo(np.float64).tiny)
