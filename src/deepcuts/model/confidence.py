"""From play counts to the confidence and the target of a pair."""

from __future__ import annotations

import numpy as np

from deepcuts.interactions import Interactions
from deepcuts.model.rows import Rows
from deepcuts.model.settings import PersonaSettings


def user_rows(plays: Interactions, settings: PersonaSettings) -> Rows:
    """One row per user, with the confidence and the target that the settings give to their plays.

    "binary": c = 1. "log": c = 1 + α log2(1 + n), divided by its mean over the user's items, so that heavy
    listeners do not outweigh the others. The target is 1 in both.
    """
    confidence = np.ones(plays.n_pairs, np.float32)
    if settings.confidence == "log":
        raw = 1 + settings.confidence_scale * np.log2(1 + plays.plays)
        n_items = np.diff(plays.indptr)
        of_user = np.bincount(plays.user_of_pair(), weights=raw, minlength=plays.n_users)
        confidence = (raw / np.repeat(of_user / np.maximum(n_items, 1), n_items)).astype(np.float32)
    return Rows(plays.indptr, plays.indices, confidence, np.ones(plays.n_pairs, np.float32))
