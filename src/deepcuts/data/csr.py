"""Items of users, as many as each one has: histories, held-out items, lists."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class UserItems:
    """Item indexes, user by user.

    Parameters
    ----------
    indptr
        int64, (n_users + 1,): the items of user u are ``items[indptr[u]:indptr[u + 1]]``.
    items
        int32, (n_pairs,).
    """

    indptr: np.ndarray
    items: np.ndarray

    @property
    def n_users(self) -> int:
        """Users, those without items included."""
        return len(self.indptr) - 1

    @property
    def sizes(self) -> np.ndarray:
        """Items of each user, int64, (n_users,)."""
        return np.diff(self.indptr)

    @property
    def rows(self) -> np.ndarray:
        """User of every item, int64, (n_pairs,)."""
        return np.repeat(np.arange(self.n_users), self.sizes)

    def part(self, rows: slice) -> UserItems:
        """Users in a row, as a view."""
        indptr = self.indptr[rows.start : rows.stop + 1]
        return UserItems(indptr - indptr[0], self.items[indptr[0] : indptr[-1]])

    def take(self, users: np.ndarray) -> UserItems:
        """Some users, as a copy."""
        sizes = self.sizes[users]
        indptr = np.concatenate([[0], np.cumsum(sizes)])
        places = np.arange(indptr[-1]) - np.repeat(indptr[:-1] - self.indptr[users], sizes)
        return UserItems(indptr, self.items[places])

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Sum of `values`, one number per item, over the items of each user, float64, (n_users,)."""
        return np.bincount(self.rows, values[self.items], self.n_users)

    def means(self, values: np.ndarray) -> np.ndarray:
        """Mean of `values`, one number per item, over the items of each user; NaN for a user without items."""
        return quotient(self.sums(values), self.sizes)


def quotient(numerators: np.ndarray | float, denominators: np.ndarray) -> np.ndarray:
    """Divide, float64; NaN where the denominator is 0."""
    values = np.full(np.broadcast_shapes(np.shape(numerators), np.shape(denominators)), np.nan)
    np.divide(numerators, denominators, out=values, where=np.asarray(denominators) != 0)
    return values
