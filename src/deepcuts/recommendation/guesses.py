"""Users whose lists are guesses, or what is popular: hardly anybody else plays what they play, or nobody."""

from __future__ import annotations

import logging
from typing import Literal, TypeAlias

import numpy as np

from deepcuts.array_types import BoolVector, DoubleMatrix, FloatMatrix, FloatVector, IndexVector
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
_CANCELLED = 1e-3  # of the lengths of user and items: above what rounding in float32 leaves of scores that cancel

_largest: WeakCache[FloatVector] = WeakCache()
_gram: WeakCache[DoubleMatrix | None] = WeakCache()


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

    They are too short, or 0 wherever those of items are not, or, where factors may be negative, cancel with every item.
    """
    if len(users) <= _BLOCK_USERS:
        return _short(source, users)
    blocks = np.split(users, range(_BLOCK_USERS, len(users), _BLOCK_USERS))
    return np.concatenate([_short(source, block) for block in blocks])


def _short(source: FactorSource, users: IndexVector) -> IndexVector:
    items = source.item_factors
    largest = _largest.get(items, lambda: np.abs(items).max(axis=0, initial=0))
    gram = _gram.get(items, lambda: _gram_of_any_sign(items))
    indptr, rows = entries_of_rows(source.persona_indptr, users)
    factors = source.persona_factors[rows]
    # |Σ_f u_f v_f| ≤ Σ_f |u_f| max |v_f|; Σ over personas is no less than the largest.
    is_short = sums_of_rows(np.abs(factors) @ largest, indptr) < LEAST_SCORE
    if gram is not None:
        cancelled = np.flatnonzero(~is_short & (sums_of_rows(~_cancels(factors, gram), indptr) == 0))
        is_short[cancelled] = strongest_scores(source, users[cancelled]) < LEAST_SCORE
    short: IndexVector = users[is_short]
    return short


def _gram_of_any_sign(items: FloatMatrix) -> DoubleMatrix | None:
    """Vᵀ V, float64, of items some factor of which is negative; None of others, with which nothing cancels."""
    if items.min(initial=0) >= 0:
        return None
    return np.asarray(items.T @ items, np.float64)


def _cancels(factors: FloatMatrix, gram: DoubleMatrix) -> BoolVector:
    """Whether the scores of all items may be 0, by Σ_i (u · v_i)² = uᵀ Vᵀ V u, bool, (n_rows,)."""
    squares = np.einsum("rf,rf->r", factors @ gram, factors)
    lengths = np.square(factors, dtype=np.float64).sum(axis=1) * np.trace(gram)
    cancels: BoolVector = squares <= np.square(_CANCELLED) * lengths
    return cancels


def _with_some_score(source: FactorSource, users: IndexVector) -> IndexVector:
    """Return those of some users who have a persona that scores some item, int64."""
    some: IndexVector = users[strongest_scores(source, users) > 0]
    return some
