"""Sizes of items, by which the form "norm" of the dial goes: how large the scores are that an item gets.

An item vector is the longer, the more is known of the item. Longer vectors score higher with everybody, so dividing by
the length takes that part of popularity out which the model itself has put in, and leaves the match of tastes. Lengths
of single items also differ for other reasons than popularity, so lists could become more popular as the dial is turned
towards rare. What divides is therefore the best monotone function of the frequency (Barlow, Bartholomew, Bremner and
Brunk 1972, *Statistical inference under order restrictions*), which measures better, too: docs/evidence.md.
"""

from __future__ import annotations

import numpy as np

from deepcuts.array_types import DoubleVector, FloatMatrix
from deepcuts.recommendation.source import ScoreSource, has_factors
from deepcuts.recommendation.weak_cache import WeakCache

_LEAST_QUANTILE = 0.02  # sizes below it count as this: a few items have hardly any, and logarithms are taken
_LEAST_BASE = 1e-6  # of the largest; its power of the largest strength stays in the range of float32
_KEPT = 0.2  # of the growth of log sizes with the log frequency: chosen by benchmarks/dial_forms.py
_MOST_ROWS = 256  # whose scores are spread out where a source has no factors


_sizes: WeakCache[DoubleVector] = WeakCache()


def item_sizes(source: ScoreSource) -> DoubleVector:
    """Size of every item, float64, (n_items,).

    Length of its factors; of a source without factors, what the source itself has as `item_sizes`, or else the standard
    deviation of the scores.
    """
    if has_factors(source):
        return lengths_of(source.item_factors)
    own: DoubleVector | None = getattr(source, "item_sizes", None)
    return _sizes.get(source, lambda: _spread_over_rows(source)) if own is None else own


def lengths_of(item_factors: FloatMatrix) -> DoubleVector:
    """Length of the factors of every item, float64, (n_items,), computed once for this very array."""
    return _sizes.get(
        item_factors, lambda: np.sqrt(np.einsum("if,if->i", item_factors, item_factors, dtype=np.float64))
    )


def _spread_over_rows(source: ScoreSource) -> DoubleVector:
    """Standard deviation of the scores of every item over rows at even distances; the scores, where rows are alike."""
    n_rows = int(source.persona_indptr[-1])
    rows = np.unique(np.linspace(0, n_rows - 1, min(n_rows, _MOST_ROWS)).astype(np.int64))
    scores = source.scores(rows)
    spreads: DoubleVector = scores.std(axis=0, dtype=np.float64)
    return spreads if spreads.any() else np.abs(scores[0]).astype(np.float64)


def fitted_sizes(sizes: DoubleVector, frequency: DoubleVector) -> DoubleVector:
    """Sizes as a function of the frequency that nowhere falls, over their largest: float64, (n_items,), in (0, 1].

    The function is the isotonic regression on the frequency of log sizes, less a part of their straight line on the log
    frequency: what sizes have beyond that part is divided out first. It is stretched to grow as much as the line does.

    Parameters
    ----------
    sizes
        float64, (n_items,), ≥ 0.
    frequency
        float64, (n_items,), in (0, 1].
    """
    from scipy.optimize import isotonic_regression  # 0.1 s, which lists at a neutral dial do without

    least = np.quantile(sizes, _LEAST_QUANTILE)
    logs = np.log(np.maximum(sizes, max(least, _LEAST_BASE * float(sizes.max()), np.finfo(np.float64).tiny)))
    log_frequency = np.log(frequency)
    beyond = (logs - _KEPT * _slope(logs, log_frequency) * log_frequency) / (1 - _KEPT)
    # Items of one frequency share a value: the fit is of their means.
    _, level, n_items = np.unique(frequency, return_inverse=True, return_counts=True)
    means = np.bincount(level, weights=beyond) / n_items
    fitted = isotonic_regression(means, weights=n_items).x
    return np.asarray(np.exp(np.maximum(fitted - fitted[-1], np.log(_LEAST_BASE)))[level])


def _slope(values: DoubleVector, of: DoubleVector) -> float:
    """Slope of the line by least squares, 0 where it falls, or where there is nothing to tell it by."""
    apart = of - of.mean()
    square = float(apart @ apart)
    return max(0.0, float(apart @ values) / square) if square > 0 else 0.0
