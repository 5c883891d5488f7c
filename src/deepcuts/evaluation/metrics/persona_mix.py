"""Persona mix: whether a list serves the personas of its user, and in the proportions of the history.

With p the share of the user's items in train that belong to each persona, and q the share of the first k of the list
that is made for each::

    persona_coverage@k       = Σ over personas with q > 0 of p
    persona_calibration_kl@k = Σ_j p_j ln(p_j / q̃_j),    q̃ = (1 − a) q + a p,    a = 0.01

The same as `taste_coverage` and `calibration_kl`, where the sources stand, for personas instead of labels.
"""

from __future__ import annotations

import numpy as np

from deepcuts.array_types import DoubleMatrix, DoubleVector
from deepcuts.data.csr import quotient
from deepcuts.evaluation.metric import LIST_PERSONAS, TRAIN_PERSONAS, UserMetric
from deepcuts.evaluation.metrics.calibration import MOST_DIVERGENCE, divergence
from deepcuts.evaluation.ranked_lists import RankedLists

_NEEDS = (LIST_PERSONAS, TRAIN_PERSONAS)


def persona_coverage(lists: RankedLists, k: int) -> DoubleVector:
    """Share of the history whose persona the list serves; undefined without a list or personas."""
    mix = persona_mix(lists, k)
    known = ~np.isnan(mix).any(axis=1) & np.any(lists.persona_shares, axis=1)
    return np.where(known, np.sum(lists.persona_shares, axis=1, where=mix > 0), np.nan)


def persona_calibration_kl(lists: RankedLists, k: int) -> DoubleVector:
    """Divergence of the personas of the first k from those of the history; undefined without a list or personas."""
    p = np.where(np.any(lists.persona_shares, axis=1, keepdims=True), lists.persona_shares, np.nan)
    return divergence(p, persona_mix(lists, k))


def persona_mix(lists: RankedLists, k: int) -> DoubleMatrix:
    """Share of each list's first `k` items made for each persona, float64, as `persona_shares`; NaN without a list."""
    n_personas = lists.persona_shares.shape[1]
    users, columns = np.nonzero(lists.items[:, :k] >= 0)
    personas = lists.list_personas[users, columns]
    known = personas < n_personas  # lists may tell more personas than the history has
    counts = np.bincount(users[known] * n_personas + personas[known], minlength=lists.persona_shares.size)
    n_listed = np.bincount(users, minlength=lists.n_users)
    return quotient(counts.reshape(lists.persona_shares.shape), n_listed[:, None])


METRICS = (
    UserMetric("persona_coverage", persona_coverage, needs=_NEEDS),
    UserMetric(
        "persona_calibration_kl",
        persona_calibration_kl,
        lower_is_better=True,
        needs=_NEEDS,
        most=MOST_DIVERGENCE,
        unit="nats",
    ),
)
