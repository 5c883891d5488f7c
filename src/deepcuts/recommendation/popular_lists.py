"""Lists of users of whom nothing is known: what is popular.

All factors of somebody are 0 where nobody else plays what they play. No score tells items apart for them, so their
lists go by listeners, whatever the dial.
"""

from __future__ import annotations

import numpy as np

from deepcuts.array_types import BoolVector, IndexVector
from deepcuts.data.csr import entries_of_rows
from deepcuts.recommendation.settings import ListSettings
from deepcuts.recommendation.source import (
    FactorSource,
    Lists,
    persona_weights_and_strengths,
    personas_of_users,
    seen_items,
)


def is_unknown(source: FactorSource, users: IndexVector) -> BoolVector:
    """Whether all factors of some users are 0, those of their base vectors too, bool, (n_users,).

    Parameters
    ----------
    source
        Where the personas come from.
    users
        int64, (n_users,): indexes of users.
    """
    indptr, rows = entries_of_rows(source.persona_indptr, users)
    n_some = np.concatenate([[0], np.cumsum(np.any(source.persona_factors[rows], axis=1))])
    unknown: BoolVector = n_some[indptr[1:]] == n_some[indptr[:-1]]
    base = getattr(source, "base_factors", None)
    return unknown if base is None else unknown & ~np.any(base[users], axis=1)


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
        rows = rows[is_unknown(source, users[rows])]
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
