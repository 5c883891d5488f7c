"""Every primitive of the lanes as it is compiled, against the plain Python that defines it.

The numbers are small and whole, or halves of such, so that no order of summing rounds anything.
"""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
import pytest
from numba import njit

from deepcuts.kernels.solver import lanes
from deepcuts.kernels.solver.lane_intrinsics import COUPLED
from deepcuts.kernels.solver.llvm_vectors import BLOCK, LANES
from deepcuts.kernels.solver.short_rows import by_block

pytestmark = pytest.mark.slow  # functions of lanes are compiled anew in every run

COUNTS = [*range(10), 16, 19]  # around the four sums that run side by side


@njit
def add_products(*arguments):
    lanes.add_products(*arguments)


@njit
def descend(*arguments):
    lanes.descend(*arguments)


@njit
def project(*arguments):
    lanes.project(*arguments)


@njit
def couple(*arguments):
    lanes.couple(*arguments)


@njit
def give_back_lines(*arguments):
    lanes.give_back_lines(*arguments)


@njit
def lay_out_blocks(*arguments):
    lanes.lay_out_blocks(*arguments)


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


@pytest.mark.parametrize("n", COUNTS)
def test_residuals_are_projected_on_the_first_block(rng: np.random.Generator, n: int) -> None:
    lines, residuals, sums = whole(rng, 2 * BLOCK * n, LANES), whole(rng, n, LANES), whole(rng, BLOCK, LANES)
    assert_defined(project, lanes.project, lines, residuals, sums)


@pytest.mark.parametrize("n_factors", [1, 4, 11])
@pytest.mark.parametrize("n", COUNTS)
def test_a_block_is_taken_into_account(rng: np.random.Generator, n: int, n_factors: int) -> None:
    system = System(rng, n, n_factors)
    couplings = np.zeros((len(system.shared) * len(COUPLED), LANES), np.float32)
    steps, expected = (np.zeros((len(system.x), LANES), np.float32) for _ in range(2))
    of_lines = system.lines, system.x, system.shared, system.ridge
    for block in range(len(system.shared)):
        residuals, expected_couplings = system.residuals.copy(), couplings.copy()
        couple(block, *of_lines, system.residuals, steps, couplings)
        lanes.couple(block, *of_lines, residuals, expected, expected_couplings)
        np.testing.assert_array_equal(system.residuals, residuals)
        np.testing.assert_array_equal(couplings, expected_couplings)
        np.testing.assert_allclose(steps, expected, rtol=1e-6)


def test_a_curvature_that_is_not_positive_has_no_inverse(rng: np.random.Generator) -> None:
    system = System(rng, 0, 4)
    system.shared[0, 2, 2], system.shared[0, 3, 3], system.ridge[:] = 4, -4, 0
    steps, couplings = np.ones((4, LANES), np.float32), np.zeros((len(COUPLED), LANES), np.float32)
    couple(0, system.lines, system.x, system.shared, system.ridge, system.residuals, steps, couplings)
    np.testing.assert_array_equal(steps[2:, 0], [0.25, 0])


@pytest.mark.parametrize("n_chosen", [1, 5, LANES])
@pytest.mark.parametrize("n_factors", [3, 16, 37])
def test_rows_come_back_from_their_lanes(rng: np.random.Generator, n_factors: int, n_chosen: int) -> None:
    rows, chosen = whole(rng, 40, n_factors), rng.permutation(40)[None, :LANES]
    expected, lines = rows.copy(), whole(rng, n_factors, LANES)
    expected[chosen[0, :n_chosen]] = lines[:, :n_chosen].T
    give_back_lines(lines, chosen * n_factors, n_chosen, rows)
    np.testing.assert_array_equal(rows, expected)


class System:
    """Sixteen rows of n pairs each, with factors up to a whole number of blocks; half of the steps are none."""

    def __init__(self, rng: np.random.Generator, n: int, n_factors: int) -> None:
        self.shared = by_block(whole(rng, n_factors, n_factors))
        n_wide = self.shared.shape[1]
        self.lines, self.residuals = whole(rng, n_wide * n, LANES), whole(rng, n, LANES)
        self.x, self.pull, self.ridge = whole(rng, n_wide, LANES), whole(rng, n_wide, LANES), whole(rng, LANES)
        self.couplings = whole(rng, len(self.shared) * len(COUPLED), LANES)
        self.steps = np.float32(0.5) * (rng.integers(2, size=(n_wide, LANES)) > 0).astype(np.float32)
        self.sums, self.largest = whole(rng, BLOCK, LANES), np.abs(whole(rng, 2, LANES))

    def arguments(self, floor: float) -> list[object]:
        """What `descend` takes behind the block."""
        fixed = self.lines, self.residuals, self.shared, self.couplings, self.ridge, self.pull, np.float32(floor)
        return [*fixed, self.steps, self.x, self.sums, self.largest]


