"""Gini index and exposure λ: how unequally the lists treat the items.

With x_j how many lists hold item j among their first k, ascending, over all n items of train, listed or not::

    gini@k = Σ_j (2j − n − 1) x_j / (n Σ_j x_j)

0 is every item equally often, or nothing listed at all, (n − 1)/n one item and no other (Fleder, Hosanagar 2009,
"Blockbuster culture's next rise or fall", doi:10.1287/mnsc.1080.0974); some libraries call 1 − gini the Gini index.

λ is the rate of an exponential distribution fitted to exposure ranks (1 = the item listed most), by maximum likelihood
the inverse of the mean rank over all listed slots. As the mean rank is (n (1 − gini) + 1) / 2::

    exposure_lambda@k = 2 / (n (1 − gini@k) + 1)

Low is flat: 2/(n + 1) is every item equally often, 1 is one item and no other.
"""

from __future__ import annotations

import numpy as np

from deepcuts.array_types import NumberVector
from deepcuts.evaluation.metric import ExposureMetric


def gini(exposure: NumberVector) -> float:
    """Inequality of how often the items of train are listed: 0 is every item alike."""
    n, total = len(exposure), float(exposure.sum())
    weights = 2 * np.arange(1, n + 1) - n - 1
    return float(weights @ np.sort(exposure)) / (n * total) if total else 0.0


def exposure_lambda(exposure: NumberVector) -> float:
    """Inverse of the mean exposure rank of a listed slot: low is flat."""
    return 2 / (len(exposure) * (1 - gini(exposure)) + 1)


METRICS = (
    ExposureMetric("gini", gini, is_main=True, lower_is_better=True),
    ExposureMetric("exposure_lambda", exposure_lambda, is_main=True, lower_is_better=True),
)
