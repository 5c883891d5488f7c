"""Ranked lists beside what was held out: all that a metric gets to see."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from deepcuts.data.csr import UserItems
from deepcuts.data.interactions import Interactions
from deepcuts.errors import DataError
from deepcuts.evaluation.holdout import Held, names_of
from deepcuts.evaluation.item_labels import ItemFeatures
from deepcuts.evaluation.lists_table import ArrowStream, EntryCode, read_entries
from deepcuts.evaluation.personas import persona_shares
from deepcuts.kernels.arrays import read_only
from deepcuts.kernels.metrics import HELD, LISTED, SEEN, inspect_lists

logger = logging.getLogger(__name__)

_BLOCK_CELLS = 1 << 19  # list places worked on at once: their temporaries stay in the cache, or nearly


@dataclass(frozen=True, eq=False)
class RankedLists:
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
    held
        Held-out items of each user that train has.
    n_held
        int64, (n_users,): held-out items, at least 1; those that train does not have are among them.
    persona_shares
        float64, (n_users, n_personas): share of the user's items that belong to each persona; (n_users, 0) where
        personas are not known.
    train
        What the lists were made from.
    features
        Labels of the items.
    """

    items: np.ndarray
    hits: np.ndarray
    list_personas: np.ndarray
    user_ids: pa.StringArray
    seen: UserItems
    held: UserItems
    n_held: np.ndarray
    persona_shares: np.ndarray
    train: Interactions
    features: ItemFeatures

    def __post_init__(self) -> None:
        for array in (self.items, self.hits, self.list_personas, self.n_held):
            array.flags.writeable = False

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
        return int(np.count_nonzero(self.items[:, 0] < 0))

    @property
    def item_listeners(self) -> np.ndarray:
        """Users of train that have played each item, int64, (n_items,)."""
        listeners: np.ndarray = self.train.item_listeners
        return listeners

    @property
    def n_items(self) -> int:
        """Items of train."""
        return self.train.n_items

    @property
    def tells_personas(self) -> bool:
        """Whether it is known for which persona each item is listed."""
        return self.list_personas.shape == self.items.shape

    def listed(self, k: int) -> UserItems:
        """First `k` items of each user's list, fewer where it is shorter."""
        items = self.items[:, :k]
        there = items >= 0
        return UserItems(np.concatenate([[0], np.cumsum(np.count_nonzero(there, axis=1))]), items[there])

    @property
    def n_unknown(self) -> np.ndarray:
        """Held-out items of each user that train does not have, int64, (n_users,)."""
        unknown: np.ndarray = self.n_held - self.held.sizes
        return unknown

    def hit_sums(self, weights: np.ndarray, k: int) -> np.ndarray:
        """Sum of `weights`, one number per item, over the hits among each user's first `k`, float64, (n_users,)."""
        rows, places = np.nonzero(self.hits[:, :k])
        return np.bincount(rows, weights[self.items[rows, places]], self.n_users)

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
                held=self.held.part(rows),
                n_held=self.n_held[rows],
                persona_shares=self.persona_shares[rows],
            )

    def exposure(self, k: int) -> np.ndarray:
        """How many of the lists hold each item among their first `k`, int64, (n_items,)."""
        counts = np.zeros(self.n_items + 1, np.int64)  # the last one counts the -1 of short lists
        for block in self.blocks():
            counts += np.bincount(block.items[:, :k].ravel() % (self.n_items + 1), minlength=self.n_items + 1)
        return counts[:-1]


def rank_lists(
    lists: ArrowStream,
    train: Interactions,
    holdout: Interactions,
    features: ItemFeatures | None = None,
    personas: np.ndarray | None = None,
) -> RankedLists:
    """Check somebody's lists and lay them beside the holdout.

    Every user of the holdout that is in train is judged, with a list or without one; other users are left out, and
    the rows of their lists are not looked at. Lists may be shorter than each other, and ranks may leave gaps.

    Parameters
    ----------
    lists
        A table with the columns user_id, item_id, rank (1 = best), in any order of rows, and persona where the lists
        tell for which one an item is listed; further columns are ignored.
    train
        What the lists were made from: it says what is seen, which items there are and how many listeners they have.
    holdout
        What was taken out of train beforehand.
    features
        Labels of the items of train, as `deepcuts.evaluation.item_features` lays them out.
    personas
        Integers, (train.n_pairs,): the persona that each pair of train belongs to, 0 the user's dominant one, -1 none.

    Raises
    ------
    DataError
        If the table lacks a column; a rank is missing, no whole number, below 1, or twice in a list; an item is
        twice in a list, seen, or not in train; if the holdout is empty, has no user of train or a pair of train; or
        if features or personas do not fit train.
    """
    features = ItemFeatures.without_labels(train.item_ids) if features is None else features
    _refuse_other_items(features, train)
    held = Held.of(train, holdout)
    shares = np.zeros((train.n_users, 0)) if personas is None else persona_shares(train, personas)
    judged = np.zeros(train.n_users, bool)
    judged[held.users] = True
    seen = UserItems(train.indptr, train.indices)
    seen = seen if np.all(judged) else seen.take(held.users)
    items, hits, list_personas = _lay_out(*read_entries(lists, train, judged), train, held, seen)
    ranked = RankedLists(
        items,
        hits,
        list_personas,
        train.user_ids.take(held.users),
        seen,
        held.known_items(train.n_items),
        held.n_held,
        shares if np.all(judged) else shares[held.users],
        train,
        features,
    )
    if ranked.n_without_list:
        logger.warning("%d of %d users judged have no list; they count as missed.", ranked.n_without_list, len(items))
    return ranked


