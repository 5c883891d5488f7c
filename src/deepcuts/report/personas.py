"""How many personas users have, how even and how distinct they are."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from deepcuts.data.csr import block_of_rows, row_of_entry
from deepcuts.data.vectors import cosines
from deepcuts.evaluation import ItemFeatures, describe_personas
from deepcuts.evaluation.personas import effective_personas
from deepcuts.model import PersonaModel
from deepcuts.model.diagnostics import count_collapsed, pairwise_cosines
from deepcuts.report.facts import PersonaFacts

HARDLY_SPLIT = 1.5  # effective personas of a user with several

_BLOCK_USERS = 50_000
_N_BARS = 25
_N_QUANTILES = 41


def persona_facts(model: PersonaModel, features: ItemFeatures | None) -> PersonaFacts | None:
    """Describe the personas of all users; None where nobody has more than one.

    Parameters
    ----------
    model
        A model.
    features
        Labels of the items, for purity.
    """
    numbers = np.diff(model.persona_indptr)
    if numbers.max(initial=0) < 2:
        return None
    effective = effective_by_user(model)
    alike, _ = pairwise_cosines(model.persona_factors, model.persona_indptr)
    counts, edges = np.histogram(np.clip(alike, 0, 1) if model.settings.nonnegative else alike, _N_BARS, _span(model))
    described = describe_personas(model.seen, model.user_personas.personas, features)
    purity = [_mean(described, name) for name in ("purity", "purity_of_one")]
    return PersonaFacts(
        tuple((int(number), int(users)) for number, users in zip(*np.unique(numbers, return_counts=True), strict=True)),
        tuple(np.quantile(effective, np.linspace(0, 1, _N_QUANTILES)).tolist()),
        float(effective.mean()),
        tuple(_shares(model).mean(axis=0).tolist()),
        tuple(edges.tolist()),
        tuple(counts.tolist()),
        _base_cosine(model),
        count_collapsed(alike),
        len(alike),
        int(np.count_nonzero((numbers > 1) & (effective < HARDLY_SPLIT))),
        *purity,
    )


def effective_by_user(model: PersonaModel) -> np.ndarray:
    """exp(entropy of the persona shares) of each user, float64, (n_users,)."""
    return effective_personas(model.persona_shares, model.persona_indptr)


def _base_cosine(model: PersonaModel) -> float:
    """Mean cosine of a persona and the base vector of its user."""
    indptr, total = model.persona_indptr, 0.0
    for start in range(0, len(indptr) - 1, _BLOCK_USERS):
        own, rows = block_of_rows(indptr, start, min(start + _BLOCK_USERS, len(indptr) - 1))
        base = model.base_factors[start + row_of_entry(own)]
        total += float(cosines(model.persona_factors[rows], base).sum(dtype=np.float64))
    return total / max(1, len(model.persona_factors))


def _shares(model: PersonaModel) -> np.ndarray:
    """Persona shares as a matrix, float64, (n_users, most personas), 0 where a user has fewer."""
    numbers = np.diff(model.persona_indptr)
    shares = np.zeros((len(numbers), int(numbers.max(initial=1))))
    rows = np.repeat(np.arange(len(numbers)), numbers)
    shares[rows, np.arange(len(rows)) - np.repeat(model.persona_indptr[:-1], numbers)] = model.persona_shares
    return shares


def _span(model: PersonaModel) -> tuple[float, float]:
    return (0.0, 1.0) if model.settings.nonnegative else (-1.0, 1.0)


def _mean(described: pa.Table, name: str) -> float:
    """Mean of a column over the users that have a value; NaN where it is missing."""
    if name not in described.column_names:
        return float("nan")
    mean = pc.mean(described[name]).as_py()
    return float("nan") if mean is None else float(mean)
