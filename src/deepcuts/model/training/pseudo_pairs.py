"""Few pairs that stand for many of one row: the same misfit for every x, from sums that are made anywhere.

With z = (v, r) of a pair, Σ c (r − x·v)² is yᵀ G y for y = (−x, 1) and G = Σ c z zᵀ. Of any R with RᵀR = G, the rows
are n_factors + 1 pairs of confidence 1 that cost the same: Σ_j (R_jr − x·R_jv)² = ‖R y‖².
"""

from __future__ import annotations

import numpy as np

from deepcuts.array_types import DoubleVector, FloatMatrix, FloatVector
from deepcuts.model.training.solve import gram


def moment(vectors: FloatMatrix, confidence: FloatVector, target: FloatVector) -> FloatVector:
    """G of some pairs of a row, of which it takes the upper triangle, float32, (moment_size(n_factors),).

    Parameters
    ----------
    vectors
        v of every pair, float32, (n_pairs, n_factors).
    confidence, target
        c and r of every pair, float32, (n_pairs,).
    """
    total = gram(np.column_stack([vectors, target]), confidence)
    return np.asarray(total[np.triu_indices(len(total))], np.float32)


def moment_size(n_factors: int) -> int:
    """Numbers of a moment."""
    return (n_factors + 1) * (n_factors + 2) // 2


def pseudo_pairs(total: DoubleVector, n_factors: int) -> tuple[FloatMatrix, FloatVector]:
    """Find n_factors + 1 pairs of confidence 1 with the misfit of all pairs whose moments were added up.

    Parameters
    ----------
    total
        Sum of their moments, float64, (moment_size(n_factors),).
    n_factors
        Length of the vectors.

    Returns
    -------
    Their vectors, float32, (n_factors + 1, n_factors), and their targets, float32, (n_factors + 1,).
    """
    n = n_factors + 1
    whole = np.zeros((n, n))
    whole[np.triu_indices(n)] = total
    values, directions = np.linalg.eigh(whole, UPLO="U")  # G may be singular, where factors are 0 for all
    root = (np.sqrt(np.maximum(0, values))[:, None] * directions.T).astype(np.float32)
    return root[:, :-1].copy(), root[:, -1].copy()
