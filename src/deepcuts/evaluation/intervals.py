"""Bootstrap intervals of means over users, and tests of whether two models' lists differ by more than chance.

Users are drawn anew with the Poisson bootstrap: every user enters a resample Poisson(1) times, independently of the
others, so that a block of users can be drawn at a time (Chamandy, Muralidharan, Najmi, Naidu 2012, "Estimating
uncertainty for massive data streams"; for many users it is the ordinary bootstrap). A resampled mean is
Σ_u w_u x_u / Σ_u w_u, over the users with a value; an interval lies between two quantiles of these means (Efron,
Tibshirani 1993, "An introduction to the bootstrap", section 13.3). All metrics share the weights. For two models the
mean is that of each user's difference, which varies far less than the difference of two means.

The test gives the differences random signs. If it did not matter which model made which list, a mean as far from 0 as
the one seen would come up in a share p of the draws, the one seen among them (Smucker, Allan, Carterette 2007, "A
comparison of statistical significance tests for information retrieval evaluation", doi:10.1145/1321440.1321528).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import exp, factorial

import numpy as np
import pyarrow as pa

from deepcuts.array_types import AnyArray, DoubleMatrix, DoubleVector, FloatVector, NumberMatrix
from deepcuts.checks import instance, real_number, seed_number, whole_number
from deepcuts.data.csr import quotient
from deepcuts.errors import DataError, SettingsError
from deepcuts.evaluation.evaluate import Evaluation
from deepcuts.wording import counted

_BLOCK_WEIGHTS = 1 << 23  # weights drawn at a time: 32 MB
_TIE = 1e-5  # sums of float32 that should be equal differ by less, relative to the largest there can be


def mean_intervals(evaluation: Evaluation, *, n_resamples: int = 1000, level: float = 0.95, seed: int = 0) -> pa.Table:
    """Give an interval to every figure that is a mean over users.

    Parameters
    ----------
    evaluation
        Its `per_user` values are drawn from.
    n_resamples
        Draws of all users, at least 1.
    level
        Share of the resampled means inside the interval, between 0 and 1.
    seed
        Of all randomness, ≥ 0.

    Returns
    -------
    pyarrow.Table
        metric, mean, low, high, n_users: the users that have a value; null bounds where there are none.

    Raises
    ------
    SettingsError
        If `n_resamples` or `level` is out of its range.
    """
    _check_evaluation("evaluation", evaluation)
    names = evaluation.per_user.column_names[1:]
    values = _matrix(evaluation.per_user, names)
    low, high = bootstrap_interval(values, n_resamples=n_resamples, level=level, seed=seed)
    n_users = np.count_nonzero(~np.isnan(values), axis=0)
    return _table(names, {"mean": _means(values), "low": low, "high": high, "n_users": n_users})


def compare_evaluations(
    a: Evaluation, b: Evaluation, *, n_resamples: int = 1000, level: float = 0.95, seed: int = 0
) -> pa.Table:
    """Compare two evaluations of the same users, metric by metric, over the users that have a value in both.

    Parameters
    ----------
    a, b
        Evaluations of two models' lists by the same train and holdout.
    n_resamples
        Draws of all users for the intervals, and of all signs for the test, at least 1.
    level
        Share of the resampled means inside the interval, between 0 and 1.
    seed
        Of all randomness, ≥ 0.

    Returns
    -------
    pyarrow.Table
        metric, mean_a, mean_b, difference (of b from a: above 0 where b's is larger), its low and high, p_value and
        n_users; null where no user has a value in both.

    Raises
    ------
    DataError
        If the users are not the same, or no metric is in both.
    SettingsError
        If `n_resamples` or `level` is out of its range.
    """
    _check_evaluation("a", a)
    _check_evaluation("b", b)
    names = _common_metrics(a, b)
    first, second = _matrix(a.per_user, names), _matrix(b.per_user, names)
    differences = second - first
    undefined = np.isnan(differences)
    first[undefined] = second[undefined] = np.nan  # so that both means are over the same users
    low, high = bootstrap_interval(differences, n_resamples=n_resamples, level=level, seed=seed)
    columns = {
        "mean_a": _means(first),
        "mean_b": _means(second),
        "difference": _means(differences),
        "low": low,
        "high": high,
        "p_value": sign_flip_test(differences, n_resamples=n_resamples, seed=seed),
        "n_users": np.count_nonzero(~undefined, axis=0),
    }
    return _table(names, columns)


def bootstrap_interval(
    values: DoubleMatrix, *, n_resamples: int = 1000, level: float = 0.95, seed: int = 0
) -> tuple[DoubleVector, DoubleVector]:
    """Percentile interval of the mean of each column, by the Poisson bootstrap.

    Parameters
    ----------
    values
        float64, (n_users, n_metrics): NaN where a user has no value.
    n_resamples
        Draws, at least 1. A draw in which no user with a value comes up is left out.
    level
        Share of the resampled means inside the interval, between 0 and 1.
    seed
        Of all randomness, ≥ 0.

    Returns
    -------
    low, high
        float64, (n_metrics,); NaN for a column without a value.

    Raises
    ------
    SettingsError
        If `n_resamples` or `level` is out of its range.
    """
    n_resamples, level = draws_of(n_resamples, level)
    centre = _means(values)
    there = ~np.isnan(values)
    centred = np.where(there, values - centre, 0).astype(np.float32)  # small numbers, for which float32 will do
    sums, counts = (np.zeros((n_resamples, values.shape[1])) for _ in range(2))
    for rows, random in random_words(len(values), n_resamples, seed):
        weights = POISSON[random]
        sums += weights @ centred[rows]
        counts += weights @ there[rows].astype(np.float32)  # whole numbers below 2²⁴ in a block: exact in float32
    means = quotient(sums, counts)  # Σ_u w_u x_u / Σ_u w_u, less the centre
    tail = (1 - level) / 2
    bounds = np.full((2, values.shape[1]), np.nan)
    for column in np.flatnonzero(np.any(~np.isnan(means), axis=0)):
        bounds[:, column] = centre[column] + np.nanquantile(means[:, column], [tail, 1 - tail])
    return bounds[0], bounds[1]


def sign_flip_test(differences: DoubleMatrix, *, n_resamples: int = 1000, seed: int = 0) -> DoubleVector:
    """Two-sided p value of the mean of each column being 0, by random signs.

    Parameters
    ----------
    differences
        float64, (n_users, n_metrics): NaN where a user has none.
    n_resamples
        Draws of all signs, at least 1; p is at least 1 / (n_resamples + 1).
    seed
        Of all randomness, ≥ 0.

    Returns
    -------
    numpy.ndarray
        float64, (n_metrics,), above 0 and at most 1; NaN for a column without a value.

    Raises
    ------
    SettingsError
        If `n_resamples` is below 1.
    """
    n_resamples, _ = draws_of(n_resamples)
    there = ~np.isnan(differences)
    values = np.where(there, differences, 0)
    largest = np.abs(values).sum(axis=0)  # of all sums with any signs
    scaled = (values / np.where(largest > 0, largest, 1)).astype(np.float32)
    sums = np.zeros((n_resamples, values.shape[1]))
    for rows, random in random_words(len(values), n_resamples, seed):
        sums += (random.astype(np.int16) >> 15 | 1).astype(np.float32) @ scaled[rows]  # the sign bit: -1 or 1
    observed = np.abs(scaled.sum(axis=0, dtype=np.float64))
    as_far = np.count_nonzero(np.abs(sums) >= observed - _TIE, axis=0)
    p_values: DoubleVector = np.where(there.any(axis=0), (as_far + 1) / (n_resamples + 1), np.nan)
    return p_values


def random_words(n_users: int, n_resamples: int, seed: int) -> Iterator[tuple[slice, NumberMatrix]]:
    """Yield users some at a time, with 16 random bits for each of them in each draw, uint16, (n_resamples, n_rows)."""
    # The same words for as many users and draws: two models are compared by the same draws.
    rng = np.random.default_rng(seed_number(seed))
    step = max(1, _BLOCK_WEIGHTS // n_resamples)
    for start in range(0, n_users, step):
        stop = min(start + step, n_users)
        yield slice(start, stop), rng.integers(1 << 16, size=(n_resamples, stop - start), dtype=np.uint16)


def _poisson_table() -> FloatVector:
    """Poisson(1) by inverting its distribution at 2^16 evenly spaced points, float32, (65536,).

    One look-up of 16 random bits is ten times as fast as drawing; probabilities are off by less than 1 / 2^16.
    """
    chances = np.cumsum([exp(-1) / factorial(n) for n in range(12)])  # more than 11 is far rarer than 1 / 2^16
    return np.searchsorted(chances, (np.arange(1 << 16) + 0.5) / (1 << 16)).astype(np.float32)


POISSON = _poisson_table()


def draws_of(n_resamples: int, level: float = 0.95) -> tuple[int, float]:
    """Take a number of draws from 1 up, and a level between 0 and 1."""
    n_resamples = whole_number("n_resamples", n_resamples, 1, advice="Draw at least once; 1,000 draws are usual.")
    advice = "It lies between 0 and 1, such as 0.95."
    level = real_number("level", level, 0, 1, advice)
    if level in (0, 1):
        raise SettingsError(f"level is {level}. {advice}")
    return n_resamples, level


def _check_evaluation(name: str, evaluation: object) -> None:
    instance(name, evaluation, Evaluation, "Give what evaluate(lists, train, holdout) returns.")


def _common_metrics(a: Evaluation, b: Evaluation) -> list[str]:
    """Names of the figures of users that are in both."""
    names = [name for name in a.per_user.column_names[1:] if name in b.per_user.column_names]
    if not a.per_user["user_id"].equals(b.per_user["user_id"]):
        raise DataError(
            f"The evaluations are of {counted(a.n_users, 'user')} and of "
            f"{counted(b.n_users, 'user')} that are not the same. "
            "Judge both by the same train and holdout."
        )
    if not names:
        raise DataError("The evaluations have no metric of users in common. Give both the same cutoffs.")
    return names


def _matrix(per_user: pa.Table, names: list[str]) -> DoubleMatrix:
    # The empty part makes this a matrix where there is no metric at all.
    return np.column_stack([np.empty((len(per_user), 0)), *(per_user[name].to_numpy() for name in names)])


def _means(values: DoubleMatrix) -> DoubleVector:
    n_users = np.count_nonzero(~np.isnan(values), axis=0)
    return quotient(np.nansum(values, axis=0), n_users)


def _table(names: list[str], columns: Mapping[str, AnyArray]) -> pa.Table:
    arrays = {name: pa.array(values, from_pandas=True) for name, values in columns.items()}
    return pa.table({"metric": pa.array(names, pa.string()), **arrays})
