"""Plays without some users: nothing that only they said is left."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from deepcuts.array_types import BoolVector, IndexVector
from deepcuts.data.any_id import AnyId
from deepcuts.data.csr import entries_of_rows
from deepcuts.data.id_text import is_one_id, to_text
from deepcuts.data.ids import Ids
from deepcuts.data.play_counts import Plays
from deepcuts.errors import DataError, UnknownIdError
from deepcuts.wording import counted

_UNKNOWN_SHOWN = 5


def other_users(ids: Ids, forgotten: AnyId | Iterable[AnyId]) -> IndexVector:
    """Find the users that are left, int64, ascending.

    Parameters
    ----------
    ids
        All users.
    forgotten
        Ids of one or several of them.

    Raises
    ------
    UnknownIdError
        If one of them is not there; the message names the first few of those.
    DataError
        If no user would be left.
    """
    names = to_text([forgotten] if is_one_id(forgotten) else forgotten, ids.kind).to_pylist()
    indexes = ids.indexes_of(names)
    unknown = [name for name, index in zip(names, indexes, strict=True) if index < 0]
    if len(unknown) == 1:
        raise UnknownIdError(ids.unknown_message(unknown[0]))
    if unknown:
        shown = ", ".join(repr(str(name)[:100]) for name in unknown[:_UNKNOWN_SHOWN])
        more = " and others" if len(unknown) > _UNKNOWN_SHOWN else ""
        raise UnknownIdError(
            f"{len(unknown):,} of these {ids.kind}s are not among {len(ids):,}: {shown}{more}. Check the spelling."
        )
    left = np.setdiff1d(np.arange(len(ids)), indexes)
    if not len(left):
        raise DataError(f"Of {counted(len(ids), ids.kind)}, none would be left. Delete the file instead.")
    return left


def select_users(plays: Plays, users: IndexVector) -> Plays:
    """Keep some users, ascending, and all items."""
    indptr, entries = entries_of_rows(plays.indptr, users)
    dislikes = None if plays.dislikes is None else select_users(plays.dislikes, users)
    return replace(
        plays,
        indptr=indptr,
        indices=plays.indices[entries],
        plays=plays.plays[entries],
        user_ids=Ids(plays.user_ids.take(users), "user"),
        last_played=None if plays.last_played is None else plays.last_played[entries],
        dislikes=dislikes if dislikes is not None and dislikes.n_pairs else None,
    )


def without_users(plays: Plays, forgotten: AnyId | Iterable[AnyId]) -> Plays:
    """Drop users, and the items that nobody else has plays or dislikes of; see `Interactions.without`."""
    left = select_users(plays, other_users(plays.user_ids, forgotten))
    only_theirs = (_has_pairs(plays) & ~_has_pairs(left)).nonzero()[0]  # items without pairs before stay
    return _without_items(left, np.setdiff1d(np.arange(plays.n_items), only_theirs)) if len(only_theirs) else left


def _has_pairs(plays: Plays) -> BoolVector:
    """Whether each item has plays or dislikes, (n_items,)."""
    has_plays = np.bincount(plays.indices, minlength=plays.n_items) > 0
    return has_plays if plays.dislikes is None else has_plays | _has_pairs(plays.dislikes)


def _without_items(plays: Plays, items: IndexVector) -> Plays:
    """Keep some items, ascending; no other has pairs."""
    new_index = np.full(plays.n_items, -1, np.int32)
    new_index[items] = np.arange(len(items), dtype=np.int32)
    return replace(
        plays,
        indices=new_index[plays.indices],
        item_ids=Ids(plays.item_ids.take(items), "item"),
        labels=None if plays.labels is None else plays.labels.take(items),
        dislikes=None if plays.dislikes is None else _without_items(plays.dislikes, items),
    )
