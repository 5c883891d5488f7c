"""From runs to one table: means over users and seeds, intervals, and tests against a reference.

A user's value is the mean over the seeds in which it is defined, so that a user counts once and intervals are over
users (`deepcuts.evaluation.intervals`). Differences from the reference are taken user by user and seed by seed. Where
k rivals are tested against one reference, the smallest of their p values is multiplied by k, the next by k − 1, and so
on, never falling below the one before (Holm 1979, "A simple sequentially rejective multiple test procedure").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from deepcuts.array_types import AnyArray, DoubleMatrix, DoubleVector
from deepcuts.checks import instances, shown, texts
from deepcuts.comparison.contenders import check_reference
from deepcuts.comparison.runs import Run
from deepcuts.data.csr import quotient
from deepcuts.data.frames import as_frame
from deepcuts.data.ids import Ids
from deepcuts.errors import SettingsError
from deepcuts.evaluation.catalogue_intervals import spread
from deepcuts.evaluation.intervals import bootstrap_interval, draws_of, sign_flip_test

# The formats stand on the type of a comparison: they are entered by name, when a notebook shows one.
_FORMATS = "deepcuts.comparison.formats"


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


@dataclass(frozen=True, eq=False, repr=False)
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

    def to_pandas(self) -> Any:
        """Return the rows of `to_arrow` as a DataFrame of pandas, by model and metric.

        Raises
        ------
        MissingExtraError
            If pandas is not installed.
        """
        return as_frame(self.to_arrow(), "model", "metric")

    def _repr_html_(self) -> str:
        html: str = import_module(_FORMATS).to_html(self)
        return html

    def __str__(self) -> str:
        text: str = import_module(_FORMATS).to_text(self)
        return text

    __repr__ = __str__


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
    runs = instances("runs", runs, Run, "Give what run_all(contenders, cuts, cutoffs) returns.")
    contenders = _run(contenders, runs)
    check_reference(reference, contenders)
    n_resamples, level = draws_of(n_resamples, level)
    runs_of = {name: [run for run in runs if run.contender == name] for name in contenders}
    user_metrics = runs[0].evaluation.per_user.column_names[1:]
    users = _users_of_all(runs)
    values = {name: _cube(runs_of[name], users, user_metrics) for name in contenders}
    rivals = [name for name in contenders if name != reference]
    # NaN where either has no value: differences are over users and seeds with both.
    tests = {name: _paired_test(values[name] - values[reference], n_resamples, level, seed) for name in rivals}
    tests = _corrected(tests)
    figures: dict[tuple[str, str], Figure] = {}
    for name in contenders:
        means = _user_means(values[name])
        low, high = bootstrap_interval(means, n_resamples=n_resamples, level=level, seed=seed)
        for column, metric in enumerate(user_metrics):
            against = [part[column] for part in tests[name]] if name in tests else []
            own = _mean(means[:, column]), low[column], high[column]
            figures[name, metric] = Figure(*map(float, (*own, *against)))
        figures |= _catalogue(name, runs_of[name], None if name == reference else runs_of[reference], level)
    seeds = tuple(run.seed for run in runs_of[reference])
    return Comparison(tuple(contenders), tuple(runs[0].evaluation.figures), reference, seeds, figures)


def _run(names: Sequence[str], runs: Sequence[Run]) -> tuple[str, ...]:
    """Take names of contenders that have runs."""
    if not runs:
        raise SettingsError("runs is empty. Give what run_all(contenders, cuts, cutoffs) returns.")
    have_run = {run.contender for run in runs}
    for name in (names := texts("contenders", names)):
        if name not in have_run:
            raise SettingsError(f"There is no run of {shown(name)}. Choose from {', '.join(sorted(have_run))}.")
    return names


def holm(p_values: DoubleVector) -> DoubleVector:
    """Correct p values of several tests, float64, (n_tests,); NaN stays, and does not count as a test."""
    corrected = np.full(len(p_values), np.nan)
    order = np.argsort(p_values)[: np.count_nonzero(~np.isnan(p_values))]  # argsort puts NaN last
    factors = np.arange(len(order), 0, -1)
    # Times k, k − 1, …, 1 in rising order, never below the one before, at most 1.
    corrected[order] = np.minimum(np.maximum.accumulate(p_values[order] * factors), 1)
    return corrected


class _PairedTest(NamedTuple):
    """Differences of a contender from the reference, metric by metric, each float64, (n_metrics,)."""

    means: DoubleVector
    low: DoubleVector
    high: DoubleVector
    p_values: DoubleVector


def _paired_test(differences: AnyArray, n_resamples: int, level: float, seed: int) -> _PairedTest:
    """Test differences, float64, (n_seeds, n_users, n_metrics), for a mean of 0; p values are not yet corrected."""
    by_user = _user_means(differences)
    low, high = bootstrap_interval(by_user, n_resamples=n_resamples, level=level, seed=seed)
    means = np.array([_mean(column) for column in by_user.T])
    return _PairedTest(means, low, high, sign_flip_test(by_user, n_resamples=n_resamples, seed=seed))


def _corrected(tests: dict[str, _PairedTest]) -> dict[str, _PairedTest]:
    """Correct the p values of every metric for the number of rivals."""
    if not tests:
        return {}
    p_values = np.array([test.p_values for test in tests.values()])
    for column in p_values.T:
        column[:] = holm(column)  # a view: writes into `p_values`
    return {name: test._replace(p_values=row) for (name, test), row in zip(tests.items(), p_values, strict=True)}


def _users_of_all(runs: Sequence[Run]) -> Ids:
    """Users that any run has judged."""
    ids = pc.unique(pa.concat_arrays([_users(run) for run in runs]))
    return Ids.of(ids.take(pc.sort_indices(ids)), "user")


def _users(run: Run) -> pa.Array:
    return run.evaluation.per_user["user_id"].combine_chunks()


def _cube(runs: Sequence[Run], users: Ids, metrics: Sequence[str]) -> AnyArray:
    """Values by seed, user and metric, float64, (n_seeds, n_users, n_metrics); NaN where undefined."""
    cube = np.full((len(runs), len(users), len(metrics)), np.nan)
    for layer, run in zip(cube, runs, strict=True):
        indexes = users.indexes_of(_users(run))
        for column, metric in enumerate(metrics):
            layer[indexes, column] = run.evaluation.per_user[metric].to_numpy()  # null becomes NaN
    return cube


def _user_means(cube: AnyArray) -> DoubleMatrix:
    """Mean over the seeds in which a user has a value, float64, (n_users, n_metrics); NaN where there is none."""
    is_defined = ~np.isnan(cube)
    return quotient(np.sum(cube, axis=0, where=is_defined), is_defined.sum(axis=0))


def _mean(values: DoubleVector) -> float:
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if len(defined) else float("nan")


def _catalogue(
    name: str, runs: Sequence[Run], reference: Sequence[Run] | None, level: float
) -> dict[tuple[str, str], Figure]:
    """Figures of all lists together: means over seeds; the same users are drawn for every contender."""
    found = {}
    for metric, draws in _mean_draws(runs).items():
        mean = float(np.mean([run.evaluation.figures[metric] for run in runs]))
        own = (mean, *(mean + spread(draws, level)))  # draws are biased, so only their spread is used
        other: tuple[float, ...] = ()
        if reference is not None:
            difference = mean - float(np.mean([run.evaluation.figures[metric] for run in reference]))
            other = (difference, *(difference + spread(draws - _mean_draws(reference)[metric], level)))
        found[name, metric] = Figure(*map(float, (*own, *other)))
    return found


def _mean_draws(runs: Sequence[Run]) -> dict[str, DoubleVector]:
    return {metric: np.mean([run.draws[metric] for run in runs], axis=0) for metric in runs[0].draws}
