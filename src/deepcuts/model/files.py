"""The data of a model as one file."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np

from deepcuts import storage
from deepcuts.data.ids import Ids
from deepcuts.data.interactions import Interactions
from deepcuts.data.interactions_file import dislike_arrays, read_dislikes
from deepcuts.data.labels import Labels
from deepcuts.data.play_checks import check_structure
from deepcuts.errors import FileFormatError, SettingsError
from deepcuts.model.item_map import ItemMap
from deepcuts.model.state import PersonaState, TrainingCounts
from deepcuts.model.training.epochs import Epoch
from deepcuts.model.training.fold_in import ItemSide, UserPersonas
from deepcuts.model.training.objective import Scale
from deepcuts.model.training.settings import PersonaSettings


def save_model(model: PersonaState, path: storage.StrPath, *, force: bool = False) -> None:
    """Write a model; see `PersonaModel.save`."""
    arrays = {
        "item_factors": model.item_side.factors,
        "item_gram": model.item_side.gram,
        "crowd": model.item_side.user_factor_sum,
        "item_listeners": model.training_counts.listeners,
        "item_plays": model.training_counts.plays,
        "indptr": model.seen.indptr,
        "indices": model.seen.indices,
        "plays": model.seen.plays,
        "base_factors": model.user_personas.base_factors,
        "persona_factors": model.user_personas.persona_factors,
        "persona_indptr": model.user_personas.persona_indptr,
        "persona_shares": model.user_personas.persona_shares,
        "personas": model.user_personas.personas,
    }
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
        "n_listeners": model.training_counts.n_listeners,
        "epochs": [asdict(epoch) for epoch in model.epochs],
        "interrupted": model.interrupted,
    }
    if model.settings.n_personas == 1:
        del arrays["persona_factors"]  # they are the base vectors
    arrays |= dislike_arrays(model.seen)
    storage.write(path, "model", arrays, strings, meta, force=force)


def read_state(path: storage.StrPath) -> PersonaState:
    """Read a model that `PersonaModel.save` has written; its arrays stay in the file, mapped into memory.

    Raises
    ------
    FileFormatError
        If there is no such file, or it is truncated, damaged, foreign, inconsistent or of a newer version.
    """
    stored = storage.read(path, "model")
    try:
        settings = PersonaSettings(**stored.meta["settings"])
        meta = stored.meta
        epochs = tuple(Epoch(**epoch) for epoch in meta["epochs"])
        items = ItemSide(
            stored.array("item_factors", np.float32, (None, settings.n_factors)),
            stored.array("item_gram", np.float64, (settings.n_factors, settings.n_factors)),
            stored.array("crowd", np.float64, (settings.n_factors,)),
            Scale(**meta["scale"]),
            settings,
            int(meta["seed"]),
        )
        n_listeners, interrupted = int(meta["n_listeners"]), bool(meta["interrupted"])
    except (KeyError, TypeError, ValueError, SettingsError) as error:
        if isinstance(error, FileFormatError):
            raise
        raise FileFormatError(f"{path} is inconsistent: its settings cannot be used ({error}). Train again.") from error
    seen = _read_seen(stored, len(items.factors))
    tastes = _read_tastes(stored, seen, settings)
    n_items = (seen.n_items,)
    counts = TrainingCounts(
        stored.array("item_listeners", np.int64, n_items), stored.array("item_plays", np.float64, n_items), n_listeners
    )
    item_map = ItemMap.from_stored(stored, seen.n_items)
    return PersonaState(items, counts, seen, tastes, epochs, interrupted, item_map)


def _read_seen(stored: storage.Stored, n_items: int) -> Interactions:
    users, items = (Ids(stored.string_array(f"{kind}_ids"), kind) for kind in ("user", "item"))
    if len(items) != n_items:
        raise FileFormatError(f"{stored.path} is inconsistent: {len(items):,} item ids for {n_items:,} item factors.")
    indices = stored.array("indices", np.int32, (None,))
    plays = stored.array("plays", np.float32, indices.shape)
    indptr, labels = stored.array("indptr", np.int64, (len(users) + 1,)), Labels.from_stored(stored, n_items)
    dislikes = read_dislikes(Interactions, stored, users, items)
    seen = Interactions(indptr, indices, plays, users, items, labels=labels, dislikes=dislikes)
    check_structure(seen, stored.path)
    return seen


def _read_tastes(stored: storage.Stored, seen: Interactions, settings: PersonaSettings) -> UserPersonas:
    shares = stored.array("persona_shares", np.float32, (None,))
    indptr = stored.array("persona_indptr", np.int64, (seen.n_users + 1,))
    base = stored.array("base_factors", np.float32, (seen.n_users, settings.n_factors))
    personas = stored.array("personas", np.int8, (seen.n_pairs,))
    factors = base
    if settings.n_personas > 1:
        factors = stored.array("persona_factors", np.float32, (len(shares), settings.n_factors))
    n_personas = np.diff(indptr)
    if indptr[0] != 0 or indptr[-1] != len(shares) or np.any(n_personas < 1):
        raise FileFormatError(f"{stored.path} is inconsistent: its personas are not divided among its users.")
    if np.any(personas < 0) or np.any(personas >= np.repeat(n_personas, np.diff(seen.indptr))):
        raise FileFormatError(
            f"{stored.path} is inconsistent: a pair belongs to a persona that its user does not have."
        )
    return UserPersonas(base, factors, indptr, shares, personas)
