"""From runs to one table: means over users and seeds, intervals, and tests against a reference.

A user's value is the mean over the seeds in which it is defined, so that a user counts once and intervals are over
users (`deepcuts.evaluation.intervals`). Differences from the reference are taken user by user and seed by seed. Where
k rivals are tested against one reference, the smallest of their p values is multiplied by k, the next by k − 1, and so
on, never falling below the one before (Holm 1979, "A simple sequentially rejective multiple test procedure").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from deepcuts.comparison.contenders import check_reference
from deepcuts.comparison.runs import Run
from deepcuts.data.ids import Ids
from deepcuts.evaluation.catalogue_intervals import spread
from deepcuts.evaluation.intervals import bootstrap_interval, sign_flip_test


@dataclass(frozen=True)
class Figure:
    """One figure of one contender.

    Parameters
    ----------
    mean, low, high
        Mean over users and seeds, and its interval.
    difference, difference_low, difference_high
        From the reference, above 0 where this contender's is larger; NaN for the reference itself.
    p_value
        Of the difference being 0, corrected for the number of rivals; NaN for the reference, and for figures of all
        lists together, which no user has a value of.
    """

    mean: float
    low: float
    high: float
    difference: float = float("nan")
    difference_low: float = float("nan")
    difference_high: float = float("nan")
    p_value: float = float("nan")


@dataclass(frozen=True, eq=False)
class Comparison:
    """All figures of all contenders.

    Parameters
    ----------
    contenders
        Their names.
    metrics
        Names of the figures, such as "recall@20".
    reference
        Whom the others are tested against.
    seeds
        Seeds of the runs.
    figures
        From a contender and a metric to the figure.
    """

    contenders: tuple[str, ...]
    metrics: tuple[str, ...]
    reference: str
    seeds: tuple[int, ...]
    figures: dict[tuple[str, str], Figure]

    def to_arrow(self) -> pa.Table:
        """Return one row per contender and metric: model, metric, and the fields of `Figure`; null where undefined."""
        keys = [(contender, metric) for contender in self.contenders for metric in self.metrics]
        columns = {
            name: pa.array([getattr(self.figures[key], name) for key in keys], pa.float64(), from_pandas=True)
            for name in Figure.__dataclass_fields__
        }
        models, metrics = zip(*keys, strict=True)
        return pa.table({"model": models, "metric": metrics, **columns})


def tabulate(
    runs: Sequence[Run],
    contenders: Sequence[str],
    reference: str,
    *,
    n_resamples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Comparison:
    """Sum up runs.

    Parameters
    ----------
    runs
        What `deepcuts.comparison.run_all` returns.
    contenders
        Names, in the order of the table.
    reference
        One of them.
    n_resamples
        Draws of all users, and of all signs, at least 1.
    level
        Share of the resampled means inside an interval, between 0 and 1.
    seed
        Of all randomness, ≥ 0.

    Raises
    ------
    SettingsError
        If the reference is none of the contenders, or an argument is out of its range.
    """
    check_reference(reference, contenders)
    of = {name: [run for run in runs if run.contender == name] for name in contenders}
    user_metrics = runs[0].evaluation.per_user.column_names[1:]
    everyone = pc.unique(pa.concat_arrays([_users(run) for run in runs]))
    users = Ids.of(everyone.take(pc.sort_indices(everyone)), "user")
    values = {name: _cube(of[name], users, user_metrics) for name in contenders}
    figures: dict[tuple[str, str], Figure] = {}
    tests = {name: _paired(values[name] - values[reference], n_resamples, level, seed) for name in contenders}
    corrected = _corrected(tests, reference)
    for name in contenders:
        means = _user_means(values[name])
        low, high = bootstrap_interval(means, n_resamples=n_resamples, level=level, seed=seed)
        for column, metric in enumerate(user_metrics):
            own = [_mean(means[:, column]), low[column], high[column]]
            other = [] if name == reference else [*(part[column] for part in tests[name][:3]), corrected[name][column]]
            figures[name, metric] = Figure(*map(float, (*own, *other)))
        figures |= _catalogue(name, of[name], None if name == reference else of[reference], level)
    metrics = tuple(runs[0].evaluation.figures)
    return Comparison(tuple(contenders), metrics, reference, tuple(run.seed for run in of[reference]), figures)


def holm(p_values: np.ndarray) -> np.ndarray:
    """Correct p values of several tests, float64, (n_tests,); NaN stays, and does not count as a test."""
    corrected = np.full(len(p_values), np.nan)
    order = np.argsort(p_values)[: np.count_nonzero(~np.isnan(p_values))]
    factors = np.arange(len(order), 0, -1)
    corrected[order] = np.minimum(np.maximum.accumulate(p_values[order] * factors), 1)
    return corrected


def _corrected(tests: dict[str, tuple[np.ndarray, ...]], reference: str) -> dict[str, np.ndarray]:
    """Corrected p values of every rival, (n_metrics,): figure by figure, over the rivals."""
    rivals = [name for name in tests if name != reference]
    if not rivals:
        return {}
    p_values = np.array([tests[name][3] for name in rivals])
    columns = np.apply_along_axis(holm, 0, p_values) if p_values.shape[1] else p_values
    return dict(zip(rivals, columns, strict=True))


def _users(run: Run) -> pa.Array:
    return run.evaluation.per_user["user_id"].combine_chunks()


def _cube(runs: Sequence[Run], users: Ids, metrics: Sequence[str]) -> np.ndarray:
    """Values by seed, user and metric, float64, (n_seeds, n_users, n_metrics); NaN where undefined."""
    cube = np.full((len(runs), len(users), len(metrics)), np.nan)
    for layer, run in zip(cube, runs, strict=True):
        places = users.indexes_of(_users(run))
        for column, metric in enumerate(metrics):
            layer[places, column] = run.evaluation.per_user[metric].to_numpy()
    return cube


def _user_means(cube: np.ndarray) -> np.ndarray:
    """Mean over the seeds in which a user has a value, float64, (n_users, n_metrics)."""
    there = ~np.isnan(cube)
    counts = there.sum(axis=0)
    means: np.ndarray = np.where(counts > 0, np.sum(cube, axis=0, where=there) / np.maximum(counts, 1), np.nan)
    return means


def _mean(values: np.ndarray) -> float:
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if len(defined) else float("nan")


def _paired(differences: np.ndarray, n_resamples: int, level: float, seed: int) -> tuple[np.ndarray, ...]:
    """Mean difference, its interval and its p value, each (n_metrics,)."""
    by_user = _user_means(differences)
    low, high = bootstrap_interval(by_user, n_resamples=n_resamples, level=level, seed=seed)
    means = np.array([_mean(column) for column in by_user.T])
    return means, low, high, sign_flip_test(by_user, n_resamples=n_resamples, seed=seed)


def _catalogue(
    name: str, runs: Sequence[Run], reference: Sequence[Run] | None, level: float
) -> dict[tuple[str, str], Figure]:
    """Figures of all lists together: means over seeds; the same users are drawn for every contender."""
    found = {}
    for metric, draws in _mean_draws(runs).items():
        mean = float(np.mean([run.evaluation.figures[metric] for run in runs]))
        own = (mean, *(mean + spread(draws, level)))
        other: tuple[float, ...] = ()
        if reference is not None:
            difference = mean - float(np.mean([run.evaluation.figures[metric] for run in reference]))
            other = (difference, *(difference + spread(draws - _mean_draws(reference)[metric], level)))
        found[name, metric] = Figure(*map(float, (*own, *other)))
    return found


def _mean_draws(runs: Sequence[Run]) -> dict[str, np.ndarray]:
    return {metric: np.mean([run.draws[metric] for run in runs], axis=0) for metric in runs[0].draws}
