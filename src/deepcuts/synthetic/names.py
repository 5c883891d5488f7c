"""Invented names of artists and scenes, distinct at any number that is asked for."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from deepcuts.synthetic import words

_SURNAMES = sorted(set(words.SURNAMES))
_SOUNDS = sorted({a + b + c for a in words.SOUND_STARTS for b in words.SOUND_VOWELS for c in words.SOUND_ENDS})
_PLURALS = [noun + "s" for noun in words.NOUNS]

# Share of the names, and the columns a name takes one word from. Names that a pattern has too few of are left to the
# patterns after it, so those with most names come last.
_PATTERNS: tuple[tuple[float, tuple[list[str], ...]], ...] = (
    (0.14, (["The"], words.ADJECTIVES, _PLURALS)),
    (0.16, (words.ADJECTIVES, words.NOUNS)),
    (0.07, (words.NOUNS, words.ENSEMBLES)),
    (0.03, (["DJ"], words.NOUNS)),
    (0.05, (words.GIVEN_NAMES, ["& the"], _PLURALS)),
    (0.12, (_SOUNDS,)),
    (0.40, (words.GIVEN_NAMES, _SURNAMES)),
    (0.03, (words.GIVEN_NAMES, [f"{initial}." for initial in words.INITIALS], _SURNAMES)),
)
MOST_ARTISTS = math.prod(len(column) for column in _PATTERNS[-1][1])


def artist_names(rng: np.random.Generator, n: int) -> pa.StringArray:
    """Invent `n` distinct artists, in ascending order of their UTF-8 bytes; `n` is at most `MOST_ARTISTS`."""
    parts, left, weight = [], n, 1.0
    for share, columns in _PATTERNS:
        n_names = math.prod(len(column) for column in columns)
        count = min(n_names, round(left * share / weight))
        parts.append(_combine(rng, count, *columns))
        left, weight = left - count, weight - share
    names = pa.concat_arrays(parts)
    return names.take(pc.sort_indices(names))


def scene_names(rng: np.random.Generator, n: int) -> pa.StringArray:
    """Invent `n` distinct scenes such as "dream folk", with more words where there are very many."""
    columns = [words.STYLES, words.GENRES]
    while math.prod(len(column) for column in columns) < n:
        columns.insert(0, words.STYLES)
    return _combine(rng, n, *columns)


def _combine(rng: np.random.Generator, n: int, *columns: list[str]) -> pa.StringArray:
    """Join one word of each column by blanks, `n` times, never twice the same words."""
    sizes = [len(column) for column in columns]
    chosen = rng.choice(math.prod(sizes), n, replace=False)
    rows = np.unravel_index(chosen, sizes)
    drawn = [pa.array(column, pa.string()).take(pa.array(row)) for column, row in zip(columns, rows, strict=True)]
    return pc.binary_join_element_wise(*drawn, " ")
