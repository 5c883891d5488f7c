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
from deepcuts.kernels.solver.lanes import LineOrder
from deepcuts.kernels.solver.llvm_vectors import BLOCK, LANES
from deepcuts.kernels.solver.short_rows import by_block, pairs_scratch, rows_scratch

pytestmark = pytest.mark.slow  # functions of lanes are compiled anew in every run

COUNTS = [*range(10), 16, 19]  # around the four sums that run side by side


@njit
def add_products(*arguments):
    lanes.add_products(*arguments)


@njit
def descend(block, pairs, rows, panels, floor):
    lanes.descend(block, pairs, rows, panels, floor)


@njit
def project(pairs, rows):
    lanes.project(pairs, rows)


@njit
def couple(block, pairs, rows, panels):
    lanes.couple(block, pairs, rows, panels)


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


def whole_numbers(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.integers(-4, 5, shape).astype(np.float32)


def assert_defined(compiled: Callable[..., None], plain: Callable[..., None], *arguments: object) -> None:
    """Both leave the same in all of their arguments."""
    first, second = copy.deepcopy(arguments), copy.deepcopy(arguments)
    compiled(*first)
    plain(*second)
    for one, other in zip(flat(first), flat(second), strict=True):
        np.testing.assert_array_equal(one, other)


def flat(arguments: tuple[object, ...]) -> list[object]:
    """Arguments, of tuples their fields."""
    return [part for one in arguments for part in (one if isinstance(one, tuple) else (one,))]


@pytest.mark.parametrize("n", COUNTS)
def test_products_are_added(rng: np.random.Generator, n: int) -> None:
    assert_defined(
        add_products,
        lanes.add_products,
        whole_numbers(rng, n + 5, LANES),
        5,
        whole_numbers(rng, n, LANES),
        whole_numbers(rng, LANES),
    )


@pytest.mark.parametrize("n", COUNTS)
def test_residuals_are_projected_on_the_first_block(rng: np.random.Generator, n: int) -> None:
    system = System(rng, n, 2 * BLOCK)
    assert_defined(project, lanes.project, system.pairs, system.rows)


@pytest.mark.parametrize("n_factors", [1, 4, 11])
@pytest.mark.parametrize("n", COUNTS)
def test_a_block_is_taken_into_account(rng: np.random.Generator, n: int, n_factors: int) -> None:
    system = System(rng, n, n_factors)
    twin = copy.deepcopy(system)
    for block in range(len(system.panels)):
        couple(block, system.pairs, system.rows, system.panels)
        lanes.couple(block, twin.pairs, twin.rows, twin.panels)
        np.testing.assert_allclose(system.rows.steps, twin.rows.steps, rtol=1e-6)
        twin.rows.steps[:] = system.rows.steps
        for one, other in zip(flat((system.pairs, system.rows)), flat((twin.pairs, twin.rows)), strict=True):
            np.testing.assert_array_equal(one, other)


def test_a_curvature_that_is_not_positive_has_no_inverse(rng: np.random.Generator) -> None:
    system = System(rng, 0, 4)
    system.panels[0, 2, 2], system.panels[0, 3, 3], system.rows.ridge[:] = 4, -4, 0
    couple(0, system.pairs, system.rows, system.panels)
    np.testing.assert_array_equal(system.rows.steps[2:, 0], [0.25, 0])


@pytest.mark.parametrize("n_chosen", [1, 5, LANES])
@pytest.mark.parametrize("n_factors", [3, 16, 37])
def test_rows_come_back_from_their_lanes(rng: np.random.Generator, n_factors: int, n_chosen: int) -> None:
    rows, chosen = whole_numbers(rng, 40, n_factors), rng.permutation(40)[None, :LANES]
    expected, lines = rows.copy(), whole_numbers(rng, n_factors, LANES)
    expected[chosen[0, :n_chosen]] = lines[:, :n_chosen].T
    give_back_lines(lines, chosen * n_factors, n_chosen, rows)
    np.testing.assert_array_equal(rows, expected)


class System:
    """Sixteen rows of n pairs each, with factors up to a whole number of blocks; half of the steps are none."""

    def __init__(self, rng: np.random.Generator, n: int, n_factors: int) -> None:
        self.panels = by_block(whole_numbers(rng, n_factors, n_factors))
        n_blocks, n_wide = self.panels.shape[:2]
        self.pairs, self.rows = pairs_scratch(n_wide, n), rows_scratch(n_blocks, np.zeros((2, n_factors), np.float32))
        for array in (*self.pairs, *self.rows):
            array[:] = rng.integers(-4, 5, array.shape)
        self.rows.steps[:] = np.float32(0.5) * (rng.integers(2, size=(n_wide, LANES)) > 0)
        self.rows.largest[:] = np.abs(self.rows.largest)

    def descend(self, block: int, floor: float) -> None:
        """Move the factors of a block by the compiled kernel."""
        descend(block, self.pairs, self.rows, self.panels, np.float32(floor))


@pytest.mark.parametrize("n_factors", [1, 4, 7, 13])
def test_columns_are_gathered_by_block(rng: np.random.Generator, n_factors: int) -> None:
    shared = whole_numbers(rng, n_factors, n_factors)
    panels = by_block(shared)
    n_wide = panels.shape[1]
    expected = np.pad(shared, (0, n_wide - n_factors))
    np.testing.assert_array_equal(panels.transpose(1, 0, 2).reshape(n_wide, n_wide), expected)


@pytest.mark.parametrize("floor", [0, -np.inf])
@pytest.mark.parametrize("n_factors", [1, 4, 11])
@pytest.mark.parametrize("n", COUNTS)
def test_a_step_descends_along_four_factors(rng: np.random.Generator, n: int, n_factors: int, floor: float) -> None:
    system = System(rng, n, n_factors)
    for block in range(len(system.panels)):
        arguments = block, system.pairs, system.rows, system.panels, np.float32(floor)
        assert_defined(descend, lanes.descend, *arguments)
        descend(*arguments)


def test_a_lane_without_steps_keeps_still(rng: np.random.Generator) -> None:
    system = System(rng, 7, 6)
    still = np.arange(LANES) % 3 == 0
    system.rows.steps[:, still] = 0
    residuals, x = system.pairs.residuals.copy(), system.rows.x.copy()
    system.descend(1, -np.inf)
    np.testing.assert_array_equal(system.pairs.residuals[:, still], residuals[:, still])
    np.testing.assert_array_equal(system.rows.x[:, still], x[:, still])


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
    for array in (short.pairs.lines, short.pairs.residuals):
        array[:] = rng.normal(size=array.shape)  # not whole: sums are rounded
    long = copy.deepcopy(short)
    by_pair = np.pad(short.pairs.lines.reshape(2, n, BLOCK, LANES), ((0, 0), (0, 3), (0, 0), (0, 0)))
    residuals = np.pad(short.pairs.residuals, ((0, 3), (0, 0)))
    long.pairs = long.pairs._replace(lines=by_pair.reshape(-1, LANES), residuals=residuals)
    for system in (short, long):
        couple(0, system.pairs, system.rows, system.panels)
        project(system.pairs, system.rows)
        system.descend(0, 0.0)
    for name in ("x", "steps", "couplings", "sums", "largest"):
        np.testing.assert_array_equal(getattr(short.rows, name), getattr(long.rows, name))


@pytest.mark.parametrize("n_blocks", [0, 1, 3, 4, 9])
@pytest.mark.parametrize("later", [0, 1, 2])
def test_blocks_are_laid_out(rng: np.random.Generator, n_blocks: int, later: int) -> None:
    n_factors = BLOCK * n_blocks + 2
    starts, numbers = rng.integers(9, size=(3, LANES)) * n_factors, whole_numbers(rng, 9 * n_factors)
    lines = np.zeros((4 + 20 * n_blocks, LANES), np.float32)
    assert_defined(
        lay_out_blocks,
        lanes.lay_out_blocks,
        *(whole_numbers(rng, 3, LANES), starts, 1, later, numbers, n_blocks, lines, LineOrder(4, 3, 20)),
    )


@pytest.mark.parametrize("n_factors", [1, 3, 4, 5, 16, 40])
def test_factors_of_pairs_are_laid_out_by_line(rng: np.random.Generator, n_factors: int) -> None:
    roots, chosen, other = (
        whole_numbers(rng, 2, LANES),
        rng.integers(9, size=(2, LANES)),
        whole_numbers(rng, 9, n_factors),
    )
    lines = np.full((2 * n_factors, LANES), np.nan, np.float32)
    for j in range(2):
        lay_out_lines(roots, chosen * n_factors, j, other, lines, LineOrder(j, 2, 2 * BLOCK))
    np.testing.assert_array_equal(
        lines.reshape(n_factors, 2, LANES), (roots[:, :, None] * other[chosen]).transpose(2, 0, 1)
    )


def test_fetching_ahead_changes_nothing(rng: np.random.Generator) -> None:
    assert_defined(fetch_ahead, lanes.fetch_ahead, whole_numbers(rng, 100), 3, 90)
