"""The rank that one item of every row would have in its list, without making the lists.

Items are looked at in blocks, the longest vectors first. By Cauchy and Schwarz, u·v ≤ ‖u‖ ‖v‖: once this bound is below
the score of a row's item, nothing that follows comes before it. A row is also done once so many items come before its
own that the rank no longer matters. Of 40,000 items with 64 factors, that leaves a tenth of the products.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numba
import numpy as np

from deepcuts.array_types import FloatMatrix, FloatVector, IndexVector, Indices
from deepcuts.data.csr import UserItems
from deepcuts.kernels.arrays import read_only
from deepcuts.kernels.ranking.item_ranks import count_before

_ROWS = 512  # at a time, by one thread
_ITEMS = 1_024  # of a block, whose scores for so many rows stay near the processor
_ROUNDING = np.float32(1.001)  # more than lengths and products lose in float32


@dataclass(frozen=True, eq=False)
class _Longest:
    """Items by falling length of their vectors: which they are, their vectors and lengths, and the place of each."""

    order: IndexVector
    factors: FloatMatrix
    lengths: FloatVector
    places: IndexVector


def ranks_of_items(
    row_factors: FloatMatrix, item_factors: FloatMatrix, targets: Indices, hidden: UserItems, deepest: int
) -> IndexVector:
    """Return the rank of one item for every row, 1 = best, by falling score and equal ones by index.

    Scores are equal up to the rounding of a matrix product, as in lists by all scores.

    Parameters
    ----------
    row_factors
        float32, (n_rows, n_factors).
    item_factors
        float32, (n_items, n_factors).
    targets
        int32, (n_rows,): the item of each row.
    hidden
        Items that the list of each row leaves out; a target counts, whether or not it is one of them.
    deepest
        The last rank that matters, at least 1.

    Returns
    -------
    int64, (n_rows,): 0 for what comes after `deepest`, or is never listed because its score is exactly 0 or NaN.
    """
    items = _by_length(item_factors)
    blocks = [slice(start, start + _ROWS) for start in range(0, len(targets), _ROWS)]

    def of_block(rows: slice) -> IndexVector:
        own = targets[rows]
        hidden_here = hidden.part(slice(rows.start, rows.start + len(own)))
        places = UserItems(hidden_here.indptr, items.places[hidden_here.items])
        target_factors = item_factors[own]
        return _ranks(row_factors[rows], items, own, target_factors, places, deepest)

    with ThreadPoolExecutor(min(numba.get_num_threads(), max(1, len(blocks)))) as pool:
        return np.concatenate([np.empty(0, np.int64), *pool.map(of_block, blocks)])


def _by_length(factors: FloatMatrix) -> _Longest:
    lengths: FloatVector = np.sqrt(np.einsum("if,if->i", factors, factors))
    order = np.argsort(-lengths, kind="stable")
    places = np.empty(len(order), np.int32)
    places[order] = np.arange(len(order))
    return _Longest(order, factors[order], lengths[order], places)


def _ranks(
    row_factors: FloatMatrix,
    items: _Longest,
    targets: Indices,
    target_factors: FloatMatrix,
    hidden: UserItems,
    deepest: int,
) -> IndexVector:
    # A product of the same kind as those of the blocks, so that equal vectors have equal scores.
    own = np.diagonal(row_factors @ target_factors.T)
    lengths = np.sqrt(np.einsum("if,if->i", row_factors, row_factors)) * _ROUNDING
    is_listed = (own != 0) & ~np.isnan(own)
    places = items.places[targets]
    fixed = tuple(map(read_only, (targets, places, np.ascontiguousarray(own), hidden.indptr, hidden.items)))
    counts, left = np.zeros(len(own), np.int64), np.flatnonzero(is_listed)
    for start in range(0, len(items.order), _ITEMS):
        left = left[(counts[left] < deepest) & (lengths[left] * items.lengths[start] >= own[left])]
        if not len(left):
            break
        block = slice(start, start + _ITEMS)
        scores = row_factors[left] @ items.factors[block].T
        count_before(scores, start, read_only(items.order[block]), read_only(left), *fixed, counts)
    return np.where(is_listed & (counts < deepest), counts + 1, 0)
