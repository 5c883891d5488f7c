"""The data of a model as one file."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from deepcuts import storage
from deepcuts.array_types import AnyArray
from deepcuts.data.interactions import Interactions
from deepcuts.data.interactions_file import dislike_arrays, read_dislikes
from deepcuts.data.labels import Labels
from deepcuts.data.play_checks import check_values, read_ids
from deepcuts.model.dial_scale_file import scale_from_stored, scale_to_stored
from deepcuts.model.file_checks import (
    UNOBSERVED_GRAM,
    UNOBSERVED_WEIGHTS,
    USER_FACTOR_SUM,
    check_counts,
    check_user_personas,
    read_epochs,
    read_item_side,
)
from deepcuts.model.item_map import ItemMap
from deepcuts.model.state import PersonaState, TrainingCounts
from deepcuts.model.training.epochs import Epoch
from deepcuts.model.training.fold_in import UserPersonas
from deepcuts.model.training.objective import Scale
from deepcuts.model.training.settings import PersonaSettings
from deepcuts.storage import values
from deepcuts.wording import counted


def save_model(model: PersonaState, path: storage.StrPath, *, force: bool = False) -> None:
    """Write a model; see `PersonaModel.save`."""
    arrays = _item_arrays(model) | _user_arrays(model) | dislike_arrays(model.seen)
    strings = {"user_ids": model.user_ids.values, "item_ids": model.item_ids.values}
    if model.seen.labels is not None:
        label_arrays, label_strings = model.seen.labels.to_stored()
        arrays, strings = arrays | label_arrays, strings | label_strings
    if model.item_map is not None:
        arrays |= model.item_map.to_stored()
    meta = {
        "settings": asdict(model.settings),
        "seed": model.item_side.seed,
        "scale": asdict(model.item_side.scale),
        "n_listeners": model.n_listeners,
        "epochs": [_stored(epoch) for epoch in model.epochs],
        "interrupted": model.interrupted,
    } | scale_to_stored(model)
    storage.write(path, "model", arrays, strings, meta, force=force)


def _stored(epoch: Epoch) -> dict[str, Any]:
    """Fields of an epoch that have a value, as files of versions without `validation_ndcg` have them."""
    return {name: value for name, value in asdict(epoch).items() if value is not None}


def _item_arrays(model: PersonaState) -> dict[str, AnyArray]:
    items = model.item_side
    arrays = {
        "item_factors": items.factors,
        "item_gram": items.grams.plain,
        USER_FACTOR_SUM: items.user_factor_sum,
        "item_listeners": model.item_listeners,
        "item_plays": model.item_plays,
    }
    weighs = {UNOBSERVED_WEIGHTS: items.unobserved_weights, UNOBSERVED_GRAM: items.grams.unobserved}
    return (
        arrays | weighs if model.settings.weighting.unobserved_exponent else arrays
    )  # else 1, and the plain Gram matrix


def _user_arrays(model: PersonaState) -> dict[str, AnyArray]:
    users = model.user_personas
    arrays = {
        "indptr": model.seen.indptr,
        "indices": model.seen.indices,
        "plays": model.seen.plays,
        "base_factors": users.base_factors,
        "persona_indptr": users.persona_indptr,
        "persona_shares": users.persona_shares,
        "personas": users.personas,
    }
    is_split = model.settings.n_personas > 1  # else the personas are the base vectors
    return arrays | {"persona_factors": users.persona_factors} if is_split else arrays


def read_state(path: storage.StrPath) -> PersonaState:
    """Read what `save_model` has written, and check every value of it; see `deepcuts.load`."""
    stored = storage.read(path, "model")
    item_side = read_item_side(stored)
    seen = _read_seen(stored, len(item_side.factors))
    user_personas = _read_user_personas(stored, seen, item_side.settings)
    counts = _read_counts(stored, seen, item_side.scale)
    epochs, interrupted = read_epochs(stored), values.typed(bool, stored.meta.get("interrupted"), path, "interrupted")
    item_map = ItemMap.from_stored(stored, seen.n_items)
    scale = scale_from_stored(stored)
    return PersonaState(item_side, counts, seen, user_personas, epochs, interrupted, item_map, scale)


def _read_seen(stored: storage.Stored, n_items: int) -> Interactions:
    users, items = (read_ids(stored, kind) for kind in ("user", "item"))
    if len(items) != n_items:
        raise values.inconsistent(
            stored.path, f"it has {counted(len(items), 'item id')} for {counted(n_items, 'item factor')}"
        )
    if not (len(users) and len(items)):
        raise values.inconsistent(
            stored.path, f"it has {counted(len(users), 'user')} and {counted(len(items), 'item')}"
        )
    indices = stored.array("indices", np.int32, (None,))
    plays = stored.array("plays", np.float32, indices.shape)
    indptr, labels = stored.array("indptr", np.int64, (len(users) + 1,)), Labels.from_stored(stored, n_items)
    dislikes = read_dislikes(Interactions, stored, users, items)
    seen = Interactions(indptr, indices, plays, users, items, labels=labels, dislikes=dislikes)
    check_values(seen, stored.path)
    return seen


def _read_user_personas(stored: storage.Stored, seen: Interactions, settings: PersonaSettings) -> UserPersonas:
    shares = stored.array("persona_shares", np.float32, (None,))
    indptr = stored.array("persona_indptr", np.int64, (seen.n_users + 1,))
    base = stored.array("base_factors", np.float32, (seen.n_users, settings.vector_length))
    personas = stored.array("personas", np.int8, (seen.n_pairs,))
    factors = base
    if settings.n_personas > 1:
        factors = stored.array("persona_factors", np.float32, (len(shares), settings.vector_length))
    users = UserPersonas(base, factors, indptr, shares, personas)
    check_user_personas(users, seen.indptr, settings, stored.path)
    return users


def _read_counts(stored: storage.Stored, seen: Interactions, scale: Scale) -> TrainingCounts:
    listeners = stored.array("item_listeners", np.int64, (seen.n_items,))
    plays = stored.array("item_plays", np.float64, (seen.n_items,))
    n_listeners = values.typed(int, stored.meta.get("n_listeners"), stored.path, "n_listeners")
    counts = TrainingCounts(listeners, plays, n_listeners)
    check_counts(counts, scale, stored.path)
    return counts
