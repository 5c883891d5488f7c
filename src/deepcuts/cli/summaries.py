"""What there is to say of plays and of a model in a few numbers, as JSON values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from deepcuts.ids import Ids
    from deepcuts.interactions import Interactions
    from deepcuts.model import PersonaModel

_MOST_PLAYED = 5


def summarise_plays(plays: Interactions) -> dict[str, Any]:
    """Sizes, lengths of histories and popularity of the items."""
    return {
        **_sizes(plays),
        "plays": float(plays.plays.sum(dtype=np.float64)),
        "has_times": plays.last_played is not None,
        "median_items_per_user": float(np.median(np.diff(plays.indptr))),
        "popularity": _popularity(plays.item_listeners, plays.item_ids),
    }


def summarise_model(model: PersonaModel) -> dict[str, Any]:
    """Sizes, settings, training, personas and popularity of the items."""
    return {
        **_sizes(model.seen),
        "seed": model.items.seed,
        "settings": dict(vars(model.settings)),
        "training": _training(model),
        "personas": _personas(model),
        "popularity": _popularity(model.item_listeners, model.item_ids),
    }


def effective_personas(model: PersonaModel) -> np.ndarray:
    """exp(entropy of the persona shares) of each user: that many equal personas would be as diverse, (n_users,)."""
    shares = model.persona_shares.astype(np.float64)
    terms = -shares * np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    numbers: np.ndarray = np.exp(np.add.reduceat(terms, model.persona_indptr[:-1]))
    return numbers


def _sizes(plays: Interactions) -> dict[str, int]:
    return {"n_users": plays.n_users, "n_items": plays.n_items, "n_pairs": plays.n_pairs}


def _training(model: PersonaModel) -> dict[str, Any]:
    return {
        "epochs": len(model.epochs),
        "loss": model.epochs[-1].loss if model.epochs else None,
        "seconds": sum(epoch.seconds for epoch in model.epochs),
        "interrupted": model.interrupted,
    }


def _personas(model: PersonaModel) -> dict[str, Any]:
    n_personas, n_users = np.unique(np.diff(model.persona_indptr), return_counts=True)
    return {
        "effective_per_user": float(effective_personas(model).mean()),
        "users_by_number": dict(zip(map(str, n_personas.tolist()), n_users.tolist(), strict=True)),
    }


def _popularity(listeners: np.ndarray, item_ids: Ids) -> dict[str, Any]:
    most = np.argsort(-listeners, kind="stable")[:_MOST_PLAYED]
    return {
        "median_listeners": float(np.median(listeners)),
        "most_listeners": dict(zip(item_ids.take(most).to_pylist(), listeners[most].tolist(), strict=True)),
    }
