"""Pairs of users and items as rows of users, personas or items: the form that a half-step works on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from deepcuts.array_types import CountVector, DoubleVector, FloatVector, IndexVector, Indices, Indptr, PersonaVector
from deepcuts.data.csr import block_of_rows, indptr_of, row_of_entry, sums_of_rows


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of users, of personas or of items, each with its observed pairs.

    Parameters
    ----------
    indptr
        int64, (n_rows + 1,): the pairs of row i are ``indptr[i]:indptr[i + 1]``.
    indices
        int32, (n_pairs,): the other end of each pair: an item where rows are users or personas, else a user.
    confidence, target
        float32, (n_pairs,): c and r of each pair.
    disliked
        Rows of the same users with the pairs they dislike, whose target is 0; None where there are none. They belong to
        no persona, so they are kept apart from what a user is split by.
    """

    indptr: Indptr
    indices: Indices
    confidence: FloatVector
    target: FloatVector
    disliked: Rows | None = None

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.indptr) - 1

    @cached_property
    def n_pairs(self) -> CountVector:
        """Pairs of every row, int64, (n_rows,)."""
        return np.diff(self.indptr)

    @cached_property
    def by_length(self) -> IndexVector:
        """Rows in ascending order of their numbers of pairs, int64, (n_rows,)."""
        return length_order(self.n_pairs)

    @cached_property
    def weights(self) -> DoubleVector:
        """Observed weight of every row, Σ c over its pairs, float64, (n_rows,)."""
        return sums_of_rows(self.confidence, self.indptr)

    @property
    def with_dislikes(self) -> Rows:
        """The same rows with the disliked pairs among the others: what a half-step solves."""
        return self if self._with_disliked is None else self._with_disliked

    @cached_property
    def _with_disliked(self) -> Rows | None:
        """None where nothing is disliked: rows in their own cache would not be freed with the stage that drops them."""
        return None if self.disliked is None else beside(self, self.disliked)

    def take(self, rows: IndexVector) -> Rows:
        """Return some rows, in that order, with copies of their pairs."""
        disliked = None if self.disliked is None else self.disliked.take(rows)
        any_column = np.iinfo(np.int32).max  # how many there are does not matter here
        return _of_matrix(_as_matrix(self, any_column)[rows], disliked)

    def block(self, first: int, last: int) -> Rows:
        """Rows `first` to `last` − 1, sharing memory with these."""
        indptr, pairs = block_of_rows(self.indptr, first, last)
        return Rows(
            indptr,
            self.indices[pairs],
            self.confidence[pairs],
            self.target[pairs],
            None if self.disliked is None else self.disliked.block(first, last),
        )


def length_order(n_pairs: CountVector) -> IndexVector:
    """Return rows in ascending order of their numbers of pairs, int64, (n_rows,)."""
    return np.argsort(n_pairs, kind="stable")  # rows of one length stay in order, on every machine


def transpose(rows: Rows, n_columns: int) -> Rows:
    """Turn rows of users into rows of items, or the other way round; (n_columns,) rows."""
    return _of_matrix(_as_matrix(rows, n_columns).tocsc())  # by counting, not by sorting


def split_by_persona(rows: Rows, personas: PersonaVector, persona_indptr: Indptr) -> Rows:
    """Split every user's row into the rows of their personas; the number of pairs stays the same.

    By equation (3) of docs/maths.md, each persona is a row of its own. What a user dislikes goes to all of their
    personas, as what they have not played does: x̂ is the best match of any.

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
        indptr_of(np.bincount(row_of_pair, minlength=persona_indptr[-1])),  # personas without pairs keep a row
        rows.indices[order],
        rows.confidence[order],
        rows.target[order],
        None if rows.disliked is None else rows.disliked.take(row_of_entry(persona_indptr)),
    )


def persona_row_of_pair(rows: Rows, personas: PersonaVector, persona_indptr: Indptr) -> IndexVector:
    """Return the persona row that each pair belongs to, int64, (n_pairs,); parameters as in `split_by_persona`."""
    return np.asarray(np.repeat(persona_indptr[:-1], np.diff(rows.indptr)) + personas)


def _as_matrix(rows: Rows, n_columns: int) -> sparse.csr_array:
    """Rows as a SciPy matrix, with confidence and target of a pair as one complex number that is moved in one piece.

    On two million pairs, this takes a bit more than half the time of moving both by `entries_of_rows`.
    """
    integer = np.int32 if len(rows.indices) < 2**31 else np.int64  # SciPy wants indptr and indices of one type
    both = np.stack([rows.confidence, rows.target], axis=1).view(np.complex64)[:, 0]
    return sparse.csr_array((both, rows.indices, rows.indptr.astype(integer)), shape=(rows.n_rows, n_columns))


def _of_matrix(matrix: sparse.csr_array | sparse.csc_array, disliked: Rows | None = None) -> Rows:
    # .real and .imag are views with gaps; kernels take contiguous arrays.
    confidence, target = np.ascontiguousarray(matrix.data.real), np.ascontiguousarray(matrix.data.imag)
    indptr, indices = matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32, copy=False)
    return Rows(indptr, indices, confidence, target, disliked)


def beside(rows: Rows, others: Rows) -> Rows:
    """Append to every row the pairs that another has in the same row."""
    row_of_pair = np.concatenate([row_of_entry(part.indptr) for part in (rows, others)])
    order = np.argsort(row_of_pair, kind="stable")
    indices, confidence, target = (
        np.concatenate([getattr(part, name) for part in (rows, others)])[order]
        for name in ("indices", "confidence", "target")
    )
    return Rows(indptr_of(rows.n_pairs + others.n_pairs), indices, confidence, target)
