"""Pairs of users and items as rows of one side: the form that a half-step works on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of users, of personas or of items, each with its observed pairs.

    Parameters
    ----------
    indptr
        int64, (n_rows + 1,): the pairs of row i are ``indptr[i]:indptr[i + 1]``.
    indices
        int32, (n_pairs,): the row of the other side that each pair meets.
    confidence, target
        float32, (n_pairs,): c and r of each pair.
    disliked
        Rows of the same users with the pairs they dislike, whose target is 0; None where there are none. They belong to
        no persona, so they are kept apart from what a user is split by.
    """

    indptr: np.ndarray
    indices: np.ndarray
    confidence: np.ndarray
    target: np.ndarray
    disliked: Rows | None = None

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.indptr) - 1

    @cached_property
    def n_pairs(self) -> np.ndarray:
        """Pairs of every row, int64, (n_rows,)."""
        return np.diff(self.indptr)

    @cached_property
    def by_length(self) -> np.ndarray:
        """Rows in ascending order of their numbers of pairs, int64, (n_rows,)."""
        return np.argsort(self.n_pairs, kind="stable")

    @cached_property
    def weights(self) -> np.ndarray:
        """Observed weight of every row, Σ c over its pairs, float64, (n_rows,)."""
        return sums_of_rows(self.confidence, self.indptr)

    @property
    def with_dislikes(self) -> Rows:
        """The same rows with the disliked pairs among the others: what a half-step solves."""
        return self if self._with_disliked is None else self._with_disliked

    @cached_property
    def _with_disliked(self) -> Rows | None:
        """None where nothing is disliked: rows that refer to themselves would outlive the stage that drops them."""
        return None if self.disliked is None else _beside(self, self.disliked)

    def take(self, rows: np.ndarray) -> Rows:
        """Return some rows, in that order, with copies of their pairs."""
        disliked = None if self.disliked is None else self.disliked.take(rows)
        any_column = np.iinfo(np.int32).max  # how many there are does not matter here
        return _of_matrix(_as_matrix(self, any_column)[rows], disliked)

    def block(self, first: int, last: int) -> Rows:
        """Rows `first` to `last` − 1, sharing memory with these."""
        pairs = slice(self.indptr[first], self.indptr[last])
        return Rows(
            self.indptr[first : last + 1] - self.indptr[first],
            self.indices[pairs],
            self.confidence[pairs],
            self.target[pairs],
            None if self.disliked is None else self.disliked.block(first, last),
        )


def sums_of_rows(values: np.ndarray, indptr: np.ndarray) -> np.ndarray:
    """Sum up the values of every row, float64, (n_rows,); those of row i are ``indptr[i]:indptr[i + 1]``."""
    filled = np.diff(indptr) > 0
    sums = np.zeros(len(filled))
    if np.any(filled):
        sums[filled] = np.add.reduceat(values[: indptr[-1]], indptr[:-1][filled], dtype=np.float64)
    return sums


def transpose(rows: Rows, n_columns: int) -> Rows:
    """Turn the rows of one side into the rows of the other, (n_columns,)."""
    return _of_matrix(_as_matrix(rows, n_columns).tocsc())  # by counting, not by sorting


def split_by_persona(rows: Rows, personas: np.ndarray, persona_indptr: np.ndarray) -> Rows:
    """Split every user's row into the rows of their personas; the number of pairs stays the same.

    What a user dislikes goes to all of their personas, as what they have not played does: x̂ is the best match of any.

    Parameters
    ----------
    rows
        One row per user.
    personas
        int8, (n_pairs,): the persona, 0 … P_u − 1, that each pair belongs to.
    persona_indptr
        int64, (n_users + 1,): the personas of user u become the rows ``persona_indptr[u]:persona_indptr[u + 1]``.
    """
    row_of_pair = persona_row_of_pair(rows, personas, persona_indptr)
    order = np.argsort(row_of_pair, kind="stable")
    return Rows(
        _indptr(np.bincount(row_of_pair, minlength=persona_indptr[-1])),
        rows.indices[order],
        rows.confidence[order],
        rows.target[order],
        None if rows.disliked is None else rows.disliked.take(_user_of_row(persona_indptr)),
    )


def persona_row_of_pair(rows: Rows, personas: np.ndarray, persona_indptr: np.ndarray) -> np.ndarray:
    """Return the persona row that each pair belongs to, int64, (n_pairs,); parameters as in `split_by_persona`."""
    return np.asarray(np.repeat(persona_indptr[:-1], np.diff(rows.indptr)) + personas)


def _as_matrix(rows: Rows, n_columns: int) -> sparse.csr_array:
    """Confidence and target of every pair as one complex number, which is moved in one piece."""
    integer = np.int32 if len(rows.indices) < 2**31 else np.int64
    both = np.stack([rows.confidence, rows.target], axis=1).view(np.complex64)[:, 0]
    return sparse.csr_array((both, rows.indices, rows.indptr.astype(integer)), shape=(rows.n_rows, n_columns))


def _of_matrix(matrix: sparse.csr_array | sparse.csc_array, disliked: Rows | None = None) -> Rows:
    confidence, target = np.ascontiguousarray(matrix.data.real), np.ascontiguousarray(matrix.data.imag)
    indptr, indices = matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32, copy=False)
    return Rows(indptr, indices, confidence, target, disliked)


def _beside(rows: Rows, others: Rows) -> Rows:
    """Put the pairs of the same rows of two together."""
    row_of_pair = np.concatenate([np.repeat(np.arange(part.n_rows), part.n_pairs) for part in (rows, others)])
    order = np.argsort(row_of_pair, kind="stable")
    indices, confidence, target = (
        np.concatenate([getattr(part, name) for part in (rows, others)])[order]
        for name in ("indices", "confidence", "target")
    )
    return Rows(_indptr(rows.n_pairs + others.n_pairs), indices, confidence, target)


def _user_of_row(persona_indptr: np.ndarray) -> np.ndarray:
    return np.repeat(np.arange(len(persona_indptr) - 1), np.diff(persona_indptr))


def _indptr(n_pairs: np.ndarray) -> np.ndarray:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(n_pairs)])
