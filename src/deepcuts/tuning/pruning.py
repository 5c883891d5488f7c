"""Which trials are stopped before they are trained to the end.

Optuna prunes studies of one objective only. Here a trial is judged once, as a one-persona model after a few epochs,
beside the median of both objectives over the trials before it at that point. It ends there if

- both of its objectives are below their medians; or
- the first, accuracy, is below nine tenths of its median, whatever the second, as novelty alone is easy to raise.

The first trials, the default among them, always run to the end.
"""

from __future__ import annotations

import numpy as np

from deepcuts.array_types import DoubleMatrix, DoubleVector

FIRST_TRIALS = 5  # that run to the end, so that there is a median
KEPT_ACCURACY = 0.9


def stops_early(early: DoubleVector, earlier: DoubleMatrix) -> bool:
    """Tell whether a trial ends after its early epochs.

    Parameters
    ----------
    early
        float64, (2,): its objectives there, accuracy first, signed so that more is better.
    earlier
        float64, (n_trials, 2): those of the trials before it.
    """
    if len(earlier) < FIRST_TRIALS:
        return False
    median = np.median(earlier, axis=0)
    least = median[0] - (1 - KEPT_ACCURACY) * abs(median[0])  # abs: it may be below 0
    return bool(np.all(early < median) or early[0] < least)
