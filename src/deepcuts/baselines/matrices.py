"""Plays as the matrix that models of other libraries and in closed form work on."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from deepcuts.data.interactions import Interactions


def played(plays: Interactions) -> sparse.csr_array:
    """1 where a user has played an item, float32, (n_users, n_items)."""
    ones = np.ones(plays.n_pairs, np.float32)
    # Copies: SciPy may sort or sum in place, and the arrays of plays are frozen.
    return sparse.csr_array((ones, plays.indices.copy(), plays.indptr.copy()), shape=plays.shape)
