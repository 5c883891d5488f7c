"""From the values of all trials to the front, and to one of them."""

from __future__ import annotations

from typing import Literal

import numpy as np

from deepcuts.array_types import DoubleMatrix, IndexVector

Pick = Literal["balanced", "accurate", "novel"]

KEPT_ACCURACY = 0.95  # of the default's, by the novel pick


def front(values: DoubleMatrix) -> IndexVector:
    """Find the trials that no other one beats: none is as good on both objectives and better on one.

    Parameters
    ----------
    values
        float64, (n_trials, 2): more is better.

    Returns
    -------
    Indexes of these trials, int64, by falling first objective.
    """
    as_good = np.all(values[None, :, :] >= values[:, None, :], axis=2)
    better = np.any(values[None, :, :] > values[:, None, :], axis=2)
    unbeaten = np.flatnonzero(~np.any(as_good & better, axis=1))
    order: IndexVector = unbeaten[np.lexsort((unbeaten, -values[unbeaten, 0]))]
    return order


def pick(values: DoubleMatrix, default: int, rule: Pick) -> int:
    """Choose a trial.

    - "balanced": of the trials that are no worse than the default on both objectives, the one with the largest sum of
      its gains over the default, each divided by the range of that objective over all trials; the default itself where
      there is no other.
    - "accurate": the one with the best first objective.
    - "novel": the one with the best second objective among those that keep 95 % of the default's first one.

    Parameters
    ----------
    values
        float64, (n_trials, 2): more is better, accuracy first.
    default
        Index of the trial with the default settings.
    rule
        What to look for.

    Returns
    -------
    Index of the trial; of equals the earliest.
    """
    gains = values - values[default]
    if rule == "accurate":
        return int(np.lexsort((-values[:, 1], -values[:, 0]))[0])
    if rule == "novel":
        # abs: an objective of which less is better has values below 0 here.
        kept = gains[:, 0] >= (KEPT_ACCURACY - 1) * abs(values[default, 0])
        return int(np.argmax(np.where(kept, values[:, 1], -np.inf)))
    ranges = np.ptp(values, axis=0)
    scores = np.sum(gains / np.where(ranges > 0, ranges, 1), axis=1)
    # The default has gains of 0, so that there is always one.
    return int(np.argmax(np.where(np.all(gains >= 0, axis=1), scores, -np.inf)))
