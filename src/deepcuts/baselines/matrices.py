"""Plays as the matrix that models of other libraries and in closed form work on."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from deepcuts.data.interactions import Interactions
from deepcuts.errors import SettingsError
from deepcuts.wording import counted


def played(plays: Interactions) -> sparse.csr_array:
    """1 where a user has played an item, float32, (n_users, n_items)."""
    ones = np.ones(plays.n_pairs, np.float32)
    # Copies: SciPy may sort or sum in place, and the arrays of plays are frozen.
    return sparse.csr_array((ones, plays.indices.copy(), plays.indptr.copy()), shape=plays.shape)


def check_dense_items(name: str, n_items: int, *, bytes_each: int, most_gigabytes: float) -> None:
    """Refuse a dense matrix of items × items that would not fit.

    Parameters
    ----------
    name
        The method, for the message.
    n_items
        Rows and columns.
    bytes_each
        Of an entry.
    most_gigabytes
        Memory that it may take.

    Raises
    ------
    SettingsError
        If it needs more.
    """
    gigabytes = n_items**2 * bytes_each / 1e9
    if gigabytes > most_gigabytes:
        raise SettingsError(
            f"{name} inverts a matrix of {n_items:,} × {counted(n_items, 'item')}, {gigabytes:,.3g} "
            f"GB, and most_gigabytes is "
            f"{most_gigabytes:g}. Prune items, or raise most_gigabytes where there is memory for it."
        )
