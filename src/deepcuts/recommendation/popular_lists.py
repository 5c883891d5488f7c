"""Lists of users of whom nothing is known: what is popular.

All factors of somebody are 0 where nobody else plays what they play, or so small that no score differs from 0. No score
tells items apart for them, so their lists go by listeners, whatever the dial.
"""

from __future__ import annotations

import numpy as np

from deepcuts.array_types import BoolVector, FloatMatrix, FloatVector, IndexVector
from deepcuts.data.csr import entries_of_rows
from deepcuts.recommendation.settings import ListSettings
from deepcuts.recommendation.source import (
    FactorSource,
    Lists,
    persona_weights_and_strengths,
    personas_of_users,
    seen_items,
)

_BLOCK_VECTORS = 256  # whose scores of all items are held at a time
_LEAST = float(np.finfo(np.float32).tiny)  # below it kernels may take a score for 0


def strongest_scores(source: FactorSource, users: IndexVector) -> FloatVector:
    """The largest score, without its sign, that any persona of each of some users gives any item, float32.

    It is 0 where all factors of a user are, and where those that are not meet items whose factors there are 0.

    Parameters
    ----------
    source
        Where the personas come from.
    users
        int64, (n_users,): indexes of users.
    """
    indptr, rows = entries_of_rows(source.persona_indptr, users)
    most: FloatVector = np.zeros(len(users), np.float32)
    strongest = _strongest(source.persona_factors[rows], source.item_factors)
    np.maximum.at(most, np.repeat(np.arange(len(users)), np.diff(indptr)), strongest)
    return most


def _strongest(factors: FloatMatrix, items: FloatMatrix) -> FloatVector:
    """The largest score, without its sign, that each vector gives any item, float32; few vectors at a time."""
    strongest: FloatVector = np.zeros(len(factors), np.float32)
    some = np.flatnonzero(np.any(factors, axis=1))
    for part in np.split(some, range(_BLOCK_VECTORS, len(some), _BLOCK_VECTORS)):
        strongest[part] = np.abs(factors[part] @ items.T).max(axis=1, initial=0)
    return strongest


def is_unknown(source: FactorSource, users: IndexVector, most: float = 0) -> BoolVector:
    """Whether neither a persona of some users nor their base vector scores any item, bool, (n_users,).

    Parameters
    ----------
    source
        Where the personas come from.
    users
        int64, (n_users,): indexes of users.
    most
        What counts as no score.
    """
    unknown: BoolVector = strongest_scores(source, users) <= most
    base = getattr(source, "base_factors", None)
    if base is None or not np.any(unknown):
        return unknown
    some = np.flatnonzero(unknown)
    unknown[some] = _strongest(base[users[some]], source.item_factors) <= most
    return unknown


def list_popular(
    source: FactorSource, users: IndexVector, allowed: BoolVector, settings: ListSettings, lists: Lists
) -> None:
    """Fill the lists of those of some users of whom nothing is known with the most popular items, at scores of 0.

    Parameters
    ----------
    source, users, allowed, settings
        What the lists were made from; who has muted personas alone keeps an empty list.
    lists
        A row for each user; overwritten in part.
    """
    k = lists.items.shape[1]
    rows = np.flatnonzero((lists.items[:, :1] < 0) | (lists.scores[:, :1] == 0))
    if len(rows):
        rows = rows[is_unknown(source, users[rows], _LEAST)]
    if not len(rows):
        return
    popular = np.argsort(-source.item_listeners, kind="stable")
    popular = popular[allowed[popular]]
    indptr, seen = seen_items(source, users[rows], settings)
    for row, first, last in zip(rows, indptr[:-1], indptr[1:], strict=True):
        numbers = personas_of_users(source.persona_indptr, users[row : row + 1]).numbers
        if np.any(persona_weights_and_strengths(numbers, settings)[0]):
            nearest = popular[: k + last - first]
            best = nearest[~np.isin(nearest, seen[first:last])][:k]
            lists.items[row] = -1
            lists.items[row, : len(best)] = best
            lists.scores[row] = lists.personas[row] = 0
