"""Lists of a block of users from factors, without scoring all items."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from deepcuts.kernels.arrays import read_only
from deepcuts.kernels.ranking import bounded_lists as factor_lists
from deepcuts.kernels.ranking.tiles import PersonaBatch, RarityTables
from deepcuts.recommendation.item_index import ItemIndex
from deepcuts.recommendation.scored import widest
from deepcuts.recommendation.settings import ListSettings
from deepcuts.recommendation.source import (
    FactorSource,
    Lists,
    empty_lists,
    leaning_factors,
    popularity,
    rows_of_users,
    seen_items,
    wishes,
)


def lists_from_factors(
    source: FactorSource, catalogue: ItemIndex, users: np.ndarray, allowed: np.ndarray, settings: ListSettings
) -> Lists:
    """Make the lists of some users.

    Parameters
    ----------
    source
        Where the personas come from.
    catalogue
        The items.
    users
        int64: which users.
    allowed
        bool, (n_items,): items that may be listed.
    settings
        What was asked for.

    Returns
    -------
    Items, scores and personas of the lists, each (n_users, k); -1 marks empty places.
    """
    indptr, rows, persona = rows_of_users(source.persona_indptr, users)
    weights, rarities = wishes(persona, settings)
    factors = read_only(leaning_factors(source, users, rows, settings.lean))
    by_max = settings.mix == "max"
    loudness = np.where(by_max & (weights > 0), weights, np.float32(1))
    dial, kinds = _dial(source, catalogue, rarities, settings)
    voices = PersonaBatch(
        factors,
        read_only(indptr),
        read_only(weights if by_max else weights * source.persona_shares[rows]),
        read_only(loudness),
        read_only(_amounts(partial(catalogue.spreads, factors, len(allowed)), indptr, weights, rarities, settings)),
        read_only(kinds),
    )
    seen = map(read_only, seen_items(source, users, settings))
    lists = empty_lists(len(users), min(settings.k, len(allowed)))
    make = factor_lists.lists_by_max if by_max else factor_lists.lists_by_share
    make(catalogue.tiles, dial, voices, *seen, read_only(allowed), *lists)
    return lists


def _dial(
    source: FactorSource, catalogue: ItemIndex, rarities: np.ndarray, settings: ListSettings
) -> tuple[RarityTables, np.ndarray]:
    """Return what the dial makes of items, and which of its multipliers each row takes."""
    turns = rarities if settings.dial == "power" else np.zeros(len(rarities))
    powers = np.unique(turns[turns != 0])
    kinds = np.where(turns == 0, 0, 1 + np.searchsorted(powers, turns)).astype(np.int32)
    return catalogue.dial(*popularity(source, settings), tuple(powers.tolist())), kinds


def _amounts(
    spreads: Callable[[], np.ndarray],
    indptr: np.ndarray,
    weights: np.ndarray,
    rarities: np.ndarray,
    settings: ListSettings,
) -> np.ndarray:
    """Rarity times spread of every row, float32: what is taken off scores per unit of commonness."""
    if settings.dial == "power" or not np.any(rarities):
        return np.zeros(len(rarities), np.float32)
    own = spreads()
    amounts: np.ndarray = rarities * (widest(own * weights, indptr) if settings.mix == "max" else own)
    return amounts.astype(np.float32)
