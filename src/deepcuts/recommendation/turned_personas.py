"""How far the personas of one user lean in lists of some settings: what an explanation of a row goes by."""

from __future__ import annotations

import numpy as np

from deepcuts.array_types import FloatVector
from deepcuts.recommendation.dial_scale import in_strengths
from deepcuts.recommendation.leaning import row_leans
from deepcuts.recommendation.settings import ListSettings
from deepcuts.recommendation.source import ScoreSource, persona_weights_and_strengths, personas_of_users


def leans_of_user(source: ScoreSource, user: int, settings: ListSettings) -> FloatVector:
    """Lean of each persona of a user, float32, (n_personas,), from 0 to 1.

    Parameters
    ----------
    source
        Where the personas come from.
    user
        Index of the user.
    settings
        Those of the list.
    """
    indptr, _, numbers = personas_of_users(source.persona_indptr, np.array([user]))
    weights, strengths = persona_weights_and_strengths(numbers, in_strengths(source, settings))
    leans = row_leans(weights, strengths, indptr, settings)
    return np.zeros(len(numbers), np.float32) if leans is None else leans
