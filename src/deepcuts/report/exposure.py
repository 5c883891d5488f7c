"""How often lists show each item: the histogram over exposure ranks, and the exponential fitted to it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from deepcuts.array_types import CountVector, NumberVector
from deepcuts.data.csr import indptr_of
from deepcuts.evaluation import RankedLists
from deepcuts.report.facts import ExposureFacts

_N_BARS = 100
_N_POINTS = 60


def exposure_facts(of_seeds: Sequence[RankedLists], k: int) -> ExposureFacts:
    """Spread of the recommendations over the items, the most listed first.

    The fitted exponential has the rate λ = 1 / mean exposure rank of a recommendation, its maximum-likelihood estimate
    (`deepcuts.evaluation.metrics.gini`).

    Parameters
    ----------
    of_seeds
        The lists of every training: exposure is summed rank by rank, and λ the mean of theirs.
    k
        Length at which they are cut.
    """
    exposures = [np.sort(lists.exposure(k))[::-1] for lists in of_seeds]
    exposure = np.sum(exposures, axis=0)
    n, total = len(exposure), max(int(exposure.sum()), 1)
    edges = _whole(np.linspace(0, n, min(_N_BARS, n) + 1))
    cumulative = indptr_of(exposure) / total  # (n + 1,): share of the first items by exposure rank, 0 to 1
    ranks = _whole(np.geomspace(1, n, _N_POINTS))
    return ExposureFacts(
        edges=tuple(edges.tolist()),
        shares=tuple(np.diff(cumulative[edges]).tolist()),
        concentration=tuple(zip((ranks / n).tolist(), cumulative[ranks].tolist(), strict=True)),
        fitted_lambda=float(np.mean([_fitted_lambda(one) for one in exposures])),
    )


def _fitted_lambda(exposure: CountVector) -> float:
    total = float(np.arange(1, len(exposure) + 1) @ exposure)
    return float(exposure.sum()) / total if total else float("nan")


def _whole(values: NumberVector) -> CountVector:
    """Round to whole numbers, each once, ascending."""
    return np.unique(np.round(values)).astype(np.int64)
