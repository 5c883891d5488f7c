"""Rows of different lengths in flat arrays: the entries of row i are ``indptr[i]:indptr[i + 1]``.

Plays of users, pairs of personas, items of lists and of scenes are all stored like this; what only concerns the layout
is defined here, once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from deepcuts.array_types import AnyArray, CountVector, DoubleVector, IndexVector, Indices, Indptr, NumberVector


def indptr_of(sizes: AnyArray) -> Indptr:
    """Where rows of these sizes begin, and where the last one ends, int64, (n_rows + 1,).

    With a mask of entries as the sizes, ``indptr_of(mask)[indptr]`` is where rows begin in what the mask keeps.
    """
    indptr = np.zeros(len(sizes) + 1, np.int64)
    np.cumsum(sizes, out=indptr[1:])
    return indptr


def row_of_entry(indptr: Indptr, dtype: type[np.int64 | np.int32] = np.int64) -> IndexVector:
    """Return the row that each entry is in, (n_entries,)."""
    return np.repeat(np.arange(len(indptr) - 1, dtype=dtype), np.diff(indptr))


def divides(indptr: Indptr, n_entries: int) -> bool:
    """Whether an indptr that was read from a file divides so many entries among its rows."""
    return bool(indptr[0] == 0 and indptr[-1] == n_entries and np.all(indptr[1:] >= indptr[:-1]))


def entries_of_rows(indptr: Indptr, rows: IndexVector) -> tuple[Indptr, IndexVector]:
    """Find the entries of `rows`, in that order.

    Returns
    -------
    The indptr of these rows among their own entries, int64, (len(rows) + 1,), and the indexes of the entries, int64.
    """
    sizes = indptr[rows + 1] - indptr[rows]
    taken = indptr_of(sizes)
    # Entry e of the result is entry e of the flat array, moved by how far its row has moved.
    return taken, np.arange(taken[-1]) + np.repeat(indptr[rows] - taken[:-1], sizes)


def block_of_rows(indptr: Indptr, first: int, last: int) -> tuple[Indptr, slice]:
    """Return the indptr of rows `first` to `last` − 1 among their own entries, and the slice of these entries."""
    return indptr[first : last + 1] - indptr[first], slice(int(indptr[first]), int(indptr[last]))


def sums_of_rows(values: NumberVector, indptr: Indptr) -> DoubleVector:
    """Sum up the values of every row, one value per entry, float64, (n_rows,)."""
    filled = np.diff(indptr) > 0  # of an empty row, reduceat would return the next row's first value
    sums = np.zeros(len(filled))
    if np.any(filled):
        # Cut at indptr[-1], as reduceat sums the last row to the end of the array.
        sums[filled] = np.add.reduceat(values[: indptr[-1]], indptr[:-1][filled], dtype=np.float64)
    return sums


def quotient(numerators: Any, denominators: Any) -> AnyArray:
    """Divide, float64; NaN where the denominator is 0."""
    values = np.full(np.broadcast_shapes(np.shape(numerators), np.shape(denominators)), np.nan)
    np.divide(numerators, denominators, out=values, where=np.asarray(denominators) != 0)
    return values


@dataclass(frozen=True, eq=False)
class UserItems:
    """Item indexes, user by user: histories, held-out items, lists.

    Parameters
    ----------
    indptr
        int64, (n_users + 1,): the items of user u are ``items[indptr[u]:indptr[u + 1]]``.
    items
        int32, (n_entries,).
    """

    indptr: Indptr
    items: Indices

    @property
    def n_users(self) -> int:
        """Users, those without items included."""
        return len(self.indptr) - 1

    @property
    def sizes(self) -> CountVector:
        """Items of each user, int64, (n_users,)."""
        return np.diff(self.indptr)

    @property
    def rows(self) -> IndexVector:
        """User of every item, int64, (n_entries,)."""
        return row_of_entry(self.indptr)

    def part(self, rows: slice) -> UserItems:
        """Users in a row, as a view."""
        indptr, entries = block_of_rows(self.indptr, rows.start, rows.stop)
        return UserItems(indptr, self.items[entries])

    def take(self, users: IndexVector) -> UserItems:
        """Some users, as a copy."""
        indptr, entries = entries_of_rows(self.indptr, users)
        return UserItems(indptr, self.items[entries])

    def sums(self, values: NumberVector) -> DoubleVector:
        """Sum of `values`, one number per item, over the items of each user, float64, (n_users,)."""
        return np.bincount(self.rows, values[self.items], self.n_users).astype(
            np.float64, copy=False
        )  # int64 where empty

    def means(self, values: NumberVector) -> DoubleVector:
        """Mean of `values`, one number per item, over the items of each user; NaN for a user without items."""
        return quotient(self.sums(values), self.sizes)
