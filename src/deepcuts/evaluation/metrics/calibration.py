"""Calibration: whether the list mixes labels as the history does.

With p the mean label distribution over the user's labelled items in train, and q that over the first k of the list::

    calibration_kl@k = Σ_g p_g ln(p_g / q̃_g),    q̃ = (1 − a) q + a p,    a = 0.01

in nats: 0 is the same mix, ln(1 / a) = 4.6 none of the user's labels on the list (Steck 2018, "Calibrated
recommendations", doi:10.1145/3240323.3240372).
"""

from __future__ import annotations

from math import log

import numpy as np

from deepcuts.array_types import DoubleMatrix, DoubleVector
from deepcuts.evaluation.metric import ITEM_LABELS, UserMetric
from deepcuts.evaluation.ranked_lists import RankedLists
from deepcuts.kernels.arrays import read_only
from deepcuts.kernels.metrics import divergences

_SMOOTHING = 0.01  # a: keeps the divergence finite where the list lacks a label
MOST_DIVERGENCE = -log(_SMOOTHING)


def calibration_kl(lists: RankedLists, k: int) -> DoubleVector:
    """Divergence of the labels of the first k from those of the history; undefined without labels in both."""
    return divergence(lists.item_labels.profiles(lists.seen), lists.item_labels.profiles(lists.listed(k)))


def divergence(p: DoubleMatrix, q: DoubleMatrix) -> DoubleVector:
    """Σ_g p_g ln(p_g / q̃_g) of the rows of `p` and `q`, float64, (n_rows,); NaN where either row is."""
    values = np.empty(len(p))
    divergences(read_only(p), read_only(q), _SMOOTHING, values)
    return values


METRICS = (
    UserMetric(
        "calibration_kl",
        calibration_kl,
        is_main=True,
        lower_is_better=True,
        needs=(ITEM_LABELS,),
        most=MOST_DIVERGENCE,
        unit="nats",
    ),
)
