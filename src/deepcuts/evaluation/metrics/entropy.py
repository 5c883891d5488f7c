"""Entropy of exposure: how evenly the lists treat the items.

With p_j the share of all slots, the first k of every list, that item j takes::

    entropy@k = −Σ_j p_j log2 p_j      in bits

0 is one item and no other, log2(n_items) every item equally often: 2 to this power is the number of items that would
be as diverse if listed equally often (Shannon 1948, doi:10.1002/j.1538-7305.1948.tb01338.x).
"""

from __future__ import annotations

from math import inf, nan

import numpy as np

from deepcuts.array_types import NumberVector
from deepcuts.evaluation.metric import ExposureMetric


def entropy(exposure: NumberVector) -> float:
    """Entropy of how often the items of train are listed; undefined without a list."""
    if not (total := exposure.sum()):
        return nan
    shares = exposure[exposure > 0] / total
    return float(abs(np.sum(shares * np.log2(shares))))  # abs, so that a single item gives 0, not −0


METRICS = (ExposureMetric("entropy", entropy, most=inf, unit="bits"),)
