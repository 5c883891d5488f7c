"""The fields of `Interactions`: play counts of users and items as frozen arrays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike
from scipy import sparse

from deepcuts.array_types import CountVector, DoubleVector, FloatVector, Indices, Indptr, ReadOnlyCopies, freeze
from deepcuts.data.arrow_columns import take_text
from deepcuts.data.content import EqualByContent
from deepcuts.data.csr import row_of_entry
from deepcuts.data.ids import Ids
from deepcuts.data.index_checks import checked_index, checked_indexes
from deepcuts.data.labels import Labels

Plays = TypeVar("Plays", bound="PlayCounts")


@dataclass(frozen=True, eq=False)
class PlayCounts(ReadOnlyCopies, EqualByContent):
    """The fields and sizes of `Interactions`, which documents them."""

    indptr: Indptr
    indices: Indices
    plays: FloatVector
    user_ids: Ids
    item_ids: Ids
    last_played: CountVector | None = None
    labels: Labels | None = None
    dislikes: PlayCounts | None = None

    @property
    def n_users(self) -> int:
        """Number of users."""
        return len(self.user_ids)

    @property
    def n_items(self) -> int:
        """Number of items."""
        return len(self.item_ids)

    @property
    def n_pairs(self) -> int:
        """Number of user–item pairs that have plays."""
        return len(self.indices)

    @property
    def shape(self) -> tuple[int, int]:
        """Users and items."""
        return self.n_users, self.n_items

    @cached_property
    def item_listeners(self) -> CountVector:
        """Users who have played each item, int64, (n_items,)."""
        listeners = np.bincount(self.indices, minlength=self.n_items)
        freeze([listeners])
        return listeners

    @cached_property
    def item_plays(self) -> DoubleVector:
        """Plays of each item by all users, float64, (n_items,)."""
        totals = np.bincount(self.indices, weights=self.plays, minlength=self.n_items)
        totals = totals.astype(np.float64, copy=False)  # int64 where there are no pairs
        freeze([totals])
        return totals

    def item_names(self, item_indexes: ArrayLike) -> pa.ChunkedArray:
        """Names of some items; the ids of those that have none.

        Raises
        ------
        SettingsError
            If an index is none of an item.
        """
        texts = self.item_ids.values if self.labels is None else self.labels.names
        return take_text(texts, checked_indexes("item_indexes", item_indexes, self.n_items))

    def user_items(self, user_index: int) -> tuple[Indices, FloatVector]:
        """Item indexes and plays of one user.

        Raises
        ------
        SettingsError
            If the index is none of a user.
        """
        user_index = checked_index("user_index", user_index, self.n_users)
        pairs = slice(self.indptr[user_index], self.indptr[user_index + 1])
        return self.indices[pairs], self.plays[pairs]

    def user_of_pair(self) -> Indices:
        """User index of every pair, int32, (n_pairs,)."""
        return row_of_entry(self.indptr, np.int32)

    def to_csr(self) -> sparse.csr_array:
        """Return the play counts as a SciPy matrix, (n_users, n_items); it shares no memory with this object."""
        return sparse.csr_array((self.plays.copy(), self.indices.copy(), self.indptr.copy()), shape=self.shape)
