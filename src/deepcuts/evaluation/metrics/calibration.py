"""Calibration: whether the list mixes tastes as the history does.

With p the mean label distribution over the user's labelled items in train, and q that over the first k of the list::

    calibration_kl@k = Σ_g p_g ln(p_g / q̃_g),    q̃ = (1 − a) q + a p,    a = 0.01

in nats: 0 is the same mix, ln(1 / a) = 4.6 none of the user's labels on the list (Steck 2018, "Calibrated
recommendations", doi:10.1145/3240323.3240372). `persona_calibration_kl` is the same for the shares of personas instead
of labels: p the share of the user's items that belong to each, q the share of the list made for each.
"""

from __future__ import annotations

import numpy as np

from deepcuts.data.csr import quotient
from deepcuts.evaluation.ranked_lists import RankedLists
from deepcuts.kernels.arrays import read_only
from deepcuts.kernels.metrics import divergences

_SMOOTHING = 0.01  # a: keeps the divergence finite where the list lacks a label


def calibration_kl(lists: RankedLists, k: int) -> np.ndarray:
    """Divergence of the labels of each user's list from those of the history.

    Parameters
    ----------
    lists
        The lists to judge.
    k
        Length at which they are cut, at least 1.

    Returns
    -------
    numpy.ndarray
        float64, (lists.n_users,), from 0 to ln(1 / a), in nats; NaN if list or history has no labelled item.
    """
    return divergence(lists.features.profiles(lists.seen), lists.features.profiles(lists.listed(k)))


def persona_calibration_kl(lists: RankedLists, k: int) -> np.ndarray:
    """Divergence of the personas of each user's list from those of the history.

    Parameters
    ----------
    lists
        The lists to judge.
    k
        Length at which they are cut, at least 1.

    Returns
    -------
    numpy.ndarray
        float64, (lists.n_users,), from 0 to ln(1 / a), in nats; NaN without a list or personas.
    """
    p = np.where(np.any(lists.persona_shares, axis=1, keepdims=True), lists.persona_shares, np.nan)
    return divergence(p, persona_mix(lists, k))


def persona_mix(lists: RankedLists, k: int) -> np.ndarray:
    """Share of each list's first `k` items made for each persona, float64, as `persona_shares`; NaN without a list."""
    n_personas = lists.persona_shares.shape[1]
    rows, places = np.nonzero(lists.items[:, :k] >= 0)
    personas = lists.list_personas[rows, places]
    known = personas < n_personas
    counts = np.bincount(rows[known] * n_personas + personas[known], minlength=lists.persona_shares.size)
    n_listed = np.bincount(rows, minlength=lists.n_users)
    return quotient(counts.reshape(lists.persona_shares.shape), n_listed[:, None])


def divergence(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Kullback–Leibler divergence of each row of `q`, smoothed, from that of `p`; NaN where either row is."""
    values = np.empty(len(p))
    divergences(read_only(p), read_only(q), _SMOOTHING, values)
    return values
