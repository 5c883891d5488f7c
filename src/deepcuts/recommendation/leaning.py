"""How far the personas of a list lean on the base vector of their user, maths.md, Lean of lists.

Evidence for rare items is thin, and a persona has only a part of it. So the further a list is turned towards them, the
more its personas lean on the vector that was solved from all of their user's items.
"""

from __future__ import annotations

import numpy as np

from deepcuts.array_types import DoubleVector, FloatMatrix, FloatVector, IndexVector, Indptr
from deepcuts.data.csr import sums_of_rows
from deepcuts.recommendation.rarity import FORMS
from deepcuts.recommendation.settings import ListSettings
from deepcuts.recommendation.source import FactorSource, ScoreSource, has_factors

MOST_AUTO_LEAN = 0.8  # so that personas stay apart, however far lists are turned


def row_leans(
    weights: FloatVector, strengths: DoubleVector, indptr: Indptr, settings: ListSettings
) -> FloatVector | None:
    """Lean of every persona row, float32, (n_rows,), from 0, as it was trained, to 1, the base vector.

    "auto" grows with the strength of the dial, up to 0.8. It is 0 for a user of whom a persona is muted: the base
    vector would bring the muted taste back.

    Parameters
    ----------
    weights, strengths
        float32 and float64, (n_rows,): weight of each row, where 0 mutes it, and strength of its dial.
    indptr
        int64, (n_users + 1,): rows of each user.
    settings
        How lists are made.

    Returns
    -------
    None where no row leans.
    """
    if settings.base_lean == "auto":
        is_whole = sums_of_rows((weights == 0).astype(np.float32), indptr) == 0
        leans = np.clip(FORMS[settings.dial].lean * strengths, 0, MOST_AUTO_LEAN) * np.repeat(is_whole, np.diff(indptr))
    else:
        leans = np.full(len(weights), settings.base_lean)
    return leans.astype(np.float32) if np.any(leans) else None


def leaning_factors(
    source: FactorSource, users: IndexVector, rows: IndexVector, leans: FloatVector | None
) -> FloatMatrix:
    """Factors of the rows of some users, each moved a part of the way to its user's base vector; float32.

    (1 − t) U_up + t B_u with the lean t of the row, where the source has base vectors B.
    """
    factors: FloatMatrix = source.persona_factors[rows].astype(np.float32, copy=False)
    base: FloatMatrix | None = getattr(source, "base_factors", None)
    if leans is None or base is None:
        return factors
    n_rows = source.persona_indptr[users + 1] - source.persona_indptr[users]
    leaning: FloatMatrix = np.repeat(base[users], n_rows, axis=0)
    leaning -= factors
    leaning *= leans[:, None]
    leaning += factors
    return leaning


def scores_of(source: ScoreSource, users: IndexVector, rows: IndexVector, leans: FloatVector | None) -> FloatMatrix:
    """Score all items by the rows of some users, float32, (len(rows), n_items)."""
    if leans is None or not has_factors(source):  # without factors there is no base vector to lean on
        return source.scores(rows)
    return np.asarray(leaning_factors(source, users, rows, leans) @ source.item_factors.T)
