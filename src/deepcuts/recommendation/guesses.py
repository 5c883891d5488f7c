"""Users whose lists are guesses, or what is popular: hardly anybody else plays what they play, or nobody."""

from __future__ import annotations

import logging
from typing import Literal, TypeAlias

import numpy as np

from deepcuts.array_types import FloatVector, IndexVector
from deepcuts.checks import shown
from deepcuts.data.csr import entries_of_rows, sums_of_rows
from deepcuts.recommendation.popular_lists import is_unknown, strongest_scores
from deepcuts.recommendation.source import FactorSource
from deepcuts.recommendation.weak_cache import WeakCache
from deepcuts.wording import counted

logger = logging.getLogger(__name__)

Doubt: TypeAlias = Literal["guess", "popular"]

LEAST_SCORE = 1e-6  # what was played has a target of 1, from which float32 can hardly tell 1 + 1e-7
_BLOCK_USERS = 1 << 16

_largest: WeakCache[FloatVector] = WeakCache()


def guessed_users(source: FactorSource, users: IndexVector) -> IndexVector:
    """Return those of some users that no item can have a score of `LEAST_SCORE` with, int64.

    Users whom no item has another score than 0 with are not among them: their lists are what is popular.

    Parameters
    ----------
    source
        Where the personas come from.
    users
        int64, (n_users,): indexes of users.
    """
    return _with_some_score(source, _short_users(source, users))


def warn_of_guesses(source: FactorSource, users: IndexVector) -> None:
    """Say how many of some users have lists that are guesses, or what is popular, and what to do."""
    short = _short_users(source, users)
    if not len(short):
        return
    for found, who, one, several in (
        (_with_some_score(source, short), "hardly anybody", "is a guess", "are guesses"),
        (short[is_unknown(source, short)], "nobody", "is what is popular", "are what is popular"),
    ):
        if len(found):
            first = shown(source.user_ids.values[int(found[0])].as_py())
            which = f"The list of user {first} {one}"
            if len(found) > 1:
                which = (
                    f"The lists of {len(found):,} of {counted(len(users), 'user')} {several}, such as that of {first}"
                )
            logger.warning(
                "%s: %s else plays what they play. Leave rare items out before training (prune with min_users=3).",
                which,
                who,
            )


def doubt_of(source: FactorSource, user: int) -> Doubt | None:
    """Return what the list of a user is where it says next to nothing of them, else None.

    It is a guess, or what is popular, where every score is 0.

    Parameters
    ----------
    source
        Where the personas come from.
    user
        Index of the user.
    """
    short = _short_users(source, np.array([user], np.int64))
    if len(_with_some_score(source, short)):
        return "guess"
    return "popular" if np.any(is_unknown(source, short)) else None


def _short_users(source: FactorSource, users: IndexVector) -> IndexVector:
    """Return those of some users whose factors allow no score of `LEAST_SCORE`, int64.

    They are too short, or 0 wherever those of items are not.
    """
    items = source.item_factors
    largest = _largest.get(items, lambda: np.abs(items).max(axis=0, initial=0))
    if len(users) <= _BLOCK_USERS:
        return _short(source, users, largest)
    blocks = np.split(users, range(_BLOCK_USERS, len(users), _BLOCK_USERS))
    return np.concatenate([_short(source, block, largest) for block in blocks])


def _short(source: FactorSource, users: IndexVector, largest: FloatVector) -> IndexVector:
    indptr, rows = entries_of_rows(source.persona_indptr, users)
    # |Σ_f u_f v_f| ≤ Σ_f |u_f| max |v_f|; Σ over personas is no less than the largest.
    bounds = sums_of_rows(np.abs(source.persona_factors[rows]) @ largest, indptr)
    short: IndexVector = users[bounds < LEAST_SCORE]
    return short


def _with_some_score(source: FactorSource, users: IndexVector) -> IndexVector:
    """Return those of some users who have a persona that scores some item, int64."""
    some: IndexVector = users[strongest_scores(source, users) > 0]
    return some
