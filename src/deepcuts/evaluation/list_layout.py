"""Ranked lists from a table to arrays beside the holdout, checked on the way."""

from __future__ import annotations

import logging
from typing import NamedTuple

import numpy as np

from deepcuts.array_types import (
    AnyArray,
    BoolMatrix,
    CountVector,
    DoubleMatrix,
    IndexMatrix,
    IndexVector,
    MarkVector,
    NumberVector,
    PersonaMatrix,
)
from deepcuts.data.arrow_columns import ArrowTable
from deepcuts.data.csr import UserItems, block_of_rows
from deepcuts.data.interactions import Interactions
from deepcuts.errors import DataError
from deepcuts.evaluation.holdout import JudgedUsers, match_holdout, names_of
from deepcuts.evaluation.item_labels import ItemFeatures, check_features
from deepcuts.evaluation.lists_table import read_rows
from deepcuts.evaluation.personas import persona_shares
from deepcuts.evaluation.ranked_lists import RankedLists, row_blocks
from deepcuts.ingest import PlaysLike, as_plays
from deepcuts.kernels.arrays import read_only
from deepcuts.kernels.metrics import HOLDOUT, LISTED, SEEN, inspect_lists
from deepcuts.wording import counted

logger = logging.getLogger(__name__)


def rank_lists(
    lists: ArrowTable,
    train: PlaysLike,
    holdout: PlaysLike,
    features: ItemFeatures | None = None,
    personas: AnyArray | None = None,
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
    train, holdout = as_plays(train), as_plays(holdout)
    item_labels = ItemFeatures.without_labels(train.item_ids) if features is None else features
    check_features(item_labels, train.item_ids)
    judged = match_holdout(train, holdout)
    ranked = RankedLists(
        *_lay_out(lists, train, judged),
        train.user_ids.take(judged.users),
        judged.seen,
        judged.holdout,
        judged.n_holdout,
        np.zeros((len(judged.users), 0)) if personas is None else _shares_of(judged, train, personas),
        train,
        item_labels,
    )
    if ranked.n_without_list:
        logger.warning(
            "Of %s judged, %s no list; what was held out counts as missed.",
            counted(ranked.n_users, "user"),
            counted(ranked.n_without_list, "has", "have"),
        )
    return ranked


def _shares_of(judged: JudgedUsers, train: Interactions, personas: AnyArray) -> DoubleMatrix:
    shares = persona_shares(train, personas)
    return shares if len(judged.users) == train.n_users else shares[judged.users]


class _Layout(NamedTuple):
    """Arrays of `RankedLists`, one row per judged user."""

    items: IndexMatrix
    hits: BoolMatrix
    personas: PersonaMatrix

    @classmethod
    def empty(cls, lengths: CountVector, *, with_personas: bool) -> _Layout:
        """Return lists without items, as wide as the longest of these lengths."""
        shape = len(lengths), max(1, int(lengths.max()))
        personas = np.zeros(shape if with_personas else (len(lengths), 0), np.int8)
        return cls(np.full(shape, -1, np.int32), np.zeros(shape, bool), personas)

    def write(self, rows: slice, listed: UserItems, is_hit: NumberVector, personas: IndexVector) -> None:
        """Write the lists of some users in a row: items, whether they are hits, and for which personas they are."""
        # The column is the rank within the list, without gaps: entry number minus where the user's entries begin.
        row, column = listed.rows, np.arange(len(listed.items)) - listed.indptr[listed.rows]
        self.items[rows][row, column] = listed.items
        self.hits[rows][row, column] = is_hit
        if self.personas.shape[1]:
            self.personas[rows][row, column] = personas


def _lay_out(lists: ArrowTable, train: Interactions, judged: JudgedUsers) -> _Layout:
    """Read the lists of the judged users and write each into a row, some users at a time."""
    packed, code = read_rows(lists, train, judged.users)  # ascending, so that the rows of each user are a slice
    starts = np.append(np.searchsorted(packed, code.first(judged.users)), len(packed))
    layout = _Layout.empty(np.diff(starts), with_personas=code.n_personas > 1)
    for rows in row_blocks(*layout.items.shape):
        indptr, entries = block_of_rows(starts, rows.start, rows.stop)
        user_ranks, personas, items = code.unpack(packed[entries])
        listed, block = UserItems(indptr, items.astype(np.int32)), judged.part(rows)
        marks = _marks(listed, block, train.n_items)
        _refuse_doubles(user_ranks, marks, block.users[listed.rows] * train.n_items + items, train)
        layout.write(rows, listed, marks & HOLDOUT, personas)
    return layout


def _marks(listed: UserItems, judged: JudgedUsers, n_items: int) -> MarkVector:
    """Tell of each listed item whether it was seen, held out, or listed before, as `inspect_lists` marks it."""
    marks = np.empty(len(listed.items), np.uint8)
    arrays = (array for rows in (judged.seen, judged.holdout, listed) for array in (rows.indptr, rows.items))
    inspect_lists(*map(read_only, arrays), n_items, marks)
    return marks


def _refuse_doubles(user_ranks: IndexVector, marks: MarkVector, pairs: IndexVector, train: Interactions) -> None:
    """Refuse items that are twice in a list or in train, and ranks that are twice in a list.

    Parameters
    ----------
    user_ranks
        int64, (n_rows,), ascending: user and rank of each row of the lists in one number.
    marks
        uint8, (n_rows,): what `_marks` tells of the item.
    pairs
        int64, (n_rows,): user · n_items + item.
    train
        Tells the names.
    """
    if len(double := np.flatnonzero(marks & LISTED)):
        user, item = names_of(pairs[double[0]], train)
        raise DataError(f"The list of user {user!r} holds the item {item!r} twice. List every item once.")
    if len(tied := np.flatnonzero(user_ranks[1:] == user_ranks[:-1])):  # ascending, and a block holds whole lists
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
