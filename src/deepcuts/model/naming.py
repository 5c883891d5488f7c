"""Names of the personas of a user and of factors, from the items that stand for them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from deepcuts.array_types import DoubleMatrix, DoubleVector, IndexMatrix, IndexVector
from deepcuts.checks import whole_number
from deepcuts.data.arrow_columns import take_text
from deepcuts.data.csr import block_of_rows
from deepcuts.data.vectors import cosines, unit_vectors
from deepcuts.model.namer import Namer
from deepcuts.model.state import PersonaState

_N_NAMING = 20  # items that a factor is named from


def name_personas(model: PersonaState, namer: Namer, user_index: int) -> list[str]:
    """Name the personas of a user from their own items: much played, and near the direction of the persona."""
    _, rows = block_of_rows(model.persona_indptr, user_index, user_index + 1)
    _, pairs = block_of_rows(model.seen.indptr, user_index, user_index + 1)
    items, plays = model.seen.user_items(user_index)
    personas = model.user_personas.personas[pairs]
    groups, weights = [], []
    for number, vector in enumerate(model.persona_factors[rows]):
        own = personas == number
        groups.append(items[own])
        weights.append(np.log2(1 + plays[own]) * np.maximum(cosines(model.item_factors[items[own]], vector), 1e-6))
    return namer.names(groups, weights, "persona")


def name_factors(model: PersonaState, namer: Namer) -> list[str]:
    """Name all factors from the items that load on them; see `strongest_items`."""
    items, strength = strongest_items(model, _N_NAMING)
    return namer.names(list(items), list(strength), "factor")


def describe_factors(model: PersonaState, factor_names: list[str], n_items: int) -> pa.Table:
    """Tabulate the items that stand for each factor; see `PersonaModel.factors`."""
    items, _ = strongest_items(model, whole_number("n_items", n_items, 1))
    factor = np.repeat(np.arange(len(items)), items.shape[1])
    flat = items.ravel()
    return pa.table(
        {
            "factor": factor.astype(np.int32),
            "factor_name": take_text(pa.array(factor_names, pa.string()), factor),
            "share": factor_shares(model)[factor],
            "rank": np.tile(np.arange(1, items.shape[1] + 1, dtype=np.int32), len(items)),
            "item_id": model.item_ids.take_chunks(flat),
            "name": model.item_names(flat),
            "loading": model.item_factors[flat, factor],
        }
    )


def factor_shares(model: PersonaState) -> DoubleVector:
    """Share of all scores of all users in training that comes through each factor, float64, (n_factors,).

    Σ_up Σ_i U_up · V_i = Σ_f M_f Σ_i V_if with M = Σ_up U_up. Where factors may be negative, sizes count.
    """
    through: DoubleVector = np.abs(model.item_side.user_factor_sum * model.item_factors.sum(axis=0, dtype=np.float64))
    total = through.sum()
    return through / total if total > 0 else through


def strongest_items(model: PersonaState, n: int) -> tuple[IndexMatrix, DoubleMatrix]:
    """Find the items that stand for each factor, and how strongly, both (n_factors, n), the strongest first.

    An item that loads on all factors stands for none, and one that few people know says little to most: the strength
    is V_if · |V_if| / ‖V_i‖ · log2(1 + listeners). Where items may be negative, a factor has two ends, and stands for
    the one at which users are: the sign of Σ_up U_upf.
    """
    factors, known = model.item_factors, np.log2(1 + model.item_listeners)
    if model.settings.nonnegative == "none":
        factors = factors * np.where(model.item_side.user_factor_sum < 0, -1, 1).astype(np.float32)
    # V_if · |V_if| / ‖V_i‖, one row a factor
    strengths = np.ascontiguousarray((factors * np.abs(unit_vectors(factors))).T)
    n = min(n, len(factors))
    found = [_largest(strength * known, n) for strength in strengths]
    return np.array([items for items, _ in found], np.int32), np.array([strength for _, strength in found])


def _largest(values: DoubleVector, n: int) -> tuple[IndexVector, DoubleVector]:
    """Indexes of the n largest values, the largest first, and the values there."""
    # argpartition returns no order of its own: by index first, so that of equals the first comes first.
    found = np.sort(np.argpartition(-values, n - 1)[:n])
    found = found[np.argsort(-values[found], kind="stable")]
    return found, values[found]
