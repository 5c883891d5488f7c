"""Checks of play counts: of the values that a file holds, and of what training needs."""

from __future__ import annotations

import numpy as np

from deepcuts.array_types import CountVector
from deepcuts.checks import kind_of
from deepcuts.data.csr import entries_of_rows, row_of_entry
from deepcuts.data.ids import Ids
from deepcuts.data.play_counts import PlayCounts
from deepcuts.data.row_checks import check_rows
from deepcuts.errors import DataError, FileFormatError
from deepcuts.storage import Stored, StrPath, values
from deepcuts.wording import counted

_BLOCK = 1 << 22


def read_ids(stored: Stored, kind: str) -> Ids:
    """Read the ids of users or of items; `kind` is "user" or "item".

    Raises
    ------
    FileFormatError
        If there are none, or they are no ids in ascending order.
    """
    try:
        return Ids.of(stored.string_array(f"{kind}_ids"), kind)
    except DataError as error:
        raise FileFormatError(f"{stored.path} is inconsistent. {error} Write it again.") from None


def check_values(plays: PlayCounts, path: StrPath, prefix: str = "") -> None:
    """Refuse plays and dislikes read from a file that are not what `Interactions` promises.

    Parameters
    ----------
    plays
        What was read.
    path, prefix
        The file, and what its arrays' names begin with, for messages.

    Raises
    ------
    FileFormatError
        If rows do not divide the pairs or do not ascend, an index is out of range, a count is not finite and above 0,
        or a pair has plays and is disliked.
    """
    check_rows(path, f"{prefix}indices", plays.indptr, plays.indices, plays.n_items)
    values.check_between(path, f"{prefix}plays", plays.plays, values.SMALLEST_FLOAT, values.LARGEST_FLOAT)
    if plays.dislikes is not None:
        check_values(plays.dislikes, path, "dislike_")
        _check_apart(plays, plays.dislikes, path)


def _check_apart(plays: PlayCounts, dislikes: PlayCounts, path: StrPath) -> None:
    """Refuse a pair that has plays and is disliked; only users with dislikes are looked at."""
    users = np.flatnonzero(np.diff(dislikes.indptr))
    indptr, entries = entries_of_rows(plays.indptr, users)
    played = users[row_of_entry(indptr)] * plays.n_items + plays.indices[entries]
    disliked = dislikes.user_of_pair().astype(np.int64) * plays.n_items + dislikes.indices
    both = np.intersect1d(played, disliked, assume_unique=True)
    if len(both):
        user, item = divmod(int(both[0]), plays.n_items)
        raise values.inconsistent(path, f"its array 'dislike_indices' has item {item:,} of user {user:,}, who plays it")


def check_listeners(plays: PlayCounts, listeners: CountVector, path: StrPath) -> None:
    """Refuse numbers of listeners that are not those of the plays, which it counts again.

    Raises
    ------
    FileFormatError
        If they differ.
    """
    n_players = np.zeros(plays.n_items, np.int64)
    for start in range(0, plays.n_pairs, _BLOCK):
        n_players += np.bincount(plays.indices[start : start + _BLOCK], minlength=plays.n_items)
    wrong = np.flatnonzero(n_players != listeners)
    if len(wrong):
        players = counted(n_players[wrong[0]], "user plays", "users play")
        found = f"{listeners[wrong[0]]} for item {wrong[0]:,}, which {players}"
        raise values.inconsistent(path, f"its array 'item_listeners' has {found}")


def check_plays(plays: PlayCounts) -> None:
    """Refuse plays of fewer than two users or two items, as a model compares both, and those of nothing at all.

    Raises
    ------
    DataError
        If there are fewer, nobody plays anything, or these are no plays.
    """
    if not isinstance(plays, PlayCounts):
        raise DataError(f"The plays are {kind_of(plays)}. Pass Interactions, such as read_plays makes.")
    check_sizes(plays.n_users, plays.n_items)
    if not plays.n_pairs:
        sizes = f"{counted(plays.n_users, 'user')} and {counted(plays.n_items, 'item')}"
        raise DataError(f"Of {sizes}, nobody plays anything: every count is 0. Give counts above 0.")


def check_sizes(n_users: int, n_items: int) -> None:
    """Refuse fewer than two users or two items: a model compares both.

    Raises
    ------
    DataError
        If there are fewer.
    """
    if n_users < 2 or n_items < 2:
        raise DataError(
            f"The plays are of {counted(n_users, 'user')} and {counted(n_items, 'item')}. "
            "Learning tastes takes at least two of each: add more plays, or prune less."
        )
