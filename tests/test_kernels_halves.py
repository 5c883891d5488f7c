"""Half precision: what is rounded, and that rows are solved as they are against the rounded factors."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import deepcuts as dc
from deepcuts.kernels.halves import round_to_halves, widened
from deepcuts.model.fit import start_base
from deepcuts.model.settings import PersonaSettings
from deepcuts.model.solve import ROUGH, solve
from reference.solver import random_problem


@settings(deadline=None)  # it is compiled
@given(arrays(np.float32, st.integers(0, 40), elements=st.floats(-70_000, 70_000, width=32)))
def test_numbers_are_rounded_to_the_nearest(numbers: np.ndarray) -> None:
    halves = np.empty(numbers.shape, np.uint16)
    largest = round_to_halves(numbers, halves)
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(widened(halves), numbers.astype(np.float16).astype(np.float32))
    assert largest == np.abs(numbers).max(initial=0)


@pytest.mark.parametrize("n_factors", [32, 37])
def test_rows_are_solved_against_the_rounded_factors(n_factors: int) -> None:
    problem = random_problem([3, 700, 40, 2000], n_factors)  # in lanes and one by one
    other = np.zeros((2**22 // n_factors + 1, n_factors), np.float32)  # large enough to be rounded
    other[: len(problem.other)] = problem.other
    rounded = other.astype(np.float16).astype(np.float32)
    assert not np.array_equal(rounded, other)
    seen = solve(problem.rows, other, problem.penalty, problem.start, ROUGH)
    exact = solve(problem.rows, rounded, problem.penalty, problem.start, replace(ROUGH, halves=False))
    for one, same in zip(seen, exact, strict=True):
        np.testing.assert_array_equal(one, same)


@pytest.mark.parametrize("scale", [1e-4, 1e6])
def test_factors_beyond_the_range_of_halves_stay_as_they_are(scale: float) -> None:
    problem = random_problem([3, 40], 16)
    other = np.zeros((2**18, 16), np.float32)
    other[: len(problem.other)] = problem.other * np.float32(scale)
    seen = solve(problem.rows, other, problem.penalty, problem.start, ROUGH)
    exact = solve(problem.rows, other, problem.penalty, problem.start, replace(ROUGH, halves=False))
    for one, same in zip(seen, exact, strict=True):
        np.testing.assert_array_equal(one, same)


def test_the_loss_of_a_world_large_enough_to_be_rounded_does_not_rise() -> None:
    plays = dc.generate_world(2_000, 70_000, items_per_user=25, seed=0).plays
    stage = start_base(plays, PersonaSettings(n_factors=64), seed=0)
    losses = [stage.run_epoch().loss for _ in range(8)]
    assert stage.item_factors.size >= 2**22
    assert all(later <= earlier for earlier, later in pairwise(losses))
