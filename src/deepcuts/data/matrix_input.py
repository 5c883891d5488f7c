"""A SciPy matrix of play counts from outside: checked, and put into ascending order of its ids."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from deepcuts.data.ids import Ids, as_strings
from deepcuts.errors import DataError


def order_by_ids(
    matrix: sparse.csr_array, user_ids: Sequence[str] | pa.Array, item_ids: Sequence[str] | pa.Array, *, negative: bool
) -> tuple[sparse.csr_array, Ids, Ids]:
    """Put rows and columns into ascending order of their ids, drop stored zeros and sum duplicates.

    Parameters
    ----------
    matrix
        Play counts, (n_users, n_items).
    user_ids, item_ids
        Ids of its rows and columns.
    negative
        Whether counts below 0 are allowed.

    Returns
    -------
    The counts, float32 with sorted indexes, in memory of their own; ids of the rows and of the columns, ascending.

    Raises
    ------
    DataError
        If ids are missing, double or too few, or a play count is NaN, infinite or, unless allowed, negative.
    """
    with np.errstate(over="ignore"):  # what float32 cannot hold is infinite, and refused below
        matrix = sparse.csr_array(matrix, dtype=np.float32, copy=True)
    users, items = as_strings(user_ids), as_strings(item_ids)
    _check_counts(matrix, len(users), len(items), negative=negative)
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    user_order, item_order = (np.asarray(pc.sort_indices(ids)) for ids in (users, items))
    matrix = matrix[user_order][:, item_order]
    matrix.sort_indices()
    return matrix, Ids.of(users.take(pa.array(user_order)), "user"), Ids.of(items.take(pa.array(item_order)), "item")


def _check_counts(matrix: sparse.csr_array, n_users: int, n_items: int, *, negative: bool) -> None:
    if matrix.shape != (n_users, n_items):
        raise DataError(
            f"The matrix is {matrix.shape[0]:,} × {matrix.shape[1]:,}, but there are {n_users:,} user ids "
            f"and {n_items:,} item ids. Give one id for every row and every column."
        )
    bad = np.flatnonzero(~(np.isfinite(matrix.data) & ((matrix.data >= 0) | negative)))
    if len(bad):
        raise DataError(
            f"{len(bad):,} play counts are negative, NaN or infinite; the first is {matrix.data[bad[0]]}. "
            "Play counts are numbers above 0." + ("" if negative else " Pass dislikes=True if those below are meant.")
        )
