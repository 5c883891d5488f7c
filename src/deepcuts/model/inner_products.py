"""Vectors for an index of inner products: what lists rank by, with the dial folded in."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from deepcuts.array_types import DoubleVector, FloatMatrix, Indptr
from deepcuts.checks import shown
from deepcuts.errors import SettingsError
from deepcuts.model.state import PersonaState
from deepcuts.recommendation.dial_scale import in_strengths
from deepcuts.recommendation.item_index import spreads_of_rows
from deepcuts.recommendation.item_sizes import lengths_of
from deepcuts.recommendation.leaning import leaning_factors, row_leans
from deepcuts.recommendation.rarity import commonness, item_bases, item_frequency, item_multipliers, row_terms
from deepcuts.recommendation.settings import ListSettings
from deepcuts.recommendation.source import (
    item_counts,
    persona_weights_and_strengths,
    personas_of_users,
)

_OF_LISTS_ALONE = ("k", "base_weight", "include_seen", "allow", "deny", "pick")  # they leave scores alone


class InnerProducts(NamedTuple):
    """Vectors whose inner products are the scores of lists.

    Parameters
    ----------
    items
        float32, (n_items, n_dimensions).
    personas
        float32, (n_rows, n_dimensions): the rows of user u are ``persona_indptr[u]:persona_indptr[u + 1]``.
    persona_indptr
        int64, (n_users + 1,).
    """

    items: FloatMatrix
    personas: FloatMatrix
    persona_indptr: Indptr


def inner_products(model: PersonaState, settings: ListSettings) -> InnerProducts:
    """Fold the dial into the vectors; see `PersonaModel.to_mips`."""
    _refuse_what_vectors_cannot_hold(settings)
    settings = in_strengths(model, settings)
    users = np.arange(len(model.user_ids))
    _, rows, numbers = personas_of_users(model.persona_indptr, users)
    weights, strengths = persona_weights_and_strengths(numbers, settings)
    factors = leaning_factors(model, users, rows, row_leans(weights, strengths, model.persona_indptr, settings))
    items = model.item_factors
    terms = row_terms(weights, strengths, model.persona_indptr, lambda: spreads_of_rows(factors, items), settings)
    frequency = item_frequency(*item_counts(model, settings))
    base = item_bases(settings.dial, frequency, lambda: lengths_of(items))
    scaled = items * item_multipliers(base, _one_strength(terms.multiplier_strengths))[0][:, None]
    personas = factors * terms.weights[:, None]
    if np.any(terms.amounts):  # s · m · w − a · c: one coordinate more
        scaled = np.column_stack([scaled, -commonness(frequency)])
        personas = np.column_stack([personas, terms.amounts])
    return InnerProducts(scaled, personas, model.persona_indptr)


def _refuse_what_vectors_cannot_hold(settings: ListSettings) -> None:
    usual = ListSettings()
    for name in _OF_LISTS_ALONE:
        if getattr(settings, name) != getattr(usual, name):
            raise SettingsError(
                f"{name} is {shown(getattr(settings, name))}, which does nothing to vectors. Leave it out, and choose "
                "among what the index finds."
            )


def _one_strength(strengths: DoubleVector) -> float:
    """Return the strength that all rows take their multipliers at.

    Raises
    ------
    SettingsError
        If they differ.
    """
    found = np.unique(strengths)
    if len(found) > 1:
        raise SettingsError(
            "The forms 'norm' and 'power' change the vectors of items, which personas share, and here are several "
            "rarities. Pass one rarity for all personas, or dial='shift'."
        )
    return float(found[0])
