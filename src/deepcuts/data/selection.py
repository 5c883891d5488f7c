"""Parts of play counts: some pairs, one user, or the pairs that lie in another catalogue."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np

from deepcuts.array_types import BoolVector, IndexVector
from deepcuts.data.csr import indptr_of
from deepcuts.data.ids import Ids, check_ids
from deepcuts.data.play_counts import Plays
from deepcuts.wording import counted

logger = logging.getLogger(__name__)

_MISSING_SHOWN = 5


def select_pairs(plays: Plays, mask: BoolVector) -> Plays:
    """Keep the pairs where `mask`, (n_pairs,), is true, and all users and items."""
    return replace(
        plays,
        indptr=indptr_of(mask)[plays.indptr],
        indices=plays.indices[mask],
        plays=plays.plays[mask],
        last_played=None if plays.last_played is None else plays.last_played[mask],
    )


def keep_pairs(plays: Plays, mask: BoolVector) -> Plays:
    """Keep the pairs where `mask`, (n_pairs,), is true; users and items left without a pair drop out."""
    users = np.flatnonzero(np.bincount(plays.user_of_pair()[mask], minlength=plays.n_users))
    items = np.flatnonzero(np.bincount(plays.indices[mask], minlength=plays.n_items))
    kept = _renumbered(select_pairs(plays, mask), users, items)
    dislikes = None if plays.dislikes is None else _rows_and_columns(plays.dislikes, users, items)
    labels = None if plays.labels is None else plays.labels.take(items)
    return replace(kept, labels=labels, dislikes=dislikes)


def select_user(plays: Plays, user_index: int) -> Plays:
    """Keep one user and all items; times drop out."""
    items, counts = plays.user_items(user_index)
    return replace(
        plays,
        indptr=np.array([0, len(items)]),
        indices=items,
        plays=counts,
        user_ids=Ids(plays.user_ids.take(np.array([user_index])), "user"),
        last_played=None,
        dislikes=None if plays.dislikes is None else select_user(plays.dislikes, user_index),
    )


def align_items(plays: Plays, item_ids: Ids) -> Plays:
    """Give the pairs the item indexes of another catalogue; pairs outside it are left out, with a warning.

    Users left without a pair stay, with none; labels drop out.
    """
    if item_ids is plays.item_ids:
        return replace(plays, labels=None)
    check_ids(item_ids)
    new_index = item_ids.indexes_of(plays.item_ids.values)
    if not np.all(new_index[plays.indices] >= 0):
        _warn_of_missing(plays.item_ids, np.flatnonzero(new_index < 0))
    dislikes = None if plays.dislikes is None else _aligned(plays.dislikes, new_index, item_ids)
    return replace(_aligned(plays, new_index, item_ids), dislikes=dislikes)


def _aligned(plays: Plays, new_index: IndexVector, item_ids: Ids) -> Plays:
    """Keep the pairs of items whose index in another catalogue, `new_index`, is not −1, and give them that index."""
    known = select_pairs(plays, new_index[plays.indices] >= 0)
    indices = new_index[known.indices].astype(np.int32)  # both are in order of ids, so they stay ascending
    return replace(known, indices=indices, item_ids=item_ids, labels=None)


def _renumbered(plays: Plays, users: IndexVector, items: IndexVector) -> Plays:
    """Drop users and items without pairs: `users` and `items`, ascending, are those that have some."""
    new_index = np.zeros(plays.n_items, np.int32)  # what stays 0 is of items without pairs, and never looked up
    new_index[items] = np.arange(len(items), dtype=np.int32)
    return replace(
        plays,
        indptr=np.append(plays.indptr[users], plays.n_pairs),  # users that drop out have no pairs between the others'
        indices=new_index[plays.indices],
        user_ids=Ids(plays.user_ids.take(users), "user"),
        item_ids=Ids(plays.item_ids.take(items), "item"),
    )


def _rows_and_columns(plays: Plays, users: IndexVector, items: IndexVector) -> Plays | None:
    """Keep the pairs of some users with some items, both ascending; None where there are none."""
    matrix = plays.to_csr()[users][:, items]
    matrix.sort_indices()  # `Interactions` wants items ascending; slicing columns does not promise it
    if not matrix.nnz:
        return None
    return replace(
        plays,
        indptr=matrix.indptr.astype(np.int64),
        indices=matrix.indices.astype(np.int32),
        plays=matrix.data,
        user_ids=Ids(plays.user_ids.take(users), "user"),
        item_ids=Ids(plays.item_ids.take(items), "item"),
    )


def _warn_of_missing(item_ids: Ids, missing: IndexVector) -> None:
    shown = ", ".join(map(repr, item_ids.take(missing[:_MISSING_SHOWN]).to_pylist()))
    logger.warning(
        "Left out, as the catalogue does not have them: %s of %d: %s",
        counted(len(missing), "item"),
        len(item_ids),
        shown + (" …" if len(missing) > _MISSING_SHOWN else ""),
    )
