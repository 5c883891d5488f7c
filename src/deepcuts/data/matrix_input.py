"""A SciPy matrix of play counts from outside: checked, and put into ascending order of its ids."""

from __future__ import annotations

from collections.abc import Iterable, Set
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from deepcuts.array_types import FloatVector
from deepcuts.checks import kind_of, shown
from deepcuts.data.id_text import to_text
from deepcuts.data.ids import Ids
from deepcuts.errors import DataError
from deepcuts.wording import counted


def order_by_ids(
    matrix: sparse.csr_array, user_ids: Iterable[Any] | pa.Array, item_ids: Iterable[Any] | pa.Array, *, negative: bool
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
        If ids are missing, double or too few, an index lies outside the matrix, or a play count, or the sum of several
        of one pair, is NaN, infinite or, unless allowed, negative.
    """
    users, items = _in_order(user_ids, "user"), _in_order(item_ids, "item")
    matrix = _own_copy(matrix)
    _check_shape(matrix, len(users), len(items))
    _check_counts(matrix.data, negative=negative)
    with np.errstate(over="ignore"):  # a sum that float32 cannot hold is infinite, and refused
        matrix.sum_duplicates()
    _check_counts(matrix.data, negative=negative)
    matrix.eliminate_zeros()  # also counts that cancelled out
    user_order, item_order = (np.asarray(pc.sort_indices(ids)) for ids in (users, items))
    matrix = matrix[user_order][:, item_order]
    matrix.sort_indices()
    return matrix, Ids.of(users.take(pa.array(user_order)), "user"), Ids.of(items.take(pa.array(item_order)), "item")


def _in_order(ids: Iterable[Any] | pa.Array, kind: str) -> pa.StringArray:
    """Ids as text, of rows or columns: what has no order of its own cannot name them."""
    if isinstance(ids, Set):
        raise DataError(f"The {kind} ids are a set, which has no order. Pass a list, in the order of the matrix.")
    texts = to_text(ids, kind, allow_missing=True)  # `Ids.of` refuses what is missing or blank
    _check_distinct(texts.drop_null(), kind)
    return texts


def _check_distinct(ids: pa.StringArray, kind: str) -> None:
    counts = pc.value_counts(ids)
    double = counts.filter(pc.greater(counts.field("counts"), 1)).field("values")
    if len(double):
        line = "row" if kind == "user" else "column"
        raise DataError(
            f"Of the {kind} ids, {counted(len(double), 'is', 'are')} there more than once; the first is "
            f"{shown(double[0].as_py())}. Give every {line} one of its own; plays that are to be summed "
            "are read as a table, by read_plays."
        )


def _own_copy(matrix: Any) -> sparse.csr_array:
    """Copy a matrix of any SciPy format as float32 CSR, after a check that its indexes lie within it.

    SciPy does not check them by itself, and code of it that is compiled follows them out of its arrays.
    """
    if not sparse.issparse(matrix):
        raise DataError(f"The plays are {kind_of(matrix)}. Pass a SciPy matrix, such as csr_array(plays).")
    if matrix.ndim != 2 or matrix.dtype.kind not in "biuf":
        raise DataError(
            f"The matrix has {counted(matrix.ndim, 'dimension')} and holds {matrix.dtype}. Pass one of users and items "
            "that holds numbers."
        )
    _check_format(matrix)
    with np.errstate(over="ignore", invalid="ignore"):  # what float32 cannot hold is infinite, and refused later
        copy = sparse.csr_array(matrix, dtype=np.float32, copy=True)
    _check_format(copy)  # of formats that are not checked above
    return copy


def _check_format(matrix: Any) -> None:
    """Refuse indexes outside a matrix, by the checks of SciPy where a format has some."""
    try:
        if matrix.format in ("csr", "csc", "bsr"):
            type(matrix)((matrix.data, matrix.indices, matrix.indptr), matrix.shape).check_format(full_check=True)
        elif matrix.format == "coo":
            for coordinates, size in zip((matrix.row, matrix.col), matrix.shape, strict=True):
                if len(coordinates) and not (coordinates.min() >= 0 and coordinates.max() < size):
                    raise ValueError(f"coordinates must be within 0 to {size - 1}")
    except (ValueError, TypeError, IndexError) as error:
        raise DataError(f"The matrix is inconsistent: {error}. Build it again.") from None


def _check_shape(matrix: sparse.csr_array, n_users: int, n_items: int) -> None:
    if matrix.shape != (n_users, n_items):
        raise DataError(
            f"The matrix is {matrix.shape[0]:,} × {matrix.shape[1]:,}, with {counted(n_users, 'user id')} "
            f"and {counted(n_items, 'item id')}. Give one id for every row and every column."
        )


def _check_counts(counts: FloatVector, *, negative: bool) -> None:
    bad = np.flatnonzero(~(np.isfinite(counts) & ((counts >= 0) | negative)))
    if len(bad):
        raise DataError(
            f"{counted(len(bad), 'play count is', 'play counts are')} negative, NaN or infinite; "
            f"the first is {counts[bad[0]]}. "
            "Play counts are numbers above 0." + ("" if negative else " Pass dislikes=True if those below are meant.")
        )
