"""Overlap: how alike two models' lists for the same user are.

::

    overlap@k = items among the first k of both lists / items among the first k of either

The Jaccard index: 1 is the same items in any order, 0 none in common, and the 20 items of lists that share half of them
give 1/3 (Jaccard 1912, doi:10.1111/j.1469-8137.1912.tb05611.x). Two models of equal recall and small overlap know
different things. Small cut-offs tell about the head; there is no discount to choose.
"""

from __future__ import annotations

import numpy as np

from deepcuts.array_types import DoubleVector, IndexMatrix
from deepcuts.checks import whole_number
from deepcuts.data.csr import quotient
from deepcuts.errors import DataError
from deepcuts.evaluation.ranked_lists import RankedLists, check_ranked, row_blocks
from deepcuts.wording import counted


def overlap(lists: RankedLists, others: RankedLists, k: int) -> DoubleVector:
    """Jaccard index of the two lists of each user.

    Parameters
    ----------
    lists, others
        Lists of the same users, over the same train.
    k
        Length at which they are cut, at least 1.

    Returns
    -------
    numpy.ndarray
        float64, (lists.n_users,), from 0 to 1; NaN for a user without a list in both.

    Raises
    ------
    DataError
        If users or items are not the same.
    """
    check_ranked("lists", lists)
    check_ranked("others", others)
    k = whole_number("k", k, 1)
    if not (
        lists.user_ids.equals(others.user_ids) and lists.train.item_ids.values.equals(others.train.item_ids.values)
    ):
        raise DataError(
            f"The lists are of {counted(lists.n_users, 'user')} and of "
            f"{counted(others.n_users, 'user')} that differ, or of other items. "
            "Rank both by the same train and holdout."
        )
    blocks = row_blocks(lists.n_users, lists.depth + others.depth)
    return np.concatenate([_jaccard(lists.items[rows, :k], others.items[rows, :k]) for rows in blocks])


def _jaccard(items: IndexMatrix, others: IndexMatrix) -> DoubleVector:
    both = np.sort(np.concatenate([items, others], axis=1), axis=1)  # what is in both lists stands beside itself
    common = np.count_nonzero((both[:, 1:] == both[:, :-1]) & (both[:, 1:] >= 0), axis=1)
    return quotient(common, np.count_nonzero(both >= 0, axis=1) - common)
