"""Sums over the rows of the user side: the same to the bit, however the rows are dealt out."""

from __future__ import annotations

from functools import reduce
from operator import add

import numpy as np
import pytest

from deepcuts.kernels.threads import BLOCK_ROWS
from deepcuts.model.training import user_sums
from deepcuts.model.training.user_sums import UserSums, add_in_order, blocks_of_unit, observed_weight, rows_of_unit


def _sums_of_units(factors: np.ndarray, ridge: np.ndarray) -> UserSums:
    """Sums as machines that hold a unit each would send them."""
    step = rows_of_unit(len(factors))
    units = [slice(start, start + step) for start in range(0, len(factors), step)]
    return reduce(add, [reduce(add, UserSums.of_blocks(factors[unit], ridge[unit])) for unit in units])


def test_sums_are_those_of_numpy():
    rng = np.random.default_rng(0)
    factors, ridge = rng.random((2 * BLOCK_ROWS + 5, 3), np.float32), rng.random(2 * BLOCK_ROWS + 5, np.float32)
    sums, exact = add_in_order(UserSums.of_blocks(factors, ridge)), factors.astype(float)
    assert sums.n_rows == len(factors)
    np.testing.assert_allclose(sums.gram, exact.T @ exact, rtol=1e-5)
    np.testing.assert_allclose(sums.row_sum, exact.sum(axis=0), rtol=1e-12)
    assert sums.square == pytest.approx(np.sum(exact**2), rel=1e-6)
    assert sums.mean_square == pytest.approx(np.sum(exact**2) / len(factors), rel=1e-6)
    assert sums.ridge == pytest.approx(float(ridge @ np.sum(exact**2, axis=1)), rel=1e-6)


@pytest.mark.parametrize("most_units", [256, 2])
def test_units_far_apart_add_up_to_the_same_bits(most_units, monkeypatch):
    monkeypatch.setattr(user_sums, "_MOST_UNITS", most_units)
    rng = np.random.default_rng(1)
    factors, ridge = rng.random((4 * BLOCK_ROWS + 7, 3), np.float32), rng.random(4 * BLOCK_ROWS + 7, np.float32)
    whole, apart = add_in_order(UserSums.of_blocks(factors, ridge)), _sums_of_units(factors, ridge)
    for name in ("gram", "row_sum", "square", "ridge", "n_rows"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(apart, name), err_msg=name)


def test_observed_weight_is_a_sum():
    assert observed_weight(np.arange(3.0 * BLOCK_ROWS)) == pytest.approx(1.5 * BLOCK_ROWS * (3 * BLOCK_ROWS - 1))


@pytest.mark.parametrize(("n_blocks", "size"), [(1, 1), (256, 1), (257, 2), (12_208, 48)])
def test_there_are_at_most_256_units(n_blocks, size):
    assert blocks_of_unit(n_blocks) == size
    assert -(-n_blocks // size) <= 256
    assert rows_of_unit(n_blocks * BLOCK_ROWS - 1) == size * BLOCK_ROWS


def test_no_rows_have_sums_of_zero():
    none = UserSums.none(2)
    assert (none.n_rows, none.mean_square) == (0, 0.0)
    assert not none.gram.any()
    assert not none.row_sum.any()
