"""Directions of vectors and cosines between them; a vector of zeros has none, and vectors of any other length have."""

from __future__ import annotations

import numpy as np

from deepcuts.array_types import AnyArray, DoubleMatrix, FloatMatrix, FloatVector, NumberMatrix

_SQUARES = (1e-30, 1e30)  # squared lengths between which float32 loses nothing of the squares that add up to them


def unit_vectors(vectors: NumberMatrix) -> FloatMatrix:
    """Vectors of length one in the same directions, float32, (n, n_factors); a vector of zeros stays one.

    Parameters
    ----------
    vectors
        (n, n_factors), finite.
    """
    given = vectors if vectors.dtype == np.float32 else np.asarray(vectors, np.float64)
    with np.errstate(over="ignore", under="ignore"):  # unusual lengths are computed again below
        squares = np.einsum("ij,ij->i", given, given)
        unusual = ~((squares > _SQUARES[0]) & (squares < _SQUARES[1]))
        lengths = np.sqrt(np.where(unusual, 1, squares))
        units: FloatMatrix = np.divide(given, lengths[:, None], dtype=given.dtype).astype(np.float32, copy=False)
    if np.any(unusual) and np.any(given[unusual]):  # zeros are what they should be already
        units[unusual] = _units_of_any_length(given[unusual])
    return units


def cosines(vectors: NumberMatrix, others: AnyArray) -> FloatVector:
    """Cosine of each vector with the other one of its row, or with a single one, float32, (n,); 0 where one is zero.

    Parameters
    ----------
    vectors
        (n, n_factors).
    others
        (n, n_factors), or (n_factors,).
    """
    units, other_units = unit_vectors(vectors), unit_vectors(np.atleast_2d(others))
    return np.asarray(units @ other_units[0] if others.ndim == 1 else np.einsum("ij,ij->i", units, other_units))


def _units_of_any_length(vectors: NumberMatrix) -> FloatMatrix:
    """Scale vectors by their largest number before their lengths are computed, so that no square is lost."""
    doubles: DoubleMatrix = vectors.astype(np.float64)
    largest = np.abs(doubles).max(axis=1, initial=0, keepdims=True)
    scaled: DoubleMatrix = np.divide(doubles, largest, out=np.zeros_like(doubles), where=largest > 0)
    lengths = np.linalg.norm(scaled, axis=1, keepdims=True)
    np.divide(scaled, lengths, out=scaled, where=lengths > 0)
    return np.asarray(scaled, np.float32)
