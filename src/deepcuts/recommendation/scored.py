"""Lists of a block of users from rows of scores of all items."""

from __future__ import annotations

from functools import partial

import numpy as np

from deepcuts.array_types import BoolVector, DoubleVector, FloatMatrix, FloatVector, IndexVector
from deepcuts.kernels.arrays import read_only
from deepcuts.kernels.ranking import dense_lists
from deepcuts.recommendation.base_voice import base_factors_of, personas_alone, personas_and_base
from deepcuts.recommendation.item_sizes import item_sizes
from deepcuts.recommendation.leaning import row_leans, scores_of
from deepcuts.recommendation.rarity import (
    RowTerms,
    commonness,
    item_bases,
    item_frequency,
    item_multipliers,
    multiplier_tables,
    row_terms,
)
from deepcuts.recommendation.settings import ListSettings
from deepcuts.recommendation.source import (
    Lists,
    ScoreSource,
    empty_lists,
    has_factors,
    item_counts,
    persona_weights_and_strengths,
    personas_of_users,
    seen_items,
)


def lists_from_scores(source: ScoreSource, users: IndexVector, allowed: BoolVector, settings: ListSettings) -> Lists:
    """Make the lists of some users; the parameters are as in `deepcuts.recommendation.factored.lists_from_factors`."""
    indptr, rows, numbers = personas_of_users(source.persona_indptr, users)
    weights, strengths = persona_weights_and_strengths(numbers, settings)
    leans = row_leans(weights, strengths, indptr, settings)
    scores, shares, base = scores_of(source, users, rows, leans), source.persona_shares[rows], None
    if has_factors(source) and (base := base_factors_of(source, settings)) is not None:
        voices = personas_and_base(indptr, weights, strengths, shares, settings)
        scores = voices.with_base_rows(scores, base[users] @ source.item_factors.T)
    else:
        voices = personas_alone(indptr, weights, strengths, shares)
    terms = row_terms(voices.weights, voices.strengths, voices.indptr, lambda: spreads_of(scores), settings)
    before_dial = scores.copy() if voices.n_base else np.empty((0, 0), np.float32)
    # After the spreads, which are over all items: −inf has none.
    dense_lists.forbid(scores, *map(read_only, (voices.indptr, *seen_items(source, users, settings), allowed)))
    frequency = list_frequency(source, settings)
    apply_terms(scores, terms, item_bases(settings.dial, frequency, partial(item_sizes, source)), frequency)
    lists = empty_lists(len(users), min(settings.k, len(allowed)))
    if settings.mix == "share":
        indptr, quotas = read_only(voices.indptr), read_only(voices.quotas)
        dense_lists.lists_by_share(scores, read_only(before_dial), indptr, quotas, voices.n_base, *lists)
    else:
        scores[weights == 0] = -np.inf  # muted; with "share" a quota of 0 does it
        dense_lists.lists_by_max(scores, read_only(indptr), *lists)
    return lists


def apply_terms(scores: FloatMatrix, terms: RowTerms, base: DoubleVector, frequency: DoubleVector) -> None:
    """Turn scores s into s · m · w − a · c, or s / m · w − a · c where s is below 0, in place; −inf stays −inf.

    Parameters
    ----------
    scores
        float32, (n_rows, n_items).
    terms
        w and a of the rows, and where they take their m.
    base
        b of the items, float64, (n_items,), of which m is a power.
    frequency
        float64, (n_items,), in (0, 1].
    """
    strengths, table_of_row = multiplier_tables(terms.multiplier_strengths)
    for number, strength in enumerate(strengths, start=1):
        dense_lists.multiply(
            scores, read_only(table_of_row == number), *map(read_only, item_multipliers(base, strength))
        )
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
