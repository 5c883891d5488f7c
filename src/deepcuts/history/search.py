"""Search in names for a query that is still being typed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from deepcuts.array_types import DoubleVector, IndexVector
from deepcuts.data.csr import indptr_of, row_of_entry
from deepcuts.history import fuzzy
from deepcuts.history.names import compact_form

_EQUAL, _BEGINS, _WORD_BEGINS, _HOLDS, _NEARLY = 100.0, 95.0, 90.0, 80.0, 75.0
_LEAST_FOR_TYPOS, _LEAST_FOR_TWO = 3, 6  # letters; in fewer, a typo makes another word
_LONGEST = 60  # letters; more of them are ignored


@dataclass(frozen=True, eq=False)
class SearchColumns:
    """Names of a catalogue, prepared for searching.

    Parameters
    ----------
    spaced, compact
        Arrow strings, (n_items,): normalised names, with blanks and without.
    """

    spaced: pa.StringArray
    compact: pa.StringArray

    @cached_property
    def beginnings(self) -> tuple[pa.StringArray, IndexVector]:
        """Every name from each of its words on, without blanks, and the items that they belong to."""
        words = [form.split(" ") for form in self.spaced.to_pylist()]
        texts = ["".join(each[start:]) for each in words for start in range(len(each))]
        return pa.array(texts, pa.string()), row_of_entry(indptr_of(np.array([len(each) for each in words], np.int64)))


def search_names(query: str, columns: SearchColumns, ranks: IndexVector, k: int) -> tuple[IndexVector, DoubleVector]:
    """Items whose names begin with a query, or nearly so.

    Parameters
    ----------
    query
        Normalised, with blanks.
    columns
        The names.
    ranks
        int64, (n_items,): among items of one score, that of the lowest rank comes first.
    k
        The most items.

    Returns
    -------
    Item indexes, int64, and scores, float64, best first.
    """
    typed = compact_form(query)[:_LONGEST]
    if not typed:
        return np.empty(0, np.int64), np.empty(0)
    scores = np.zeros(len(ranks))
    # Ascending: what holds the query, begins with it and is equal to it is overwritten with the highest score.
    for score, mask in (
        (_HOLDS, pc.match_substring(columns.compact, typed)),
        (_WORD_BEGINS, pc.match_substring(columns.spaced, " " + query)),
        (_BEGINS, pc.starts_with(columns.compact, typed)),
        (_EQUAL, pc.equal(columns.compact, typed)),
    ):
        scores[mask.to_numpy(zero_copy_only=False)] = score
    if np.count_nonzero(scores) < k and len(typed) >= _LEAST_FOR_TYPOS and fuzzy.is_installed():
        scores = np.maximum(scores, _nearly(typed, columns))
    found = np.flatnonzero(scores)
    order = np.lexsort((ranks[found], -scores[found]))[:k]  # the last key counts first
    return found[order], scores[found[order]]


def _nearly(typed: str, columns: SearchColumns) -> DoubleVector:
    """Scores of names with a word that begins with what was typed, but for one typo or two, float64, (n_items,)."""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    texts, items = columns.beginnings
    starts = pc.utf8_slice_codeunits(texts, 0, len(typed)).to_pylist()
    most = 1 if len(typed) < _LEAST_FOR_TWO else 2
    (typos,) = process.cdist([typed], starts, scorer=OSA.distance, score_cutoff=most, dtype=np.uint8)
    near = typos <= most  # beyond the cutoff, cdist returns most + 1
    scores = np.zeros(len(columns.compact))
    # maximum.at, as an item has an entry for each of its words, and plain indexing would keep the last.
    np.maximum.at(scores, items[near], _NEARLY * (1 - typos[near] / len(typed)))
    return scores
