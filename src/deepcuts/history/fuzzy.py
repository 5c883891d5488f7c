"""Names compared letter by letter, by rapidfuzz."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from math import ceil, floor
from typing import NamedTuple

import numpy as np

from deepcuts.array_types import DoubleVector, IndexVector
from deepcuts.errors import command_for

MISSING = f"Names that are spelt slightly otherwise are found with rapidfuzz only. Run: {command_for('history')}"

_AT_A_TIME = 1 << 24  # scores in one matrix of float32: 64 MiB
_DIGITS = "0123456789"


class Nearest(NamedTuple):
    """For each name, the form nearest to it.

    Parameters
    ----------
    forms
        int64, (n_names,): index of the form; -1 where none is near enough, or none nearest.
    scores
        float64, (n_names,): 0 to 100.
    """

    forms: IndexVector
    scores: DoubleVector


def is_installed() -> bool:
    """Whether rapidfuzz can be imported."""
    return find_spec("rapidfuzz") is not None


def nearest(names: Sequence[str], forms: Sequence[str], min_score: float) -> Nearest:
    """Find the one form that is nearest to each name.

    The score is ``100 · (1 − d / max(n, m))``, with d the optimal string alignment distance, the least number of
    letters inserted, deleted, replaced or swapped with their neighbour that turn one into the other, and n and m the
    lengths. A form is taken if it scores at least `min_score`, no other one as much, and its digits are those of the
    name: names with different numbers are different artists.

    Parameters
    ----------
    names
        Compact forms of the names that are looked for.
    forms
        Compact forms of the catalogue, distinct.
    min_score
        The least score, above 0, up to 100.
    """
    by_length = np.argsort([len(form) for form in forms], kind="stable")
    lengths = np.array([len(forms[index]) for index in by_length], np.int64)
    found = Nearest(np.full(len(names), -1, np.int64), np.zeros(len(names)))
    groups: dict[int, list[int]] = {}
    for index, name in enumerate(names):
        groups.setdefault(len(name), []).append(index)
    for length, members in groups.items():
        group = np.array(members)
        # |n − m| letters at least are inserted or deleted: only these lengths m can score enough; 1e-9 is for rounding.
        shortest, longest = ceil(length * min_score / 100 - 1e-9), floor(length * 100 / min_score + 1e-9)
        span = by_length[np.searchsorted(lengths, shortest) : np.searchsorted(lengths, longest, "right")]
        step = max(1, _AT_A_TIME // max(1, len(span)))
        for start in range(0, len(group) if len(span) else 0, step):
            _fill(found, group[start : start + step], span, names, forms, min_score)
    return found


def likest(name: str, forms: Sequence[str], k: int, min_score: float) -> list[tuple[int, float]]:
    """Indexes and scores of up to `k` forms that score at least `min_score`, the best first."""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    cutoff = min_score / 100
    found = process.extract(name, forms, scorer=OSA.normalized_similarity, limit=k, score_cutoff=cutoff)
    return [(index, 100 * score) for _, score, index in found]


def _fill(
    found: Nearest,
    group: IndexVector,
    span: IndexVector,
    names: Sequence[str],
    forms: Sequence[str],
    min_score: float,
) -> None:
    """Compare some names with some forms, and keep what is found."""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    choices = [forms[index] for index in span]
    scores = process.cdist(
        [names[index] for index in group],
        choices,
        scorer=OSA.normalized_similarity,
        score_cutoff=min_score / 100,
        dtype=np.float32,
    )
    # Below the cutoff a score is 0; equal ones are equal in every bit, as only d, n and m go into them.
    top, column = scores.max(axis=1), scores.argmax(axis=1)
    is_alone = (scores == top[:, None]).sum(axis=1) == 1
    for index, score, choice, alone in zip(
        group.tolist(), top.tolist(), column.tolist(), is_alone.tolist(), strict=True
    ):
        if score > 0 and alone and _digits(names[index]) == _digits(choices[choice]):
            found.forms[index], found.scores[index] = span[choice], 100 * score


def _digits(name: str) -> str:
    return "".join(character for character in name if character in _DIGITS)
