"""From play counts to the confidence and the target of a pair, and to the weight of pairs that were not observed."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from deepcuts.array_types import CountVector, DoubleVector, FloatVector, Indptr, NumberVector
from deepcuts.data.csr import sums_of_rows
from deepcuts.data.interactions import Interactions
from deepcuts.model.training.rows import Rows
from deepcuts.model.training.settings import PersonaSettings


def user_rows(plays: Interactions, settings: PersonaSettings) -> Rows:
    """One row per user, with the confidence and the target that the settings give to their plays.

    Normalised by user, heavy listeners do not outweigh the others, and data without counts has a confidence of 1. What
    is disliked has the target 0 and the confidence log2(1 + n), whatever the settings: it is meant, not measured.
    """
    confidence, target = confidences(plays.plays, settings), targets(plays.plays, settings)
    if settings.user_normalization and settings.confidence != "binary":  # binary ones are 1 already
        confidence = relative_to_user(plays.indptr, confidence)
    if settings.user_normalization and settings.target != "one":
        target = relative_to_user(plays.indptr, target)
    confidence, target = (values.astype(np.float32, copy=False) for values in (confidence, target))
    rows = Rows(plays.indptr, plays.indices, confidence, target)
    return rows if plays.dislikes is None else replace(rows, disliked=_disliked_rows(plays.dislikes))


def _disliked_rows(dislikes: Interactions) -> Rows:
    """Pairs of target 0 and confidence log2(1 + |n|)."""
    confidence = np.log2(1 + dislikes.plays)  # kept apart as |n|, above 0
    return Rows(dislikes.indptr, dislikes.indices, confidence, np.zeros_like(confidence))


def unobserved_weights(listeners: CountVector, exponent: float) -> FloatVector:
    """Weight of a pair that was not observed, over the mean of all items: q = max(1, f) ** α / mean, float32.

    Parameters
    ----------
    listeners
        f, int64, (n_items,): users who played each item.
    exponent
        α; with 0, every weight is 1.
    """
    weights: DoubleVector = np.maximum(1, listeners) ** float(exponent)
    return np.asarray(weights / weights.mean(), np.float32)


class ItemWeights(NamedTuple):
    """What all pairs of an item weigh in training, maths.md, Weights: Items.

    Parameters
    ----------
    of_pairs
        g of every item, float32, (n_items,): f ** −γ, with a mean of 1 over the pairs.
    unobserved
        q g of every item over its mean, float32, (n_items,).
    w0_factor
        The mean of q g, by which w0 grows.
    """

    of_pairs: FloatVector
    unobserved: FloatVector
    w0_factor: float

    @classmethod
    def of(cls, listeners: CountVector, unobserved_exponent: float, exponent: float) -> ItemWeights:
        """Weigh items by their listeners.

        Parameters
        ----------
        listeners
            f, int64, (n_items,): users who played each item.
        unobserved_exponent, exponent
            α and γ; with a γ of 0, every g is 1.
        """
        unobserved = unobserved_weights(listeners, unobserved_exponent)
        if exponent == 0:
            return cls(np.ones(len(listeners), np.float32), unobserved, 1.0)
        powers: DoubleVector = np.maximum(1, listeners) ** -float(exponent)
        weights = powers * (max(1, listeners.sum()) / max(1.0, float(listeners @ powers)))
        mean = float(np.mean(unobserved * weights))
        return cls(weights.astype(np.float32), (unobserved * weights / mean).astype(np.float32), mean)

    def weighed(self, rows: Rows) -> Rows:
        """Multiply the confidences of rows of users by the weights of their items."""
        disliked = None if rows.disliked is None else self.weighed(rows.disliked)
        return replace(rows, confidence=rows.confidence * self.of_pairs[rows.indices], disliked=disliked)


def confidences(plays: FloatVector, settings: PersonaSettings) -> NumberVector:
    """Confidence of every pair: 1 ("binary") or 1 + α log2(1 + n) ("log")."""
    if settings.confidence == "binary":
        return np.ones(len(plays), np.float32)
    return np.asarray(1 + settings.confidence_scale * np.log2(1 + plays.astype(np.float64)))


def targets(plays: FloatVector, settings: PersonaSettings) -> NumberVector:
    """Target of every pair: 1 ("one") or log2(n + 0.1) − 2 ("signed_log")."""
    if settings.target == "one":
        return np.ones(len(plays), np.float32)
    return np.asarray(np.log2(plays.astype(np.float64) + 0.1) - 2)  # 0 at 3.9 plays


def relative_to_user(indptr: Indptr, values: NumberVector) -> DoubleVector:
    """Divide the values of every user's pairs by the mean of their sizes; where all are 0, they stay so."""
    n_items = np.diff(indptr)
    # Sizes, not values: signed targets of a user may add up to 0.
    sizes = np.repeat(sums_of_rows(np.abs(values), indptr) / np.maximum(n_items, 1), n_items)
    relative: DoubleVector = np.divide(values, sizes, out=np.zeros(len(values)), where=sizes > 0)
    return relative
