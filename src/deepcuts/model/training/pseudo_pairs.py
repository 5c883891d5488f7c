"""Few pairs that stand for many of one row: the same misfit for every x, from the vectors of all.

With z = (r, v) of a pair, Σ c (r − x·v)² is yᵀ G y for y = (1, −x) and G = Σ c z zᵀ. Of any R with RᵀR = G, the rows
are n_factors + 1 pairs of confidence 1 that cost the same: Σ_j (R_jr − x·R_jv)² = ‖R y‖². Where R is zero below the
first entry of its first column, the first pair alone has a target, and that does not hang on the vectors.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from deepcuts.array_types import DoubleVector, FloatMatrix, IndexVector
from deepcuts.data.csr import indptr_of, row_of_entry
from deepcuts.model.training.rows import Rows
from deepcuts.model.training.solve import gram


def with_pseudo_pairs(rows: Rows, items: IndexVector, by_item: Rows, n_factors: int) -> Rows:
    """Replace the pairs of some items by n_factors + 1 pseudo-pairs each, in rows of their own behind all others.

    Parameters
    ----------
    rows
        Rows of users.
    items
        Indexes of the items, int64.
    by_item
        Rows of these items: their pairs with the users.
    n_factors
        Length of the vectors.
    """
    kept = np.flatnonzero(~np.isin(rows.indices, items))
    n_kept = np.bincount(row_of_entry(rows.indptr)[kept], minlength=rows.n_rows)
    targets = np.zeros((len(items), n_factors + 1), np.float32)
    targets[:, 0] = [_length(item) for item in _each(by_item)]
    return Rows(
        indptr_of(np.append(n_kept, np.ones(targets.size, np.int64))),
        np.append(rows.indices[kept], np.repeat(items, n_factors + 1)).astype(np.int32),
        np.append(rows.confidence[kept], np.ones(targets.size, np.float32)),
        np.append(rows.target[kept], targets),
    )


def with_pseudo_vectors(factors: FloatMatrix, by_item: Rows) -> FloatMatrix:
    """Append to vectors of users those of the pseudo-pairs of some items, float32, (n_rows, n_factors)."""
    vectors = [_vectors(item, factors[item.indices]) for item in _each(by_item)]
    return np.concatenate([factors, *vectors]) if vectors else factors


def _vectors(item: Rows, vectors: FloatMatrix) -> FloatMatrix:
    length = _length(item)
    pull: DoubleVector = (item.confidence.astype(np.float64) * item.target) @ vectors
    first = pull / length if length else np.zeros(vectors.shape[1])
    values, directions = np.linalg.eigh(gram(vectors, item.confidence) - np.outer(first, first))
    others = np.sqrt(np.maximum(0, values))[:, None] * directions.T  # singular, where factors are 0 for all
    return np.concatenate([first[None], others]).astype(np.float32)


def _length(item: Rows) -> float:
    """√(Σ c r²), the target of the first pair, as the float32 that it is stored as."""
    return float(np.float32(np.sqrt(item.confidence.astype(np.float64) @ item.target.astype(np.float64) ** 2)))


def _each(rows: Rows) -> Iterator[Rows]:
    return map(rows.block, range(rows.n_rows), range(1, rows.n_rows + 1))
