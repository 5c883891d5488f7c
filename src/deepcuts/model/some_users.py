"""Some of the users of a model: their personas, and the sample on which the rarity dial is measured."""

from __future__ import annotations

from dataclasses import replace

from deepcuts.array_types import IndexVector
from deepcuts.data.csr import entries_of_rows
from deepcuts.data.forgetting import select_users
from deepcuts.model.state import PersonaState
from deepcuts.model.training.fold_in import UserPersonas
from deepcuts.recommendation.dial_scale import DialScale, measured_users, scale_of
from deepcuts.recommendation.weak_cache import WeakCache

_for_visitors: WeakCache[DialScale] = WeakCache()


def personas_of(model: PersonaState, kept: IndexVector) -> UserPersonas:
    """Take the personas of some users, ascending."""
    users = model.user_personas
    indptr, rows = entries_of_rows(users.persona_indptr, kept)
    _, pairs = entries_of_rows(model.seen.indptr, kept)
    base = users.base_factors[kept]
    factors = base if model.settings.n_personas == 1 else users.persona_factors[rows]
    return UserPersonas(base, factors, indptr, users.persona_shares[rows], users.personas[pairs])


def scale_for_visitors(model: PersonaState) -> DialScale:
    """Scale of the dial for users that are folded in: that of the model, measured on users of the model."""
    if model.dial_scale is not None:
        return model.dial_scale
    return _for_visitors.get(model, lambda: DialScale(_sample(model), scale_of(model).curves))


def _sample(model: PersonaState) -> PersonaState:
    """A model of the measured users alone, so that visitors do not keep all others in memory."""
    users = measured_users(model)
    seen = select_users(model.seen, users)
    return replace(model, seen=seen, user_personas=personas_of(model, users), epochs=(), item_map=None)
