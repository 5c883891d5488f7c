"""Tags of groups of items."""

from __future__ import annotations

import numpy as np

from deepcuts.array_types import DoubleVector, IndexVector, NumberVector
from deepcuts.data.interactions import Interactions


def tag_shares(plays: Interactions, items: IndexVector, weights: NumberVector) -> DoubleVector:
    """Share of every tag in the weight of a group of items, by `Labels.tag_weights`.

    Parameters
    ----------
    plays
        The plays that the items belong to.
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
    totals = plays.labels.tag_weights(items, weights)
    total = float(totals.sum())
    return totals / total if total > 0 else totals
