"""The facts of the personas of a model: their numbers, shares, cosines and purity."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from deepcuts.array_types import CountVector, FloatVector, NumberVector
from deepcuts.data.csr import block_of_rows, row_of_entry
from deepcuts.data.vectors import cosines
from deepcuts.evaluation import ItemFeatures, describe_personas
from deepcuts.evaluation.personas import effective_personas
from deepcuts.model import PersonaModel
from deepcuts.model.diagnostics import count_collapsed, pairwise_cosines
from deepcuts.report.facts import PersonaFacts

HARDLY_SPLIT = 1.5  # effective personas of a user with several

_BLOCK_USERS = 50_000  # users whose base vectors are repeated for each persona at a time
_N_BARS = 25
_N_QUANTILES = 41


def persona_facts(model: PersonaModel, item_labels: ItemFeatures | None) -> PersonaFacts | None:
    """Describe the personas of all users; None where nobody has more than one.

    Parameters
    ----------
    model
        A model.
    item_labels
        Labels of the items, for purity.
    """
    numbers = np.diff(model.persona_indptr)
    if numbers.max(initial=0) < 2:
        return None
    effective = effective_personas(model.persona_shares, model.persona_indptr)
    cosines_of_pairs, _ = pairwise_cosines(model.persona_factors, model.persona_indptr)
    counts, edges = _histogram(cosines_of_pairs, nonnegative=model.settings.nonnegative == "both")
    described = describe_personas(model.seen, model.user_personas.personas, item_labels)
    users_by_number = zip(*np.unique(numbers, return_counts=True), strict=True)
    return PersonaFacts(
        users_by_number=tuple((int(number), int(users)) for number, users in users_by_number),
        effective=tuple(np.quantile(effective, np.linspace(0, 1, _N_QUANTILES)).tolist()),
        mean_effective=float(effective.mean()),
        mean_shares=_mean_shares(model),
        cosine_edges=tuple(edges.tolist()),
        cosine_counts=tuple(counts.tolist()),
        base_cosine=_base_cosine(model),
        n_collapsed=count_collapsed(cosines_of_pairs),
        n_pairs=len(cosines_of_pairs),
        n_hardly_split=int(np.count_nonzero((numbers > 1) & (effective < HARDLY_SPLIT))),
        purity=_mean(described, "purity"),
        purity_of_one=_mean(described, "purity_of_one"),
    )


def _histogram(cosines_of_pairs: FloatVector, *, nonnegative: bool) -> tuple[CountVector, NumberVector]:
    """Count pairs by their cosine, which rounding may have taken out of 0 to 1 where factors are not negative."""
    if nonnegative:
        return np.histogram(np.clip(cosines_of_pairs, 0, 1), _N_BARS, (0.0, 1.0))
    return np.histogram(cosines_of_pairs, _N_BARS, (-1.0, 1.0))


def _base_cosine(model: PersonaModel) -> float:
    """Mean cosine of a persona and the base vector of its user."""
    indptr, total = model.persona_indptr, 0.0
    for start in range(0, len(indptr) - 1, _BLOCK_USERS):
        own, rows = block_of_rows(indptr, start, min(start + _BLOCK_USERS, len(indptr) - 1))
        base = model.base_factors[start + row_of_entry(own)]  # (n_own_personas, n_factors)
        total += float(cosines(model.persona_factors[rows], base).sum(dtype=np.float64))
    return total / max(1, len(model.persona_factors))


def _mean_shares(model: PersonaModel) -> tuple[float, ...]:
    """Mean share of the largest persona of a user, the second and so on, over all users; 0 where they have fewer."""
    indptr = model.persona_indptr
    number_of_persona = np.arange(indptr[-1]) - indptr[row_of_entry(indptr)]
    totals = np.bincount(number_of_persona, weights=model.persona_shares)
    return tuple((totals / (len(indptr) - 1)).tolist())


def _mean(described: pa.Table, name: str) -> float:
    """Mean of a column over the users that have a value; NaN where it is missing."""
    if name not in described.column_names:
        return float("nan")
    mean = pc.mean(described[name]).as_py()
    return float("nan") if mean is None else float(mean)
