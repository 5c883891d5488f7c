"""Directions of vectors and cosines between them; lengths are computed in float64, so that short ones count."""

from __future__ import annotations

import numpy as np

from deepcuts.array_types import AnyArray, FloatMatrix, FloatVector, NumberMatrix

_BLOCK_NUMBERS = 1 << 20  # numbers held in float64 at a time


def unit_vectors(vectors: NumberMatrix) -> FloatMatrix:
    """Vectors of length one in the same directions, float32, (n, n_factors); a vector of zeros stays one.

    Parameters
    ----------
    vectors
        (n, n_factors), finite.
    """
    units = np.zeros(vectors.shape, np.float32)
    n_rows = max(1, _BLOCK_NUMBERS // max(1, vectors.shape[1]))
    for start in range(0, len(vectors), n_rows):
        block = np.asarray(vectors[start : start + n_rows], np.float64)
        lengths = np.sqrt(np.einsum("ij,ij->i", block, block))[:, None]
        units[start : start + n_rows] = np.divide(block, lengths, out=np.zeros_like(block), where=lengths > 0)
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
    other_units = np.broadcast_to(unit_vectors(np.atleast_2d(others)), vectors.shape)
    return np.asarray(np.einsum("ij,ij->i", unit_vectors(vectors), other_units))
