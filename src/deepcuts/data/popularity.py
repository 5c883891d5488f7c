"""How widely an item is known, in bits."""

from __future__ import annotations

import numpy as np

from deepcuts.array_types import CountVector, DoubleVector


def item_novelties(listeners: CountVector, n_users: int) -> DoubleVector:
    """Novelty of each item, −log2(listeners / users), in bits, float64, (n_items,).

    Parameters
    ----------
    listeners
        int64, (n_items,): users of train who play each item; 0 counts as 1.
    n_users
        Users of train.
    """
    bits: DoubleVector = -np.log2(np.maximum(listeners, 1) / n_users)
    return bits
