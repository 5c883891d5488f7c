"""The ranks that some items of every row would have in its list, without making the lists.

Items are looked at in blocks, the longest vectors first. By Cauchy and Schwarz, u·v ≤ ‖u‖ ‖v‖: once this bound is below
the score of an item that is sought, nothing that follows comes before it. It is also done once so many come before it
that its rank no longer matters. Of 40,000 items with 64 factors, that leaves a tenth of the products.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numba
import numpy as np

from deepcuts.array_types import FloatMatrix, FloatVector, IndexVector
from deepcuts.data.csr import UserItems, indptr_of
from deepcuts.kernels.arrays import read_only
from deepcuts.kernels.ranking.item_ranks import count_before

_TARGETS = 512  # at a time, by one thread, and those of a row always together
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
    row_factors: FloatMatrix, item_factors: FloatMatrix, targets: UserItems, hidden: UserItems, deepest: int
) -> IndexVector:
    """Return the ranks of some items of every row, 1 = best, by falling score and equal ones by index.

    Scores are equal up to the rounding of a matrix product, as in lists by all scores.

    Parameters
    ----------
    row_factors
        float32, (n_rows, n_factors).
    item_factors
        float32, (n_items, n_factors).
    targets
        The items of each row that are ranked, each among all others.
    hidden
        Items that the list of each row leaves out; a target counts, whether or not it is one of them.
    deepest
        The last rank that matters, at least 1.

    Returns
    -------
    int64, one for each target: 0 for what comes after `deepest`, or is never listed because its score is exactly 0 or
    NaN.
    """
    items = _by_length(item_factors)

    def of_block(rows: slice) -> IndexVector:
        return _ranks(row_factors[rows], items, item_factors, targets.part(rows), hidden.part(rows), deepest)

    blocks = _blocks(targets)
    with ThreadPoolExecutor(min(numba.get_num_threads(), max(1, len(blocks)))) as pool:
        return np.concatenate([np.empty(0, np.int64), *pool.map(of_block, blocks)])


def _blocks(targets: UserItems) -> list[slice]:
    """Rows in a row that have about as many targets as are ranked at a time."""
    block_of_row = targets.indptr[:-1] // _TARGETS
    starts = np.flatnonzero(np.diff(block_of_row, prepend=-1)).tolist()
    return [slice(*ends) for ends in pairwise([*starts, targets.n_users])]


def _by_length(factors: FloatMatrix) -> _Longest:
    lengths: FloatVector = np.sqrt(np.einsum("if,if->i", factors, factors))
    order = np.argsort(-lengths, kind="stable")
    places = np.empty(len(order), np.int32)
    places[order] = np.arange(len(order))
    return _Longest(order, factors[order], lengths[order], places)


def _ranks(
    row_factors: FloatMatrix,
    items: _Longest,
    item_factors: FloatMatrix,
    targets: UserItems,
    hidden: UserItems,
    deepest: int,
) -> IndexVector:
    row_of_target = targets.rows
    # A product of the same kind as those of the blocks, so that equal vectors have equal scores.
    own = (row_factors @ item_factors[targets.items].T)[row_of_target, np.arange(len(row_of_target))]
    lengths = (np.sqrt(np.einsum("if,if->i", row_factors, row_factors)) * _ROUNDING)[row_of_target]
    is_listed = (own != 0) & ~np.isnan(own)
    of_targets = targets.items, items.places[targets.items], own
    of_hidden = hidden.indptr, items.places[hidden.items]
    counts, left = np.zeros(len(own), np.int64), np.flatnonzero(is_listed)
    for start in range(0, len(items.order), _ITEMS):
        left = left[(counts[left] < deepest) & (lengths[left] * items.lengths[start] >= own[left])]
        if not len(left):
            break
        block = slice(start, start + _ITEMS)
        rows, sizes = np.unique(row_of_target[left], return_counts=True)
        scores = row_factors[rows] @ items.factors[block].T
        fixed = items.order[block], rows, *of_hidden, indptr_of(sizes), left, *of_targets
        count_before(scores, start, *map(read_only, fixed), counts)
    return np.where(is_listed & (counts < deepest), counts + 1, 0)
