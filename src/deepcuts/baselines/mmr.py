"""Maximal marginal relevance: a list made again so that its items are less alike (Carbonell, Goldstein 1998).

*The use of MMR, diversity-based reranking for reordering documents and producing summaries*, SIGIR 1998,
doi:10.1145/290941.291025.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from deepcuts.array_types import DoubleVector, FloatMatrix, IndexVector, NumberMatrix
from deepcuts.checks import real_number, shown, whole_number
from deepcuts.data.arrow_columns import encoded, take_rows, what_came
from deepcuts.data.given_tables import table_of
from deepcuts.data.ids import Ids, check_ids
from deepcuts.data.vectors import unit_vectors
from deepcuts.errors import DataError, SettingsError
from deepcuts.wording import counted

_WANTED = ("user_id", "item_id", "rank", "score")


def rerank(lists: pa.Table, item_ids: Ids, item_vectors: NumberMatrix, k: int = 20, diversity: float = 0.3) -> pa.Table:
    """Shorten every list to k items that are relevant and unlike each other.

    The next item is the one with the highest (1 − diversity) · relevance − diversity · likeness, where relevance is the
    score, scaled to 0 … 1 over the user's list, and likeness the largest cosine with the items taken so far. Scores are
    taken as comparable within a list, which they are for one vector per user, or with ``mix="max"``.

    Parameters
    ----------
    lists
        Candidates with user_id, item_id, rank and score, such as `recommend` returns; longer than k, or nothing but the
        order changes.
    item_ids, item_vectors
        The catalogue, and what items are compared by, (n_items, n_dimensions): item factors, or tags.
    k
        Length of the new lists, at least 1.
    diversity
        0 is the order of scores, 1 looks at likeness alone.

    Returns
    -------
    The rows taken, with all their columns; `rank` is the new one, `score` what it was.

    Raises
    ------
    SettingsError
        If a setting is out of its range, or an item is not in the catalogue.
    DataError
        If the lists are no table or lack a column, or there is not one vector for each item.
    """
    try:
        k, diversity = whole_number("k", k, 1), real_number("diversity", diversity, 0, 1)
    except SettingsError:
        raise SettingsError(
            f"k is {shown(k)} and diversity {shown(diversity)}. k is at least 1, diversity lies between 0 and 1."
        ) from None
    check_ids(item_ids)
    lists = _sorted(_candidates(lists))
    vectors = _vectors(item_vectors, len(item_ids))[_item_indexes(lists, item_ids)]
    scores = lists["score"].to_numpy().astype(np.float64)
    taken, ranks = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for start, stop in _lists_in(lists):
        taken.append(start + _take(scores[start:stop], vectors[start:stop], k, diversity))
        ranks.append(np.arange(1, len(taken[-1]) + 1))
    reranked = take_rows(lists, np.concatenate(taken))
    new_ranks = pa.array(np.concatenate(ranks).astype(np.int32))
    return reranked.set_column(lists.column_names.index("rank"), "rank", new_ranks)


def _vectors(item_vectors: NumberMatrix, n_items: int) -> FloatMatrix:
    found = np.asarray(item_vectors)
    if found.dtype.kind not in "iuf" or found.ndim != 2 or len(found) != n_items:
        raise DataError(
            f"The item vectors are an array of {found.dtype} of the shape {found.shape}. Pass a row of numbers for "
            f"each of the {counted(n_items, 'item')}."
        )
    return unit_vectors(found)


def _take(scores: DoubleVector, vectors: FloatMatrix, k: int, diversity: float) -> IndexVector:
    """Choose candidates of one list by index, in the order of the new list; of equals the one that ranked first."""
    width = scores.max() - scores.min()
    value = (1 - diversity) * (scores - scores.min()) / (width if width > 0 else 1.0)
    likeness = vectors @ vectors.T
    nearest = np.zeros(len(scores))  # cosine with the nearest item taken; 0 before there is one
    taken: list[int] = []
    for _ in range(min(k, len(scores))):
        best = int(np.argmax(value - diversity * nearest))
        taken.append(best)
        value[best] = -np.inf  # never taken again
        # Not the maximum with the zeros of the start: likeness can be below 0.
        nearest = likeness[best] if len(taken) == 1 else np.maximum(nearest, likeness[best])
    return np.array(taken, np.int64)


def _candidates(lists: Any) -> pa.Table:
    """Lists as an Arrow table that has all columns."""
    table = table_of(lists)
    if table is None or not set(_WANTED) <= set(table.column_names):
        what = what_came(lists) if table is None else f"a table with the columns {', '.join(table.column_names)}"
        raise DataError(f"The lists are {what}. Pass a table with the columns {', '.join(_WANTED)}.")
    return table


def _sorted(lists: pa.Table) -> pa.Table:
    """Rows by user and rank."""
    users, codes = encoded(lists["user_id"])
    place = np.empty(len(users), np.int64)
    place[pc.sort_indices(users).to_numpy()] = np.arange(len(users))
    return take_rows(lists, np.lexsort((lists["rank"].to_numpy(), place[codes])))


def _lists_in(lists: pa.Table) -> list[tuple[int, int]]:
    # One code a user, whose rows stand together: `lists` is sorted.
    _, codes = encoded(lists["user_id"])
    starts = np.flatnonzero(np.diff(codes, prepend=-1))
    return list(pairwise([*starts.tolist(), len(codes)]))


def _item_indexes(lists: pa.Table, item_ids: Ids) -> IndexVector:
    indexes = item_ids.indexes_of(lists["item_id"])
    if np.any(indexes < 0):
        unknown = lists["item_id"][int(np.argmin(indexes))].as_py()
        raise SettingsError(f"Cannot compare an item outside the catalogue. {item_ids.unknown_message(unknown)}")
    return indexes
