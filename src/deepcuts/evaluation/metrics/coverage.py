"""Coverage: how much of the catalogue is recommended to anybody.

::

    coverage@k = distinct items among the first k of all lists / items of train

It grows with the number of lists, so compare it on the same users only (Ge, Delgado-Battenfeld, Jannach 2010, "Beyond
accuracy", doi:10.1145/1864708.1864761).
"""

from __future__ import annotations

import numpy as np

from deepcuts.array_types import NumberVector
from deepcuts.evaluation.metric import ExposureMetric


def coverage(exposure: NumberVector) -> float:
    """Share of the items of train that are on at least one list."""
    return float(np.mean(exposure > 0))


METRICS = (ExposureMetric("coverage", coverage, is_main=True),)
