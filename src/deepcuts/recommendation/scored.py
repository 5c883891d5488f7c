"""Lists of a block of users from rows of scores of all items."""

from __future__ import annotations

import numpy as np

from deepcuts.array_types import BoolVector, DoubleVector, FloatMatrix, FloatVector, IndexVector
from deepcuts.kernels.arrays import read_only
from deepcuts.kernels.ranking import dense_lists
from deepcuts.recommendation.rarity import RowTerms, commonness, item_frequency, item_multipliers, row_terms
from deepcuts.recommendation.settings import ListSettings, RarityForm
from deepcuts.recommendation.source import (
    Lists,
    ScoreSource,
    empty_lists,
    item_counts,
    persona_weights_and_rarities,
    personas_of_users,
    scores_of,
    seen_items,
)


def lists_from_scores(source: ScoreSource, users: IndexVector, allowed: BoolVector, settings: ListSettings) -> Lists:
    """Make the lists of some users; the parameters are as in `deepcuts.recommendation.factored.lists_from_factors`."""
    indptr, rows, numbers = personas_of_users(source.persona_indptr, users)
    weights, rarities = persona_weights_and_rarities(numbers, settings)
    scores = scores_of(source, users, rows, settings.lean)
    terms = row_terms(weights, rarities, indptr, lambda: spreads_of(scores), settings)
    # After the spreads, which are over all items: −inf has none.
    dense_lists.forbid(scores, *map(read_only, (indptr, *seen_items(source, users, settings), allowed)))
    apply_terms(scores, terms, list_frequency(source, settings), settings.dial)
    lists = empty_lists(len(users), min(settings.k, len(allowed)))
    if settings.mix == "share":
        quotas = weights * source.persona_shares[rows]
        dense_lists.lists_by_share(scores, read_only(indptr), read_only(quotas), *lists)
    else:
        scores[weights == 0] = -np.inf  # muted; with "share" a quota of 0 does it
        dense_lists.lists_by_max(scores, read_only(indptr), *lists)
    return lists


def apply_terms(scores: FloatMatrix, terms: RowTerms, frequency: DoubleVector, form: RarityForm) -> None:
    """Turn scores s into s · m · w − a · c, in place; −inf stays −inf.

    Parameters
    ----------
    scores
        float32, (n_rows, n_items).
    terms
        w and a of the rows, and where they take their m.
    frequency
        float64, (n_items,), in (0, 1].
    form
        Form of the dial.
    """
    for rarity in np.unique(terms.multiplier_rarities[terms.multiplier_rarities != 0]):
        scores[terms.multiplier_rarities == rarity] *= item_multipliers(form, frequency, rarity)
    if np.any(terms.weights != 1):
        scores *= terms.weights[:, None]
    if np.any(terms.amounts):
        dense_lists.shift(scores, read_only(terms.amounts), read_only(commonness(frequency)))


def spreads_of(scores: FloatMatrix) -> FloatVector:
    """Return the standard deviation of every row of scores, float32, (n_rows,)."""
    spreads = np.empty(len(scores), np.float32)
    dense_lists.spread_of_rows(scores, spreads)
    return spreads


def list_frequency(source: ScoreSource, settings: ListSettings) -> DoubleVector:
    """Frequency of every item in (0, 1], by listeners or by plays."""
    return item_frequency(*item_counts(source, settings))
