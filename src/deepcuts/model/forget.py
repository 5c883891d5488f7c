"""Users leave a trained model: their plays, personas, counts and ids."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

import numpy as np

from deepcuts.data.any_id import AnyId
from deepcuts.data.forgetting import other_users, select_users
from deepcuts.data.interactions import Interactions
from deepcuts.model.some_users import personas_of
from deepcuts.model.state import PersonaState, TrainingCounts

logger = logging.getLogger(__name__)

Model = TypeVar("Model", bound=PersonaState)


def forget(model: Model, users: AnyId | Iterable[AnyId]) -> Model:
    """Drop users; see `PersonaModel.without`."""
    left = other_users(model.user_ids, users)
    seen = select_users(model.seen, left)
    return replace(model, seen=seen, training_counts=_counts(model, seen), user_personas=personas_of(model, left))


def _counts(model: PersonaState, seen: Interactions) -> TrainingCounts:
    """Count again what the users who are left have played, if the model's users are those it was trained on."""
    counts = model.training_counts
    if counts.n_listeners != model.seen.n_users or not np.array_equal(counts.listeners, model.seen.item_listeners):
        logger.warning(
            "The numbers of listeners and plays of the items stay: they are not of the users of this model, which were "
            "folded in."
        )
        return counts
    return TrainingCounts(seen.item_listeners, seen.item_plays, seen.n_users)
