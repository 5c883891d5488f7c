"""Ranked lists beside what was held out: all that a metric gets to see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from deepcuts.array_types import (
    BoolMatrix,
    CountVector,
    DoubleMatrix,
    DoubleVector,
    IndexMatrix,
    IndexVector,
    Indices,
    NumberVector,
    PersonaMatrix,
    ReadOnlyCopies,
)
from deepcuts.checks import instance
from deepcuts.data.csr import UserItems, indptr_of
from deepcuts.data.interactions import Interactions
from deepcuts.evaluation.item_labels import ItemFeatures

_BLOCK_CELLS = 1 << 19  # cells of lists worked on at once: their temporaries stay in the cache, or nearly


@dataclass(frozen=True, eq=False)
class TrainTotals:
    """What is counted over all users of train.

    Parameters
    ----------
    listeners
        int64, (n_items,): users who have played each item.
    n_users, n_pairs
        Users and pairs.
    """

    listeners: CountVector
    n_users: int
    n_pairs: int


@dataclass(frozen=True, eq=False)
class RankedLists(ReadOnlyCopies):
    """The lists of the users that are judged, as arrays, and what is known of these users.

    Parameters
    ----------
    items
        int32, (n_users, depth): item indexes of train, best first; -1 past the end of a short list.
    hits
        bool, (n_users, depth): the item was held out for this user.
    list_personas
        int8, (n_users, depth): the persona an item is listed for, 0 the dominant one, or past the end of a short list;
        (n_users, 0) where the lists do not tell.
    user_ids
        Arrow strings, (n_users,), ascending.
    seen
        Items of each user in train.
    holdout
        Held-out items of each user that train has.
    n_holdout
        int64, (n_users,): held-out items, at least 1; those that train does not have are among them.
    persona_shares
        float64, (n_users, n_personas): share of the user's items that belong to each persona; (n_users, 0) where
        personas are not known.
    train
        What the lists were made from.
    item_labels
        Labels of the items.
    totals
        Counts over all users, where `train` holds some of them only; None where it holds all.
    """

    items: IndexMatrix
    hits: BoolMatrix
    list_personas: PersonaMatrix
    user_ids: pa.StringArray
    seen: UserItems
    holdout: UserItems
    n_holdout: CountVector
    persona_shares: DoubleMatrix
    train: Interactions
    item_labels: ItemFeatures
    totals: TrainTotals | None = None

    @property
    def n_users(self) -> int:
        """Users that are judged, with a list or without."""
        return len(self.items)

    @property
    def depth(self) -> int:
        """Length of the longest list, at least 1."""
        return int(self.items.shape[1])

    @property
    def n_without_list(self) -> int:
        """Users that are judged but have no list."""
        return int(np.count_nonzero(self.items[:, 0] < 0))  # lists have no gaps

    @property
    def item_listeners(self) -> CountVector:
        """Users of train that have played each item, int64, (n_items,)."""
        return self.of_train.listeners

    @property
    def of_train(self) -> TrainTotals:
        """Counts over all users of train."""
        train = self.train
        return self.totals or TrainTotals(train.item_listeners, train.n_users, train.n_pairs)

    @property
    def n_items(self) -> int:
        """Items of train."""
        return self.train.n_items

    @property
    def tells_personas(self) -> bool:
        """Whether it is known for which persona each item is listed."""
        return self.list_personas.shape == self.items.shape

    @property
    def n_unknown(self) -> CountVector:
        """Held-out items of each user that train does not have, int64, (n_users,)."""
        unknown: CountVector = self.n_holdout - self.holdout.sizes
        return unknown

    def listed(self, k: int) -> UserItems:
        """First `k` items of each user's list, fewer where it is shorter."""
        items = self.items[:, :k]
        there = items >= 0
        return UserItems(indptr_of(np.count_nonzero(there, axis=1)), items[there])

    def hit_items(self, k: int) -> tuple[IndexVector, Indices]:
        """User and item of every hit among the first `k` of the lists, user by user, best first."""
        users, columns = np.nonzero(self.hits[:, :k])
        return users, self.items[users, columns]

    def hit_sums(self, weights: NumberVector, k: int) -> DoubleVector:
        """Sum of `weights`, one number per item, over the hits among each user's first `k`, float64, (n_users,)."""
        users, items = self.hit_items(k)
        sums = np.bincount(users, weights[items], self.n_users)
        return sums.astype(np.float64, copy=False)  # integers where there is no hit at all

    def blocks(self) -> Iterator[RankedLists]:
        """Give the users some at a time, in order, so that what a metric computes on the way stays small."""
        for rows in row_blocks(self.n_users, self.depth):
            yield replace(
                self,
                items=self.items[rows],
                hits=self.hits[rows],
                list_personas=self.list_personas[rows],
                user_ids=self.user_ids[rows],
                seen=self.seen.part(rows),
                holdout=self.holdout.part(rows),
                n_holdout=self.n_holdout[rows],
                persona_shares=self.persona_shares[rows],
            )

    def exposure(self, k: int) -> CountVector:
        """How many of the lists hold each item among their first `k`, int64, (n_items,)."""
        counts = np.zeros(self.n_items + 1, np.int64)  # the last one counts the -1 of short lists
        for block in self.blocks():
            counts += np.bincount(block.items[:, :k].ravel() % (self.n_items + 1), minlength=self.n_items + 1)
        return counts[:-1]


def check_ranked(name: str, lists: object) -> RankedLists:
    """Take lists that lie beside their holdout.

    Raises
    ------
    SettingsError
        If they are anything else.
    """
    return instance(name, lists, RankedLists, "Give what rank_lists(lists, train, holdout) returns.")


def row_blocks(n_rows: int, n_columns: int) -> Iterator[slice]:
    """Consecutive slices of rows with about `_BLOCK_CELLS` cells each."""
    step = max(1, _BLOCK_CELLS // max(1, n_columns))
    for start in range(0, n_rows, step):
        yield slice(start, min(start + step, n_rows))
