"""Lists of a block of users from rows of scores of all items."""

from __future__ import annotations

import numpy as np

from deepcuts.kernels.arrays import read_only
from deepcuts.kernels.ranking import dense_lists as ranking
from deepcuts.recommendation.rarity import apply_power, apply_shift, item_frequency
from deepcuts.recommendation.settings import ListSettings
from deepcuts.recommendation.source import (
    Lists,
    ScoreSource,
    empty_lists,
    popularity,
    rows_of_users,
    scores_of,
    seen_items,
    wishes,
)


def lists_from_scores(source: ScoreSource, users: np.ndarray, allowed: np.ndarray, settings: ListSettings) -> Lists:
    """Make the lists of some users; the parameters are as in `deepcuts.recommendation.factored.lists_from_factors`."""
    indptr, rows, persona = rows_of_users(source.persona_indptr, users)
    weights, rarities = wishes(persona, settings)
    frequency = list_frequency(source, settings)
    scores = scores_of(source, users, rows, settings.lean)
    spreads = np.zeros(len(rows), np.float32)
    if settings.dial == "shift" and np.any(rarities):
        ranking.spread_of_rows(scores, spreads)
    ranking.forbid(scores, *map(read_only, (indptr, *seen_items(source, users, settings), allowed)))
    if settings.dial == "power":
        apply_power(scores, rarities, frequency)
    lists = empty_lists(len(users), min(settings.k, len(allowed)))
    if settings.mix == "share":
        apply_shift(scores, rarities, spreads, frequency)
        turns = weights * source.persona_shares[rows]
        ranking.lists_by_share(scores, read_only(indptr), read_only(turns), *lists)
    else:
        scores[weights == 0] = -np.inf
        scores *= np.where(weights == 0, np.float32(1), weights)[:, None]
        apply_shift(scores, rarities, widest(spreads * weights, indptr), frequency)
        ranking.lists_by_max(scores, read_only(indptr), *lists)
    return lists


def list_frequency(source: ScoreSource, settings: ListSettings) -> np.ndarray:
    """Frequency of every item in (0, 1], by listeners or by plays."""
    return item_frequency(*popularity(source, settings))


def widest(spreads: np.ndarray, indptr: np.ndarray) -> np.ndarray:
    """Give all rows of a user the largest spread among them."""
    return np.repeat(np.maximum.reduceat(spreads, indptr[:-1]), np.diff(indptr))
