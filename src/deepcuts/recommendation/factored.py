"""Lists of a block of users from factors, without scoring all items."""

from __future__ import annotations

from functools import partial

import numpy as np

from deepcuts.array_types import BoolVector, FloatMatrix, IndexVector
from deepcuts.kernels.arrays import read_only
from deepcuts.kernels.ranking import bounded_lists
from deepcuts.kernels.ranking.tiles import PersonaBatch
from deepcuts.recommendation.base_voice import Voices, base_factors_of, personas_alone, personas_and_base
from deepcuts.recommendation.item_index import ItemIndex
from deepcuts.recommendation.leaning import leaning_factors, row_leans
from deepcuts.recommendation.rarity import RowTerms, multiplier_tables, row_terms
from deepcuts.recommendation.settings import ListSettings
from deepcuts.recommendation.source import (
    FactorSource,
    Lists,
    empty_lists,
    item_counts,
    persona_weights_and_strengths,
    personas_of_users,
    seen_items,
)


def lists_from_factors(
    source: FactorSource, tiled_items: ItemIndex, users: IndexVector, allowed: BoolVector, settings: ListSettings
) -> Lists:
    """Make the lists of some users.

    Parameters
    ----------
    source
        Where the personas come from.
    tiled_items
        The items of the source.
    users
        int64, (n_users,): indexes of users.
    allowed
        bool, (n_items,): items that may be listed.
    settings
        What was asked for.
    """
    indptr, rows, numbers = personas_of_users(source.persona_indptr, users)
    weights, strengths = persona_weights_and_strengths(numbers, settings)
    leans = row_leans(weights, strengths, indptr, settings)
    factors, shares, base = leaning_factors(source, users, rows, leans), source.persona_shares[rows], None
    if settings.mix == "max":
        # A quota only tells muted rows, at 0, from others; the weight is in the scores already.
        voices = personas_alone(indptr, weights, strengths, np.ones_like(shares))
    elif (base := base_factors_of(source, settings)) is not None:
        voices = personas_and_base(indptr, weights, strengths, shares, settings)
        factors = voices.with_base_rows(factors, base[users])
    else:
        voices = personas_alone(indptr, weights, strengths, shares)
    factors = read_only(factors)
    # The spread is over all items, allowed or not, so that filters do not move the dial.
    spreads = partial(tiled_items.spreads, factors, len(allowed))
    terms = row_terms(voices.weights, voices.strengths, voices.indptr, spreads, settings)
    table_strengths, table_of_row = multiplier_tables(terms.multiplier_strengths)
    together = len(table_strengths) == 1 and bool(table_of_row.all()) and factors.min() >= 0
    counts = item_counts(source, settings)
    turned = tiled_items.turned(*counts, settings.dial, table_strengths, together=together)
    personas = _persona_batch(factors, voices, terms, table_of_row)
    seen = map(read_only, seen_items(source, users, settings))
    lists = empty_lists(len(users), min(settings.k, len(allowed)))
    make = bounded_lists.lists_by_max if settings.mix == "max" else bounded_lists.lists_by_share
    make(*turned, personas, *seen, read_only(allowed), *lists)
    return lists


def _persona_batch(factors: FloatMatrix, voices: Voices, terms: RowTerms, table_of_row: IndexVector) -> PersonaBatch:
    arrays = voices.indptr, voices.quotas, terms.weights, terms.amounts, table_of_row
    indptr, quotas, weights, amounts, multiplier_rows = map(read_only, arrays)
    return PersonaBatch(factors, indptr, quotas, weights, amounts, multiplier_rows, voices.n_base)
