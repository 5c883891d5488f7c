"""How often lists show each item: the histogram over exposure ranks, and the exponential fitted to it."""

from __future__ import annotations

import numpy as np

from deepcuts.evaluation import RankedLists
from deepcuts.report.facts import ExposureFacts

_N_BARS = 100
_N_POINTS = 60


def exposure_facts(lists: RankedLists, k: int) -> ExposureFacts:
    """Spread of the list places over the items, the most listed first.

    The fitted exponential has the rate λ = 1 / mean exposure rank of a place, its maximum-likelihood estimate
    (`deepcuts.evaluation.metrics.gini`).

    Parameters
    ----------
    lists
        The lists.
    k
        Length at which they are cut.
    """
    exposure = np.sort(lists.exposure(k))[::-1]
    n, total = len(exposure), max(int(exposure.sum()), 1)
    ranks = np.arange(1, n + 1)
    edges = np.unique(np.round(np.linspace(0, n, min(_N_BARS, n) + 1)).astype(int))
    cumulative = np.concatenate([[0], np.cumsum(exposure)]) / total
    points = np.unique(np.round(np.geomspace(1, n, _N_POINTS)).astype(int))
    mean_rank = float(ranks @ exposure) / total
    return ExposureFacts(
        tuple(edges.tolist()),
        tuple(np.diff(cumulative[edges]).tolist()),
        tuple(zip((points / n).tolist(), cumulative[points].tolist(), strict=True)),
        1 / mean_rank if mean_rank else float("nan"),
    )