def _lay_out(
    entries: np.ndarray, code: EntryCode, train: Interactions, held: Held, seen: UserItems
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Turn ordered entries into the arrays of items, hits and personas, one row per judged user."""
    starts = np.append(np.searchsorted(entries, code.first(held.users)), len(entries))
    lengths = np.diff(starts)
    shape = len(lengths), max(1, int(lengths.max()))
    items, hits = np.full(shape, -1, np.int32), np.zeros(shape, bool)
    personas = np.zeros(shape if code.n_personas > 1 else (len(lengths), 0), np.int8)
    known = held.known_items(train.n_items)
    for rows in row_blocks(*shape):
        block = entries[starts[rows.start] : starts[rows.stop]]
        row = np.repeat(np.arange(rows.start, rows.stop), lengths[rows])
        column = np.arange(starts[rows.start], starts[rows.stop]) - starts[row]
        places, persona, item = code.unpack(block)
        listed = UserItems(starts[rows.start : rows.stop + 1] - starts[rows.start], item.astype(np.int32))
        marks = _inspect(listed, seen.part(rows), known.part(rows), train.n_items)
        items[row, column] = item
        hits[row, column] = marks & HELD
        _refuse(places, marks, held.users[row] * train.n_items + item, train)
        if code.n_personas > 1:
            personas[row, column] = persona
    return items, hits, personas


def _inspect(listed: UserItems, seen: UserItems, held: UserItems, n_items: int) -> np.ndarray:
    """Tell of each listed item whether it was seen, held out, or listed before, as `inspect_lists` marks it."""
    marks = np.empty(len(listed.items), np.uint8)
    arrays = (array for rows in (seen, held, listed) for array in (rows.indptr, rows.items))
    inspect_lists(*map(read_only, arrays), n_items, marks)
    return marks


def _refuse_other_items(features: ItemFeatures, train: Interactions) -> None:
    if features.item_ids is not train.item_ids and not features.item_ids.values.equals(train.item_ids.values):
        raise DataError(
            f"The features are of {len(features.item_ids):,} items, which are not the {train.n_items:,} of train. "
            "Lay them out anew with item_features(labels, train.item_ids)."
        )


def _refuse(places: np.ndarray, marks: np.ndarray, pairs: np.ndarray, train: Interactions) -> None:
    """Refuse items that are twice in a list or seen, and ranks that are."""
    if len(double := np.flatnonzero(marks & LISTED)):
        user, item = names_of(pairs[double[0]], train)
        raise DataError(f"The list of user {user!r} holds the item {item!r} twice. List every item once.")
    if len(tied := np.flatnonzero(places[1:] == places[:-1])):
        user, item = names_of(pairs[tied[0]], train)
        _, other = names_of(pairs[tied[0] + 1], train)
        raise DataError(
            f"In the list of user {user!r} the items {item!r} and {other!r} have the same rank. "
            "Give every item of a list a rank of its own."
        )
    if len(seen := np.flatnonzero(marks & SEEN)):
        user, item = names_of(pairs[seen[0]], train)
        raise DataError(
            f"The list of user {user!r} holds the item {item!r}, which the user already has in train. "
            "Leave seen items out of the lists."
        )


def row_blocks(n_rows: int, n_columns: int) -> Iterator[slice]:
    """Consecutive slices of rows with about `_BLOCK_CELLS` cells each."""
    step = max(1, _BLOCK_CELLS // max(1, n_columns))
    for start in range(0, n_rows, step):
        yield slice(start, min(start + step, n_rows))
