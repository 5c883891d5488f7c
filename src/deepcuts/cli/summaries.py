"""Plays and models in a few numbers, as JSON values."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deepcuts.wording import counted, counted_plays

if TYPE_CHECKING:
    from deepcuts.array_types import CountVector
    from deepcuts.cli.remarks import Remarks
    from deepcuts.data.interactions import Interactions
    from deepcuts.model import PersonaModel

_MOST_PLAYED = 5


def summarise_plays(plays: Interactions) -> dict[str, Any]:
    """Sizes, items per user and popularity of the items."""
    return {
        **_sizes(plays),
        "plays": float(plays.plays.sum(dtype=np.float64)),
        "has_times": plays.last_played is not None,
        "median_items_per_user": float(np.median(np.diff(plays.indptr))),
        "popularity": _popularity(plays.item_listeners, plays),
    }


def summarise_model(model: PersonaModel, holdout: Interactions | None = None) -> dict[str, Any]:
    """Sizes, settings, training, personas, with what they hit in a holdout, and popularity of the items."""
    return {
        **_sizes(model.seen),
        "seed": model.item_side.seed,
        "settings": dict(vars(model.settings)),
        "training": _training(model),
        "personas": _personas(model, holdout),
        "popularity": _popularity(model.item_listeners, model.seen),
    }


def _sizes(plays: Interactions) -> dict[str, int]:
    return {
        "n_users": plays.n_users,
        "n_items": plays.n_items,
        "n_pairs": plays.n_pairs,
        "n_dislikes": 0 if plays.dislikes is None else plays.dislikes.n_pairs,
        "n_tags": 0 if plays.labels is None else plays.labels.n_tags,
    }


def _training(model: PersonaModel) -> dict[str, Any]:
    return {
        "epochs": len(model.epochs),
        "loss": model.epochs[-1].loss if model.epochs else None,
        "seconds": sum(epoch.seconds for epoch in model.epochs),
        "interrupted": model.interrupted,
    }


def _personas(model: PersonaModel, holdout: Interactions | None) -> dict[str, Any]:
    found = model.diagnostics(holdout)
    hits = {} if found.nondominant_hits is None else {"nondominant_hits": found.nondominant_hits}
    return {
        "effective_per_user": found.effective_personas,
        "dominant_share": found.dominant_share,
        "mean_cosine": None if math.isnan(found.mean_cosine) else found.mean_cosine,
        "pairs_alike": found.n_alike,
        "empty": found.n_empty,
        "dropped_or_joined": found.n_dropped,
        "rows_under_best_persona": None if math.isnan(found.under_best) else found.under_best,
        **hits,
        "users_by_number": {str(number): n_users for number, n_users in found.users_by_number.items()},
    }


def _popularity(listeners: CountVector, plays: Interactions) -> dict[str, Any]:
    most = np.argsort(-listeners, kind="stable")[:_MOST_PLAYED]
    shown = zip(plays.item_ids.take(most).to_pylist(), plays.item_names(most).to_pylist(), strict=True)
    labels = [item if item == name else f"{name} ({item})" for item, name in shown]
    return {
        "median_listeners": float(np.median(listeners)),
        "most_listeners": dict(zip(labels, listeners[most].tolist(), strict=True)),
    }


def say_plays(remarks: Remarks, n_rows: int, everything: Interactions, kept: Interactions) -> None:
    """Say how many plays were read, and what pruning has left out of them."""
    if kept is not everything:
        n_users, n_items = everything.n_users - kept.n_users, everything.n_items - kept.n_items
        remarks.say(f"Pruning left out {counted(n_users, 'user')} and {counted(n_items, 'item')}.")
    rows = counted(n_rows, "row holds", "rows hold")
    remarks.say(f"{rows} {counted_plays(kept.n_pairs, kept.n_users, kept.n_items)}.")


def saved_plays(output: Path, plays: Interactions) -> dict[str, Any]:
    """Where plays were saved, and their sizes."""
    return {"output": str(output), **_sizes(plays)}
