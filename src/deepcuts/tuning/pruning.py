"""When a trial is not worth its remaining epochs.

Optuna prunes studies of one objective only. Here a trial is looked at once, as a one-persona model after a few epochs,
beside the median of both objectives over the trials before it at that point. It ends there if

- both of its objectives are below their medians: nothing makes up for anything; or
- the first, accuracy, is below nine tenths of its median, whatever the second: novelty alone is easy to have.

The first trials, the default among them, always run to the end.
"""

from __future__ import annotations

import numpy as np

FIRST_TRIALS = 5  # as many as a median takes to mean anything
KEPT_ACCURACY = 0.9


def stops_early(early: np.ndarray, earlier: np.ndarray) -> bool:
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
    least = median[0] - (1 - KEPT_ACCURACY) * abs(median[0])
    return bool(np.all(early < median) or early[0] < least)
