"""Every primitive of the lanes as it is compiled, against the plain Python that defines it.

The numbers are small and whole, or halves of such, so that no order of summing rounds anything.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numba import njit

from deepcuts.kernels import lanes
from deepcuts.kernels.lane_code import LANES, PANEL

COUNTS = [*range(10), 16, 19]  # around the four sums that run side by side


@njit
def add_products(*arguments):
    lanes.add_products(*arguments)


@njit
def descend(*arguments):
    lanes.descend(*arguments)


@njit
def start_panel(*arguments):
    lanes.start_panel(*arguments)


@njit
def account(*arguments):
    lanes.account(*arguments)


@njit
def invert(*arguments):
    lanes.invert(*arguments)


@njit
def give_back_lines(*arguments):
    lanes.give_back_lines(*arguments)


@njit
def lay_out_factors(*arguments):
    lanes.lay_out_factors(*arguments)


@njit
def lay_out_lines(*arguments):
    lanes.lay_out_lines(*arguments)


@njit
def fetch_ahead(*arguments):
    lanes.fetch_ahead(*arguments)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def whole(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.integers(-4, 5, shape).astype(np.float32)


def assert_defined(compiled: Callable[..., None], plain: Callable[..., None], *arguments: object) -> None:
    """Both leave the same in all of their arguments."""
    first, second = ([np.copy(a) if isinstance(a, np.ndarray) else a for a in arguments] for _ in range(2))
    compiled(*first)
    plain(*second)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("n", COUNTS)
def test_products_are_added(rng: np.random.Generator, n: int) -> None:
    assert_defined(
        add_products, lanes.add_products, whole(rng, n + 5, LANES), 5, whole(rng, n, LANES), whole(rng, LANES)
    )


@pytest.mark.parametrize("n_factors", [*range(1, 10), 16, 20])
def test_a_pair_is_taken_into_account(rng: np.random.Generator, n_factors: int) -> None:
    lines, x, curvature = (whole(rng, n, LANES) for n in (1 + 3 * n_factors, n_factors, n_factors))
    assert_defined(account, lanes.account, lines, 1, 3, x, curvature, whole(rng, LANES))


def test_a_curvature_that_is_not_positive_has_no_inverse(rng: np.random.Generator) -> None:
    curvature, shared = np.abs(whole(rng, 5, LANES)), np.zeros((5, PANEL), np.float32)
    shared[2, 2], shared[3, 3] = 4, -4
    steps, expected = np.empty((5, LANES), np.float32), np.empty((5, LANES), np.float32)
    ridge = np.zeros(LANES, np.float32)
    invert(curvature, shared, ridge, steps)
    lanes.invert(curvature, shared, ridge, expected)
    np.testing.assert_allclose(steps, expected, rtol=1e-6)
    assert not np.any(steps[3])


@pytest.mark.parametrize("n_chosen", [1, 5, LANES])
@pytest.mark.parametrize("n_factors", [3, 16, 37])
def test_rows_come_back_from_their_lanes(rng: np.random.Generator, n_factors: int, n_chosen: int) -> None:
    rows, chosen = whole(rng, 40, n_factors), rng.permutation(40)[:n_chosen]
    expected, lines = rows.copy(), whole(rng, n_factors, LANES)
    expected[chosen] = lines[:, :n_chosen].T
    give_back_lines(lines, chosen, rows)
    np.testing.assert_array_equal(rows, expected)


def wide(shared: np.ndarray) -> np.ndarray:
    """Columns up to a whole number of panels."""
    return np.pad(shared, ((0, 0), (0, -len(shared) % PANEL)))


@pytest.mark.parametrize("n_factors", [1, 7, 8, 13])
def test_a_panel_starts_from_all_factors(rng: np.random.Generator, n_factors: int) -> None:
    shared = wide(whole(rng, n_factors, n_factors))
    slopes = np.zeros((shared.shape[1], LANES), np.float32)
    for first in range(0, n_factors, PANEL):
        assert_defined(start_panel, lanes.start_panel, first, shared, whole(rng, n_factors, LANES), slopes)


def step(rng: np.random.Generator, n: int, n_factors: int) -> list[np.ndarray]:
    """Lines, residuals, shared, ridge, pull, steps, x, slopes, product and largest; half of the lanes keep still."""
    steps = np.float32(0.5) * (rng.integers(2, size=(n_factors, LANES)) > 0).astype(np.float32)
    vectors = whole(rng, n_factors * n, LANES), whole(rng, n, LANES)
    weights = wide(whole(rng, n_factors, n_factors)), whole(rng, LANES), whole(rng, n_factors, LANES)
    x, slopes = whole(rng, n_factors, LANES), whole(rng, weights[0].shape[1], LANES)
    return [*vectors, *weights, steps, x, slopes, whole(rng, LANES), np.abs(whole(rng, LANES))]


@pytest.mark.parametrize("floor", [0, -np.inf])
@pytest.mark.parametrize("n_factors", [1, 4, 11])
@pytest.mark.parametrize("n", COUNTS)
def test_a_step_descends_along_one_factor(rng: np.random.Generator, n: int, n_factors: int, floor: float) -> None:
    *before, steps, x, slopes, product, largest = step(rng, n, n_factors)
    for f in range(n_factors):
        after = steps, x, slopes, product, largest
        assert_defined(descend, lanes.descend, f, *before, np.float32(floor), *after)


def test_a_lane_without_a_step_keeps_still(rng: np.random.Generator) -> None:
    lines, residuals, *penalty, steps, x, slopes, product, largest = step(rng, 7, 3)
    still = steps[1] == 0
    residuals_before, x_before = residuals.copy(), x.copy()
    descend(1, lines, residuals, *penalty, np.float32(-np.inf), steps, x, slopes, product, largest)
    np.testing.assert_array_equal(residuals[:, still], residuals_before[:, still])
    np.testing.assert_array_equal(x[:, still], x_before[:, still])


@pytest.mark.parametrize("n", COUNTS)
def test_zeros_behind_a_row_leave_its_sum_as_it_is(rng: np.random.Generator, n: int) -> None:
    lines, others = (rng.normal(size=(n, LANES)).astype(np.float32) for _ in range(2))  # not whole: sums are rounded
    expected = np.ones(LANES, np.float32)
    add_products(lines, 0, others, expected)
    for n_zeros in range(1, 9):
        zeros, total = np.zeros((n_zeros, LANES), np.float32), np.ones(LANES, np.float32)
        add_products(np.concatenate([lines, zeros]), 0, np.concatenate([others, zeros]), total)
        np.testing.assert_array_equal(total, expected)


@pytest.mark.parametrize("first", [0, 3])
def test_sixteen_factors_are_laid_out(rng: np.random.Generator, first: int) -> None:
    chosen = rng.integers(9, size=(2, LANES))
    lines = np.zeros((4 + 3 * LANES, LANES), np.float32)
    assert_defined(
        lay_out_factors, lanes.lay_out_factors, whole(rng, 2, LANES), chosen, 1, whole(rng, 9, 20), first, lines, 4, 3
    )


@pytest.mark.parametrize("n_factors", [1, 15, 16, 17, 32, 40])
def test_factors_of_pairs_are_laid_out_by_line(rng: np.random.Generator, n_factors: int) -> None:
    roots, chosen, other = whole(rng, 2, LANES), rng.integers(9, size=(2, LANES)), whole(rng, 9, n_factors)
    lines = np.full((2 * n_factors, LANES), np.nan, np.float32)
    for j in range(2):
        lay_out_lines(roots, chosen, other, lines, j, j, 2)
    np.testing.assert_array_equal(
        lines.reshape(n_factors, 2, LANES), (roots[:, :, None] * other[chosen]).transpose(2, 0, 1)
    )


def test_fetching_ahead_changes_nothing(rng: np.random.Generator) -> None:
    chosen, other = rng.integers(9, size=(2, LANES)), whole(rng, 9, 40)
    assert_defined(fetch_ahead, lanes.fetch_ahead, chosen, 1, other)
