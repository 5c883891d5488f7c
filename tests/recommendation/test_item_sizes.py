"""Sizes of items as a function of their frequency."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepcuts.recommendation.item_sizes import fitted_sizes
from reference.lists import fitted

SIZES = st.lists(st.tuples(st.floats(0, 1e6), st.integers(1, 50)), min_size=1, max_size=40)


@given(SIZES)
def test_they_never_fall_with_the_frequency_and_are_those_of_the_twin(items):
    sizes, frequency = np.array([size for size, _ in items]), np.array([count / 50 for _, count in items])
    found = fitted_sizes(sizes, frequency)
    assert np.all(np.diff(found[np.argsort(frequency, kind="stable")]) >= 0)
    assert 1e-6 * 0.999 <= found.min() <= found.max() == 1
    np.testing.assert_allclose(found, fitted(sizes.tolist(), frequency.tolist()), rtol=1e-5)


def test_sizes_along_a_straight_line_stay_as_they_are():
    frequency = np.geomspace(0.01, 1, 200)
    found, middle = (
        fitted_sizes(3 * frequency**0.5, frequency),
        frequency > 0.02,
    )  # below, sizes count as their quantile
    np.testing.assert_allclose(found[middle], frequency[middle] ** 0.5, rtol=0.05)


def test_where_sizes_level_off_rare_items_are_lifted_more_and_popular_ones_less():
    frequency = np.geomspace(0.01, 1, 200)
    sizes, rare = np.minimum(frequency**0.8, 0.3), 20  # beyond those that count as their quantile
    found = fitted_sizes(sizes, frequency)
    assert found[frequency > 0.3] == pytest.approx(1)
    assert found[rare] < 0.99 * sizes[rare] / sizes.max()


def test_sizes_that_fall_have_no_line_to_leave():
    frequency = np.array([0.1, 0.2, 0.4])
    np.testing.assert_array_equal(fitted_sizes(np.array([3.0, 2.0, 1.0]), frequency), 1)
