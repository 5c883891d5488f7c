"""Leaving out rare items and short histories."""

from __future__ import annotations

import numpy as np

from deepcuts.array_types import BoolVector, IndexVector
from deepcuts.checks import whole_number
from deepcuts.data.foreign import PlaysLike, taken
from deepcuts.data.interactions import Interactions
from deepcuts.errors import DataError
from deepcuts.wording import counted


def prune(plays: PlaysLike, min_users: int = 1, min_items: int = 1) -> Interactions:
    """Keep items with enough users and users with enough items, until nothing more drops out.

    What is left does not depend on the order: it is the largest part of the plays in which everything has enough,
    a generalised core of the graph of users and items (Batagelj and Zaveršnik 2002, arXiv:cs/0202039). Items that
    nobody plays and users who play nothing are left out at 1 already, as after a split.

    Parameters
    ----------
    plays
        The plays.
    min_users
        The fewest users an item may have, at least 1.
    min_items
        The fewest items a user may have, at least 1.

    Returns
    -------
    Interactions
        The same object where nothing drops out.

    Raises
    ------
    SettingsError
        If a number is below 1.
    DataError
        If nothing is left.
    """
    plays = taken(plays)
    for name, least in (("min_users", min_users), ("min_items", min_items)):
        whole_number(name, least, 1, advice="Give a whole number of at least 1.")
    keep = _core(plays.user_of_pair(), plays.indices, min_users, min_items)
    if not keep.any():
        raise DataError(_nothing_left(plays, min_users, min_items))
    return plays if keep.all() and not _some_have_nothing(plays) else plays.keep_pairs(keep)


def _some_have_nothing(plays: Interactions) -> bool:
    """Whether there are users or items without plays and dislikes, as a part of other plays may have."""
    parts = [plays] if plays.dislikes is None else [plays, plays.dislikes]
    of_users = sum(np.diff(part.indptr) for part in parts)
    of_items = sum(np.bincount(part.indices, minlength=plays.n_items) for part in parts)
    return not (np.all(of_users) and np.all(of_items))


def _core(users: IndexVector, items: IndexVector, min_users: int, min_items: int) -> BoolVector:
    """Mask of the pairs in the core, (n_pairs,)."""
    keep = np.ones(len(users), bool)
    n_before = -1
    # The left n_before is the count of the pass before: the loop ends with the first pass that drops nothing.
    while n_before != (n_before := int(np.count_nonzero(keep))):
        for ends, least in ((items, min_users), (users, min_items)):
            # Number of kept pairs of each item (or user), read back at every pair, the dropped ones included.
            keep &= np.bincount(ends[keep], minlength=ends.max(initial=0) + 1)[ends] >= least
    return keep


def _nothing_left(plays: Interactions, min_users: int, min_items: int) -> str:
    most_users = plays.item_listeners.max(initial=0)
    most_items = np.diff(plays.indptr).max(initial=0)
    return (
        f"Nothing is left with min_users={min_users:,} and min_items={min_items:,}: no item has more than "
        f"{counted(most_users, 'user')} and no user more than {counted(most_items, 'item')}, before "
        f"any drops out. Ask for fewer."
    )