@pytest.mark.parametrize("n_factors", [1, 4, 7, 13])
def test_columns_are_gathered_by_block(rng: np.random.Generator, n_factors: int) -> None:
    shared = whole(rng, n_factors, n_factors)
    panels = by_block(shared)
    n_wide = panels.shape[1]
    expected = np.pad(shared, (0, n_wide - n_factors))
    np.testing.assert_array_equal(panels.transpose(1, 0, 2).reshape(n_wide, n_wide), expected)


@pytest.mark.parametrize("floor", [0, -np.inf])
@pytest.mark.parametrize("n_factors", [1, 4, 11])
@pytest.mark.parametrize("n", COUNTS)
def test_a_step_descends_along_four_factors(rng: np.random.Generator, n: int, n_factors: int, floor: float) -> None:
    system = System(rng, n, n_factors)
    for block in range(len(system.shared)):
        assert_defined(descend, lanes.descend, block, *system.arguments(floor))
        descend(block, *system.arguments(floor))


def test_a_lane_without_steps_keeps_still(rng: np.random.Generator) -> None:
    system = System(rng, 7, 6)
    still = np.arange(LANES) % 3 == 0
    system.steps[:, still] = 0
    residuals, x = system.residuals.copy(), system.x.copy()
    descend(1, *system.arguments(-np.inf))
    np.testing.assert_array_equal(system.residuals[:, still], residuals[:, still])
    np.testing.assert_array_equal(system.x[:, still], x[:, still])


@pytest.mark.parametrize("n", COUNTS)
def test_zeros_behind_a_row_leave_its_sum_as_it_is(rng: np.random.Generator, n: int) -> None:
    lines, others = (rng.normal(size=(n, LANES)).astype(np.float32) for _ in range(2))  # not whole: sums are rounded
    expected = np.ones(LANES, np.float32)
    add_products(lines, 0, others, expected)
    for n_zeros in range(1, 9):
        zeros, total = np.zeros((n_zeros, LANES), np.float32), np.ones(LANES, np.float32)
        add_products(np.concatenate([lines, zeros]), 0, np.concatenate([others, zeros]), total)
        np.testing.assert_array_equal(total, expected)


@pytest.mark.parametrize("n", COUNTS)
def test_zeros_behind_a_row_leave_its_step_as_it_is(rng: np.random.Generator, n: int) -> None:
    short = System(rng, n, 8)
    short.lines, short.residuals = (rng.normal(size=a.shape).astype(np.float32) for a in (short.lines, short.residuals))
    long = copy.deepcopy(short)
    by_pair = np.pad(short.lines.reshape(2, n, BLOCK, LANES), ((0, 0), (0, 3), (0, 0), (0, 0)))
    long.lines, long.residuals = by_pair.reshape(-1, LANES), np.pad(short.residuals, ((0, 3), (0, 0)))
    for system in (short, long):
        of_lines = system.lines, system.x, system.shared, system.ridge
        couple(0, *of_lines, system.residuals, system.steps, system.couplings)
        project(system.lines, system.residuals, system.sums)
        descend(0, *system.arguments(0))
    for name in ("x", "steps", "couplings", "sums", "largest"):
        np.testing.assert_array_equal(getattr(short, name), getattr(long, name))


@pytest.mark.parametrize("n_blocks", [0, 1, 3, 4, 9])
@pytest.mark.parametrize("later", [0, 1, 2])
def test_blocks_are_laid_out(rng: np.random.Generator, n_blocks: int, later: int) -> None:
    n_factors = BLOCK * n_blocks + 2
    starts, numbers = rng.integers(9, size=(3, LANES)) * n_factors, whole(rng, 9 * n_factors)
    lines = np.zeros((4 + 20 * n_blocks, LANES), np.float32)
    assert_defined(
        lay_out_blocks,
        lanes.lay_out_blocks,
        *(whole(rng, 3, LANES), starts, 1, later, numbers, n_blocks, lines, 4, 3, 20),
    )


@pytest.mark.parametrize("n_factors", [1, 3, 4, 5, 16, 40])
def test_factors_of_pairs_are_laid_out_by_line(rng: np.random.Generator, n_factors: int) -> None:
    roots, chosen, other = whole(rng, 2, LANES), rng.integers(9, size=(2, LANES)), whole(rng, 9, n_factors)
    lines = np.full((2 * n_factors, LANES), np.nan, np.float32)
    for j in range(2):
        lay_out_lines(roots, chosen * n_factors, other, lines, j, j, 2, 2 * BLOCK)
    np.testing.assert_array_equal(
        lines.reshape(n_factors, 2, LANES), (roots[:, :, None] * other[chosen]).transpose(2, 0, 1)
    )


def test_fetching_ahead_changes_nothing(rng: np.random.Generator) -> None:
    assert_defined(fetch_ahead, lanes.fetch_ahead, whole(rng, 100), 3, 90)
