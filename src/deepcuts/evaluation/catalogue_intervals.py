"""Bootstrap intervals of figures of all lists together, such as coverage and Gini, which no user has a value of.

Users are drawn anew as in `deepcuts.evaluation.intervals`, with the same weights, and each figure is computed again
from the lists of the users drawn, each as often as it was drawn::

    x_j = Σ_u w_u [item j is among the first k of the list of u]

A draw leaves out about 37 % of the users, so that fewer items are listed at all: coverage and entropy of a draw are
lower than what they stand for, Gini is higher. An interval therefore has the width of the draws, but lies around the
figure itself: from figure + (quantile − mean of the draws) on either side.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa

from deepcuts.array_types import DoubleVector, FloatMatrix
from deepcuts.data.csr import quotient
from deepcuts.errors import DataError
from deepcuts.evaluation.intervals import POISSON, draws_of, random_words
from deepcuts.evaluation.metric import ExposureMetric, QuotientMetric
from deepcuts.evaluation.ranked_lists import RankedLists, check_ranked
from deepcuts.evaluation.registry import Cutoffs, default_cutoffs, metrics_at
from deepcuts.kernels.arrays import read_only
from deepcuts.kernels.metrics import add_exposure

_SCHEMA, _COMPARED = (
    pa.schema([("metric", pa.string()), *((name, pa.float64()) for name in names), ("n_users", pa.int64())])
    for names in (("mean", "low", "high"), ("mean_a", "mean_b", "difference", "low", "high"))
)


def catalogue_intervals(
    lists: RankedLists,
    cutoffs: Cutoffs | None = None,
    *,
    n_resamples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> pa.Table:
    """Give an interval to every figure of all lists together.

    Parameters
    ----------
    lists
        What `deepcuts.evaluation.rank_lists` returns.
    cutoffs
        From names of metrics to list lengths, as for `deepcuts.evaluation.evaluate`; those of users are passed over.
    n_resamples
        Draws of all users, at least 1.
    level
        Share of the draws inside the interval, between 0 and 1.
    seed
        Of all randomness, ≥ 0.

    Returns
    -------
    pyarrow.Table
        metric, mean (the figure itself), low, high, n_users.

    Raises
    ------
    SettingsError
        If there is no such metric, or `n_resamples` or `level` is out of its range.
    """
    check_ranked("lists", lists)
    n_resamples, level = draws_of(n_resamples, level)
    draws = catalogue_draws(lists, cutoffs, n_resamples=n_resamples, seed=seed)
    rows = []
    for metric, k in _catalogue_metrics(lists, cutoffs):
        figure, name = metric.value(lists, k), metric.at(k)
        low, high = figure + spread(draws[name], level)
        rows.append((name, figure, low, high, lists.n_users))
    return _table(rows, _SCHEMA)


def compare_catalogue(
    a: RankedLists,
    b: RankedLists,
    cutoffs: Cutoffs | None = None,
    *,
    n_resamples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> pa.Table:
    """Compare figures of all lists together of two models, by drawing the same users for both.

    Parameters
    ----------
    a, b
        Two models' lists for the same users, laid beside the same holdout.
    cutoffs, n_resamples, level, seed
        As for `catalogue_intervals`.

    Returns
    -------
    pyarrow.Table
        metric, mean_a, mean_b, difference (of b from a), its low and high, n_users.

    Raises
    ------
    DataError
        If the users are not the same.
    """
    check_ranked("a", a)
    check_ranked("b", b)
    n_resamples, level = draws_of(n_resamples, level)
    if not a.user_ids.equals(b.user_ids):
        raise DataError("The lists are of different users. Lay both beside the same train and holdout.")
    first, second = (catalogue_draws(lists, cutoffs, n_resamples=n_resamples, seed=seed) for lists in (a, b))
    rows = []
    for metric, k in _catalogue_metrics(a, cutoffs):
        (mean_a, mean_b), name = (metric.value(lists, k) for lists in (a, b)), metric.at(k)
        low, high = mean_b - mean_a + spread(second[name] - first[name], level)
        rows.append((name, mean_a, mean_b, mean_b - mean_a, low, high, a.n_users))
    return _table(rows, _COMPARED)


def spread(draws: DoubleVector, level: float) -> DoubleVector:
    """How far the bounds of an interval lie from the figure, float64, (2,); NaN where no draw has a value."""
    values = draws[~np.isnan(draws)]
    if not len(values):
        return np.full(2, np.nan)
    tail = (1 - level) / 2
    bounds: DoubleVector = np.quantile(values, [tail, 1 - tail]) - values.mean()
    return bounds


def catalogue_draws(
    lists: RankedLists, cutoffs: Cutoffs | None = None, *, n_resamples: int = 1000, seed: int = 0
) -> dict[str, DoubleVector]:
    """Compute every figure of all lists together anew for each draw of the users.

    The same seed draws the same users, so that draws of two models' lists for the same users can be subtracted.

    Returns
    -------
    dict
        From names such as "gini@20" to float64, (n_resamples,).
    """
    wanted = _catalogue_metrics(lists, cutoffs)
    found: dict[str, DoubleVector] = {}
    # Exposures of one length at a time, for all metrics that want it: they are the largest arrays here.
    for length in sorted({k for metric, k in wanted if isinstance(metric, ExposureMetric)}):
        exposures = np.ascontiguousarray(_exposures(lists, length, n_resamples, seed).T)
        for metric, k in wanted:
            if isinstance(metric, ExposureMetric) and k == length:
                found[metric.at(k)] = np.array([metric.figure(exposure) for exposure in exposures])
    for metric, k in wanted:
        if isinstance(metric, QuotientMetric):
            found[metric.at(k)] = _quotients(metric.parts(lists, k), n_resamples, seed)
    return {name: found[name] for name in (metric.at(k) for metric, k in wanted)}


def _catalogue_metrics(
    lists: RankedLists, cutoffs: Cutoffs | None
) -> list[tuple[ExposureMetric | QuotientMetric, int]]:
    """Metrics of all lists together that are asked for, or else that can be computed, each with its cut-off."""
    wanted = metrics_at(default_cutoffs(lists) if cutoffs is None else cutoffs)
    found = ((metric, k) for metric, k in wanted if isinstance(metric, ExposureMetric | QuotientMetric))
    return list(dict.fromkeys(found))


def _exposures(lists: RankedLists, k: int, n_resamples: int, seed: int) -> FloatMatrix:
    """How often each item is listed in each draw, float32, (n_items, n_resamples)."""
    listed = lists.listed(k)
    totals = np.zeros((lists.n_items, n_resamples), np.float32)  # counts, exact below 2²⁴
    for rows, weights in _weights(lists.n_users, n_resamples, seed):
        part = listed.part(rows)
        add_exposure(*map(read_only, (part.indptr, part.items, np.ascontiguousarray(weights.T))), totals)
    return totals


def _quotients(parts: tuple[DoubleVector, DoubleVector], n_resamples: int, seed: int) -> DoubleVector:
    """Σ_u w_u numerator_u / Σ_u w_u denominator_u of each draw."""
    columns = np.column_stack(parts)
    sums = np.zeros((n_resamples, 2))
    for rows, weights in _weights(len(columns), n_resamples, seed):
        sums += weights @ columns[rows]
    return quotient(sums[:, 0], sums[:, 1])


def _weights(n_users: int, n_resamples: int, seed: int) -> Iterator[tuple[slice, FloatMatrix]]:
    """Users some at a time, and how often each is in every draw, float32, (n_resamples, n_rows)."""
    for rows, random in random_words(n_users, n_resamples, seed):
        yield rows, POISSON[random]


def _table(rows: Iterable[tuple[str | float, ...]], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema)
