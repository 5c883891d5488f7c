"""The base list as one more voice of a mix by share: what suits the whole of a user's listening, beside their personas.

The voice is the user's base vector. Its items stand under the persona that scores them highest, with the score of that
persona: a badge says who speaks for an item, not which voice brought it up.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from deepcuts.array_types import AnyArray, DoubleVector, FloatMatrix, FloatVector, Indptr
from deepcuts.data.csr import sums_of_rows
from deepcuts.recommendation.settings import ListSettings
from deepcuts.recommendation.source import ScoreSource


class Voices(NamedTuple):
    """Rows that rank items: the personas of each user, then the base vector where it is heard.

    Parameters
    ----------
    indptr
        int64, (n_users + 1,): rows of each user.
    quotas
        float32, (n_rows,): part of each row in a list, up to a factor; 0 mutes it.
    weights, strengths
        float32 and float64, (n_rows,): weight of each, and strength of its dial.
    n_base
        How many rows at the end of each user's are of the base: 1 or 0.
    """

    indptr: Indptr
    quotas: FloatVector
    weights: FloatVector
    strengths: DoubleVector
    n_base: int

    def with_base_rows(self, personas: FloatMatrix, base: FloatMatrix) -> FloatMatrix:
        """Put a row of `base`, which has one for every user, behind the persona rows of each user."""
        return _append(personas, self.indptr - np.arange(len(self.indptr)), base)


def base_factors_of(source: ScoreSource, settings: ListSettings) -> FloatMatrix | None:
    """Return the base vectors of all users, (n_users, n_factors), where a list hears them, or None."""
    base: FloatMatrix | None = getattr(source, "base_factors", None)
    is_only_persona = base is getattr(source, "persona_factors", None)  # one persona a user: it would be heard twice
    return None if settings.mix != "share" or settings.base_weight == 0 or is_only_persona else base


def personas_alone(indptr: Indptr, weights: FloatVector, strengths: DoubleVector, shares: FloatVector) -> Voices:
    """Let every persona speak for its share of the listening."""
    return Voices(indptr, weights * shares, weights, strengths, 0)


def personas_and_base(
    indptr: Indptr, weights: FloatVector, strengths: DoubleVector, shares: FloatVector, settings: ListSettings
) -> Voices:
    """Let the base speak too: `base_weight` times what all personas of the user are worth together.

    It is silent where one of them is muted, as it knows all of them. Its dial has the mean strength of theirs by share.
    """
    quotas = weights * shares
    is_whole = sums_of_rows((weights == 0).astype(np.float32), indptr) == 0
    base_quotas = np.float32(settings.base_weight) * sums_of_rows(quotas, indptr).astype(np.float32) * is_whole
    first = strengths[indptr[:-1]]  # of every user; the mean is exactly this where all are alike
    beyond = sums_of_rows(shares * (strengths - np.repeat(first, np.diff(indptr))), indptr)
    base_strengths = first + beyond / np.maximum(sums_of_rows(shares, indptr), np.finfo(np.float32).tiny)
    return Voices(
        indptr + np.arange(len(indptr)),
        _append(quotas, indptr, base_quotas.astype(np.float32)),
        _append(weights, indptr, is_whole.astype(np.float32)),
        _append(strengths, indptr, base_strengths),
        1,
    )


def _append(rows: AnyArray, indptr: Indptr, of_users: AnyArray) -> AnyArray:
    """Put one row behind the rows of each user."""
    return np.insert(rows, indptr[1:], of_users, axis=0)
