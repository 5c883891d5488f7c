"""What a visitor does not want: items that their personas are solved with as wanted by nobody."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from deepcuts.model import PersonaModel
from deepcuts.model.training.fold_in import solve_exactly, solve_personas
from deepcuts.model.training.persona_split import PersonaSplit
from deepcuts.model.training.rows import Rows
from deepcuts.model.training.user_problem import base_problem
from deepcuts.model.training.weights import user_rows

_CONFIDENCE = 4.0  # of a refusal, in listens of the usual confidence: few are given, and each is meant


def turn_away(model: PersonaModel, denied: Collection[int]) -> PersonaModel:
    """Solve for the personas of a visitor again, with target 0 for what was refused; what is like it falls as well.

    Who belongs to which persona stays as it is; a refused item counts against the persona nearest to it.

    Parameters
    ----------
    model
        A model of one user.
    denied
        Item indexes; those that the user has played are not refused.
    """
    refused = np.array(sorted(set(denied) - set(model.seen.indices.tolist())), np.int32)
    if not len(refused):
        return model
    played, tastes, items = user_rows(model.seen, model.settings), model.user_personas, model.items
    nearest = np.argmax(_unit(items.factors[refused]) @ _unit(tastes.persona_factors).T, axis=1).astype(np.int8)
    confidence = np.full(len(refused), _CONFIDENCE, np.float32)
    rows = Rows(
        np.array([0, len(played.indices) + len(refused)]),
        np.concatenate([played.indices, refused]),
        np.concatenate([played.confidence, confidence]),
        np.concatenate([played.target, np.zeros(len(refused), np.float32)]),
    )
    nothing = np.zeros_like(tastes.base_factors)
    base = solve_exactly(base_problem(rows, items.scale, items.settings), items, nothing)
    if items.settings.n_personas == 1:
        return replace(model, user_personas=replace(tastes, base_factors=base, persona_factors=base))
    split = PersonaSplit(np.concatenate([tastes.personas, nearest]), tastes.persona_indptr)
    personas = solve_personas(rows, base, split, items)
    return replace(model, user_personas=replace(tastes, base_factors=base, persona_factors=personas))


def _unit(vectors: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, np.finfo(np.float32).tiny))
