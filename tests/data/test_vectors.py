"""Directions of vectors and cosines between them, however long or short the vectors are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from deepcuts.data.vectors import cosines, unit_vectors

MATRICES = arrays(
    np.float32,
    st.tuples(st.integers(0, 6), st.integers(1, 5)),
    elements=st.floats(-(2.0**10), 2.0**10, width=32).filter(lambda x: x == 0 or abs(x) > 2.0**-10),
)


def twin(vectors: np.ndarray) -> np.ndarray:
    """One vector after the other, in double precision."""
    rows = [np.asarray(row, np.float64) for row in vectors]
    return np.array([row / np.linalg.norm(row) if row.any() else row for row in rows]).reshape(vectors.shape)


@given(MATRICES)
def test_directions_are_those_of_one_vector_after_the_other(vectors):
    units = unit_vectors(vectors)
    assert units.dtype == np.float32
    np.testing.assert_allclose(units, twin(vectors), rtol=1e-6, atol=1e-7)


@given(MATRICES)
def test_lengths_are_one_but_for_vectors_of_zeros(vectors):
    lengths = np.linalg.norm(unit_vectors(vectors).astype(np.float64), axis=1)
    np.testing.assert_allclose(lengths, vectors.any(axis=1).astype(float), atol=1e-6)


@pytest.mark.parametrize("length", [1e-38, 1e-30, 1e-8, 1.0, 1e8, 1e30, 1e38])
def test_lengths_of_any_size_give_the_same_directions(length):
    vectors = np.array([[3, 4, 0], [0, 0, -2]])
    np.testing.assert_allclose(
        unit_vectors((vectors * length / 4).astype(np.float32)), [[0.6, 0.8, 0], [0, 0, -1]], rtol=1e-6
    )


def test_a_short_vector_among_long_ones_keeps_its_direction():
    units = unit_vectors(np.array([[1e30, 0], [1e-30, 1e-30], [0, 0]], np.float32))
    np.testing.assert_allclose(units, [[1, 0], [np.sqrt(0.5), np.sqrt(0.5)], [0, 0]], rtol=1e-6)


def test_integers_and_double_precision_are_taken_too():
    np.testing.assert_allclose(unit_vectors(np.array([[3, 4]])), [[0.6, 0.8]], rtol=1e-6)
    np.testing.assert_allclose(unit_vectors(np.array([[3.0, -4.0]])), [[0.6, -0.8]], rtol=1e-6)


@pytest.mark.parametrize("length", [1e-300, 1e-160, 1e160, 1e300])
def test_lengths_whose_squares_double_precision_cannot_hold_give_the_same_directions(length):
    np.testing.assert_allclose(unit_vectors(np.array([[3, 4, 0]]) * length), [[0.6, 0.8, 0]], rtol=1e-6)


def test_what_is_given_is_not_changed():
    vectors = np.array([[3, 4]], np.float32)
    unit_vectors(vectors)
    assert vectors.tolist() == [[3, 4]]


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
def test_nothing_has_no_directions(shape):
    assert unit_vectors(np.zeros(shape, np.float32)).shape == shape
    assert cosines(np.zeros(shape, np.float32), np.zeros(shape, np.float32)).shape == shape[:1]


def test_blocks_of_rows_make_no_difference():
    vectors = np.random.default_rng(0).standard_normal((50, 4)).astype(np.float32)
    vectors[7] *= 1e-25
    blocks = [unit_vectors(vectors[start : start + 3]) for start in range(0, 50, 3)]
    np.testing.assert_array_equal(np.concatenate(blocks), unit_vectors(vectors))


@given(MATRICES)
def test_cosines_lie_between_minus_one_and_one_and_are_one_with_oneself(vectors):
    found = cosines(vectors, vectors[::-1])
    assert found.dtype == np.float32
    assert np.all(np.abs(found) <= 1 + 1e-6)
    np.testing.assert_allclose(cosines(vectors, vectors), vectors.any(axis=1).astype(float), atol=1e-6)
    np.testing.assert_allclose(cosines(vectors, -vectors), -vectors.any(axis=1).astype(float), atol=1e-6)


@given(MATRICES, st.floats(2.0**-20, 2.0**20))
def test_lengths_do_not_change_cosines(vectors, factor):
    np.testing.assert_allclose(cosines(vectors * factor, vectors[::-1]), cosines(vectors, vectors[::-1]), atol=1e-6)


def test_one_vector_is_compared_with_all():
    vectors = np.array([[1, 0], [0, 2], [3, 3], [0, 0]], np.float32)
    np.testing.assert_allclose(cosines(vectors, np.array([5.0, 0.0])), [1, 0, np.sqrt(0.5), 0], atol=1e-7)
    np.testing.assert_array_equal(cosines(vectors, np.zeros(2)), np.zeros(4))
