"""Ranked lists beside what was held out: all that a metric gets to see."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from deepcuts.errors import DataError
from deepcuts.evaluation.entries import ArrowStream, EntryCode, read_entries
from deepcuts.evaluation.held import Held, is_member, names_of, pair_keys
from deepcuts.interactions import Interactions

logger = logging.getLogger(__name__)

_BLOCK_CELLS = 1 << 21  # list places worked on at once: their temporaries take some 100 MB


@dataclass(frozen=True, eq=False)
class RankedLists:
    """The lists of the users that are judged, as arrays.

    Parameters
    ----------
    items
        int32, (n_users, depth): item indexes of train, best first; -1 past the end of a short list.
    hits
        bool, (n_users, depth): the item was held out for this user.
    n_held
        int64, (n_users,): held-out items, at least 1; those that train does not have are among them.
    item_listeners
        int64, (n_items,): users of train that have played each item.
    n_train_users, n_items
        Users and items of train.
    user_ids
        Arrow strings, (n_users,), ascending.
    """

    items: np.ndarray
    hits: np.ndarray
    n_held: np.ndarray
    item_listeners: np.ndarray
    n_train_users: int
    n_items: int
    user_ids: pa.StringArray

    def __post_init__(self) -> None:
        for array in (self.items, self.hits, self.n_held):
            array.flags.writeable = False

    @property
    def n_users(self) -> int:
        """Users that are judged, with a list or without."""
        return len(self.items)

    @property
    def depth(self) -> int:
        """Length of the longest list."""
        return int(self.items.shape[1])

    @property
    def n_without_list(self) -> int:
        """Users that are judged but have no list."""
        return int(np.count_nonzero(self.items[:, 0] < 0)) if self.depth else self.n_users

    def blocks(self) -> Iterator[RankedLists]:
        """Give the users some at a time, in order, so that what a metric computes on the way stays small."""
        for rows in _row_blocks(self.n_users, self.depth):
            yield replace(
                self,
                items=self.items[rows],
                hits=self.hits[rows],
                n_held=self.n_held[rows],
                user_ids=self.user_ids[rows],
            )

    def exposure(self, k: int) -> np.ndarray:
        """How many of the lists hold each item among their first `k`, int64, (n_items,)."""
        counts = np.zeros(self.n_items + 1, np.int64)  # the last one counts the -1 of short lists
        for block in self.blocks():
            counts += np.bincount(block.items[:, :k].ravel() % (self.n_items + 1), minlength=self.n_items + 1)
        return counts[:-1]


def rank_lists(lists: ArrowStream, train: Interactions, holdout: Interactions) -> RankedLists:
    """Check somebody's lists and lay them beside the holdout.

    Every user of the holdout that is in train is judged, with a list or without one; other users are left out, and
    the rows of their lists are not looked at. Lists may be shorter than each other, and ranks may leave gaps.

    Parameters
    ----------
    lists
        A table with the columns user_id, item_id, rank (1 = best), in any order of rows; further columns are ignored.
    train
        What the lists were made from: it says what is seen, which items there are and how many listeners they have.
    holdout
        What was taken out of train beforehand.

    Raises
    ------
    DataError
        If the table lacks a column; a rank is missing, no whole number, below 1, or twice in a list; an item is
        twice in a list, seen, or not in train; or if the holdout is empty, has no user of train or a pair of train.
    """
    held = Held.of(train, holdout)
    judged = np.zeros(train.n_users, bool)
    judged[held.users] = True
    items, hits = _lay_out(read_entries(lists, train, judged), train, held)
    ranked = RankedLists(
        items, hits, held.n_held, train.item_listeners, train.n_users, train.n_items, train.user_ids.take(held.users)
    )
    if ranked.n_without_list:
        logger.warning("%d of %d users judged have no list; they count as missed.", ranked.n_without_list, len(items))
    return ranked


def _lay_out(entries: np.ndarray, train: Interactions, held: Held) -> tuple[np.ndarray, np.ndarray]:
    """Turn ordered entries into the arrays of items and hits, one row per judged user."""
    code = EntryCode(*train.shape)
    starts = np.append(np.searchsorted(entries, code.first(held.users)), len(entries))
    lengths = np.diff(starts)
    shape = len(lengths), int(lengths.max())
    items, hits = np.full(shape, -1, np.int32), np.zeros(shape, bool)
    for rows in _row_blocks(*shape):
        block = entries[starts[rows.start] : starts[rows.stop]]
        row = np.repeat(np.arange(rows.start, rows.stop), lengths[rows])
        column = np.arange(starts[rows.start], starts[rows.stop]) - starts[row]
        places, item = code.unpack(block)
        pairs = held.users[row] * train.n_items + item
        items[row, column] = item
        _refuse_doubles(items[rows], held.users[rows], train)
        _refuse_ties(places, pairs, train)
        _refuse_seen(pairs, pair_keys(train, held.users[rows.start], held.users[rows.stop - 1] + 1), train)
        hits[row, column] = is_member(pairs, held.pairs)
    return items, hits


def _refuse_ties(places: np.ndarray, pairs: np.ndarray, train: Interactions) -> None:
    tied = np.flatnonzero(places[1:] == places[:-1])
    if len(tied):
        user, item = names_of(pairs[tied[0]], train)
        _, other = names_of(pairs[tied[0] + 1], train)
        raise DataError(
            f"In the list of user {user!r} the items {item!r} and {other!r} have the same rank. "
            "Give every item of a list a rank of its own."
        )


def _refuse_doubles(items: np.ndarray, users: np.ndarray, train: Interactions) -> None:
    ascending = np.sort(items, axis=1)
    double = np.argwhere((ascending[:, 1:] == ascending[:, :-1]) & (ascending[:, 1:] >= 0))
    if len(double):
        row, column = double[0]
        user, item = names_of(users[row] * train.n_items + ascending[row, column], train)
        raise DataError(f"The list of user {user!r} holds the item {item!r} twice. List every item once.")


def _refuse_seen(pairs: np.ndarray, train_pairs: np.ndarray, train: Interactions) -> None:
    seen = np.flatnonzero(is_member(pairs, train_pairs))
    if len(seen):
        user, item = names_of(pairs[seen[0]], train)
        raise DataError(
            f"The list of user {user!r} holds the item {item!r}, which the user already has in train. "
            "Leave seen items out of the lists."
        )


def _row_blocks(n_rows: int, n_columns: int) -> Iterator[slice]:
    """Consecutive slices of rows with about `_BLOCK_CELLS` cells each."""
    step = max(1, _BLOCK_CELLS // max(1, n_columns))
    for start in range(0, n_rows, step):
        yield slice(start, min(start + step, n_rows))
