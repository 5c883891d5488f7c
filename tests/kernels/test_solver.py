"""The solver of rows, short and long, against dense quadratics."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepcuts.kernels.arrays import read_only
from deepcuts.kernels.solver.long_rows import padded_length, solve_long_rows
from deepcuts.kernels.solver.row_problem import SweepBudget
from deepcuts.kernels.solver.short_rows import solve_short_rows
from deepcuts.model.training.solve import CONVERGED, EPOCH_USERS, row_problem, solve
from reference.solver import Problem, random_problem

Solved = tuple[np.ndarray, np.ndarray]
Solver = Callable[[Problem, SweepBudget], Solved]

LENGTHS = [17, 0, 200, 1, 16, 33, 15]  # less than a vector of rows, and pairs around the width of a vector
MANY_LENGTHS = [length for n in range(6) for length in (n, 4 * n, 7 * n + 1, 11)]  # a vector and a half of rows


def by_kernel(kernel: Callable[..., None]) -> Solver:
    """Solve all rows by one kernel, however long they are."""

    def solve_all(problem: Problem, budget: SweepBudget) -> Solved:
        rows, solved = problem.rows, (problem.start.copy(), np.empty(problem.rows.n_rows, np.float32))
        kernel(read_only(rows.by_length), row_problem(rows, problem.other, problem.penalty), budget, *solved)
        return solved

    return solve_all


def by_length(problem: Problem, budget: SweepBudget) -> Solved:
    """Solve as the model does, which leaves the choice of the kernel to the length of the row."""
    solution = problem.start.copy()
    return solution, solve(problem.rows, problem.other, problem.penalty, solution, budget)


SOLVERS = {"short": by_kernel(solve_short_rows), "long": by_kernel(solve_long_rows), "by length": by_length}


@pytest.fixture(params=SOLVERS)
def solver(request: pytest.FixtureRequest) -> Solver:
    return SOLVERS[request.param]


def assert_like_twin(solver: Solver, problem: Problem, n_sweeps: int = 3) -> None:
    solution, misfit = solver(problem, SweepBudget(n_sweeps, 0.0))
    for row in range(problem.rows.n_rows):
        expected = problem.descend(row, n_sweeps)
        np.testing.assert_allclose(solution[row], expected, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(misfit[row], problem.misfit(row, expected), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("n_factors", [1, 3, 16, 17, 64])
def test_rows_and_misfits_are_those_of_the_twin(solver: Solver, n_factors: int) -> None:
    assert_like_twin(solver, random_problem(LENGTHS, n_factors))


@pytest.mark.parametrize("n_rows", [0, 1, 15, 16, 17, 33])
def test_any_number_of_rows_is_solved(solver: Solver, n_rows: int) -> None:
    assert_like_twin(solver, random_problem(np.arange(n_rows) % 6, 3))


def test_rows_of_a_thousand_pairs_are_solved(solver: Solver) -> None:
    assert_like_twin(solver, random_problem([1_000, 1_024], 2))


def test_rows_without_any_pair_are_solved(solver: Solver) -> None:
    assert_like_twin(solver, random_problem([0, 0, 0], 5))


def test_free_rows_may_be_negative(solver: Solver) -> None:
    problem = random_problem(LENGTHS, 5, floor=-np.inf)
    assert_like_twin(solver, problem)
    solution, _ = solver(problem, CONVERGED)
    assert solution.min() < 0
    for row in range(len(LENGTHS)):
        np.testing.assert_allclose(solution[row], np.linalg.solve(*problem.quadratic(row)), rtol=1e-3, atol=1e-3)


def test_unobserved_pairs_may_count_nothing(solver: Solver) -> None:
    assert_like_twin(solver, random_problem(LENGTHS, 5, w0=0.0))


@pytest.mark.parametrize("w0", [0.0, 0.1])
def test_a_factor_that_is_zero_everywhere_is_drawn_by_ridge_and_pull_alone(solver: Solver, w0: float) -> None:
    problem = random_problem(LENGTHS, 5, w0=w0)
    problem.other[:, 2] = 0
    problem.penalty.shared[2], problem.penalty.shared[:, 2] = 0, 0
    assert_like_twin(solver, problem)
    solution, _ = solver(problem, CONVERGED)
    expected = np.maximum(problem.penalty.pull[:, 2] / problem.penalty.ridge, 0)
    np.testing.assert_allclose(solution[:, 2], expected, rtol=1e-4)


def test_a_factor_without_any_cost_stays_where_it_is(solver: Solver) -> None:
    problem = random_problem(LENGTHS, 5, w0=0.0)
    problem.other[:, 2], problem.penalty.pull[:] = 0, 0
    problem = replace(problem, penalty=replace(problem.penalty, ridge=np.zeros_like(problem.penalty.ridge)))
    solution, _ = solver(problem, EPOCH_USERS)
    assert np.isfinite(solution).all()
    np.testing.assert_array_equal(solution[:, 2], problem.start[:, 2])


def test_a_start_below_the_floor_is_lifted_to_it(solver: Solver) -> None:
    problem = random_problem(LENGTHS, 5)
    assert_like_twin(solver, replace(problem, start=problem.start - np.float32(0.5)))


def test_one_pull_holds_for_all_rows(solver: Solver) -> None:
    problem = random_problem(LENGTHS, 5)
    one = problem.penalty.pull[:1]
    alike = replace(problem, penalty=replace(problem.penalty, pull=one))
    assert_like_twin(solver, alike)
    each = replace(problem, penalty=replace(problem.penalty, pull=np.repeat(one, len(LENGTHS), axis=0)))
    assert_same(solver(alike, EPOCH_USERS), solver(each, EPOCH_USERS))


def test_no_pull_is_a_pull_of_zero(solver: Solver) -> None:
    problem = random_problem(LENGTHS, 5)
    none = replace(problem, penalty=replace(problem.penalty, pull=None))
    assert_like_twin(solver, none)
    zero = replace(problem, penalty=replace(problem.penalty, pull=np.zeros_like(problem.penalty.pull)))
    assert_same(solver(none, EPOCH_USERS), solver(zero, EPOCH_USERS))


@pytest.mark.parametrize("n_factors", [1, 3, 16])
def test_many_sweeps_reach_the_non_negative_minimum(solver: Solver, n_factors: int) -> None:
    problem = random_problem(LENGTHS, n_factors)
    solution, _ = solver(problem, CONVERGED)
    for row in range(len(LENGTHS)):
        np.testing.assert_allclose(solution[row], problem.non_negative_minimum(row), rtol=1e-3, atol=1e-3)


def test_at_the_minimum_no_slope_leads_further_down(solver: Solver) -> None:
    problem = random_problem(LENGTHS, 8)
    solution, _ = solver(problem, CONVERGED)
    for row, x in enumerate(solution):
        a, b = problem.quadratic(row)
        slope = (a @ x - b) / np.diag(a)  # in units of x
        assert np.all(x >= 0)
        assert np.all(slope >= -1e-3)
        assert np.all(np.abs(slope[x > 0]) <= 1e-3)


@given(
    lengths=st.lists(st.integers(0, 20), min_size=1, max_size=20),
    n_factors=st.integers(1, 5),
    seed=st.integers(0, 1_000),
    floor=st.sampled_from([0.0, -np.inf]),
    kernel=st.sampled_from(sorted(SOLVERS)),
)
@settings(max_examples=50, deadline=None)
def test_no_sweep_raises_the_objective(
    lengths: list[int], n_factors: int, seed: int, floor: float, kernel: str
) -> None:
    problem = random_problem(lengths, n_factors, seed=seed, floor=floor)
    before = problem.start
    for _ in range(4):
        after, _ = SOLVERS[kernel](replace(problem, start=before), SweepBudget(1, 0.0))
        for row in range(len(lengths)):
            cost = problem.objective(row, before[row].astype(np.float64))
            assert problem.objective(row, after[row].astype(np.float64)) <= cost + 1e-5 * (1 + abs(cost))  # float32
        before = after


def assert_same(first: Solved, second: Solved) -> None:
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("budget", [EPOCH_USERS, CONVERGED, SweepBudget(200, 0.01)])
@pytest.mark.parametrize("n_factors", [3, 17])
def test_no_row_depends_on_those_beside_it(solver: Solver, n_factors: int, budget: SweepBudget) -> None:
    problem = random_problem(MANY_LENGTHS, n_factors)
    together = solver(problem, budget)
    for row in range(len(MANY_LENGTHS)):
        assert_same(solver(problem.part(row, row + 1), budget), tuple(part[row : row + 1] for part in together))


@pytest.fixture
def one_thread() -> Iterator[None]:
    n_threads = numba.get_num_threads()
    numba.set_num_threads(1)
    yield
    numba.set_num_threads(n_threads)


@pytest.fixture
def on_all_threads(solver: Solver) -> Solved:
    return solver(random_problem([200, 100, 150] + 5 * MANY_LENGTHS, 17), EPOCH_USERS)


def test_no_row_depends_on_the_number_of_threads(solver: Solver, on_all_threads: Solved, one_thread: None) -> None:
    assert_same(solver(random_problem([200, 100, 150] + 5 * MANY_LENGTHS, 17), EPOCH_USERS), on_all_threads)


def test_a_row_that_moved_less_than_the_tolerance_is_done(solver: Solver) -> None:
    problem = random_problem(LENGTHS, 5)
    assert_same(solver(problem, SweepBudget(50, 1e9)), solver(problem, SweepBudget(1, 0.0)))


def test_a_row_goes_on_while_any_factor_moves(solver: Solver) -> None:
    problem = random_problem(LENGTHS, 5)
    problem.start[:] = 0  # the first sweep moves all factors from there, but the last one hardly
    problem.other[:, 4], problem.penalty.shared[4], problem.penalty.shared[:, 4] = 0, 0, 0
    problem.penalty.pull[:, 4] = 1e-3 * problem.penalty.ridge
    assert_same(solver(problem, SweepBudget(2, 0.01)), solver(problem, SweepBudget(2, 0.0)))


def test_a_row_that_is_done_stays_as_it_is(solver: Solver) -> None:
    problem = random_problem(MANY_LENGTHS, 5)
    assert_same(solver(problem, SweepBudget(1_000, 1e-4)), solver(problem, SweepBudget(500, 1e-4)))


@pytest.mark.parametrize(
    ("n", "length"), [(0, 32), (1, 32), (32, 32), (33, 64), (992, 992), (1_000, 1_056), (1_024, 1_056)]
)
def test_lines_are_padded_but_never_a_whole_page(n: int, length: int) -> None:
    assert padded_length(n) == length
