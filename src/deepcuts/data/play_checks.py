"""Checks of play counts: of the layout that a file holds, and of what training needs."""

from __future__ import annotations

import numpy as np

from deepcuts.data.csr import divides
from deepcuts.data.play_counts import PlayCounts
from deepcuts.errors import DataError, FileFormatError
from deepcuts.storage import StrPath


def check_structure(plays: PlayCounts, path: StrPath) -> None:
    """Refuse indexes read from a file that would lead a loop out of its arrays.

    Raises
    ------
    FileFormatError
        If `indptr` does not divide the pairs among the users, or an item index is out of range.
    """
    indices = plays.indices
    if not divides(plays.indptr, len(indices)):
        raise FileFormatError(
            f"{path} is inconsistent: its indptr does not divide {len(indices):,} pairs among {plays.n_users:,} "
            "users. Write it again."
        )
    if len(indices) and indices.view(np.uint32).max() >= plays.n_items:  # as uint32 an index below 0 is a large one
        raise FileFormatError(
            f"{path} is inconsistent: it has an item index outside 0 to {plays.n_items - 1:,}. Write it again."
        )


def check_plays(plays: PlayCounts) -> None:
    """Refuse plays of fewer than two users or two items: a model compares both.

    Raises
    ------
    DataError
        If there are fewer.
    """
    if plays.n_users < 2 or plays.n_items < 2:
        raise DataError(
            f"There are {plays.n_users:,} users and {plays.n_items:,} items. "
            "Learning tastes takes at least two of each: add more plays, or prune less."
        )
