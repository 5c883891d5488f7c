"""Personas that stay who they are while a visitor adds and removes artists one by one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from deepcuts.model import PersonaModel
from deepcuts.model.training.fold_in import UserPersonas, solve_personas
from deepcuts.model.training.persona_split import PersonaSplit
from deepcuts.model.training.weights import user_rows

_MOST_NEW = 0.2  # share of new artists from which people are split anew


def stay(visitor: PersonaModel, before: PersonaModel) -> PersonaModel:
    """Solve for the personas of a visitor with the split that there was before, where that still fits.

    Clusters of slightly different histories can differ much; people who add an artist expect to find the personas
    that they have named and muted. An artist that is new joins the persona whose artists are nearest to it.

    Parameters
    ----------
    visitor
        A model of one user, split anew.
    before
        That of the same user with somewhat other plays, over the same items.

    Returns
    -------
    The visitor with the old split; as they came, where many artists are new, or there are more or fewer personas now.
    """
    n_personas = len(visitor.persona_shares)
    if n_personas != len(before.persona_shares) or n_personas == 1:
        return visitor
    items = visitor.seen.indices
    place = np.searchsorted(before.seen.indices, items)
    known = before.seen.indices[np.minimum(place, before.seen.n_pairs - 1)] == items
    if np.mean(~known) > _MOST_NEW:
        return visitor
    personas = np.zeros(len(items), np.int8)
    personas[known] = before.user_personas.personas[place[known]]
    units = _unit(visitor.item_factors[items])
    centres = np.array([units[known & (personas == number)].sum(axis=0) for number in range(n_personas)])
    personas[~known] = np.argmax(units[~known] @ _unit(centres).T, axis=1)
    sizes = np.bincount(personas, minlength=n_personas)
    if np.any(sizes == 0):
        return visitor
    split, base = PersonaSplit(personas, visitor.persona_indptr), visitor.user_personas.base_factors
    factors = solve_personas(user_rows(visitor.seen, visitor.settings), base, split, visitor.items)
    shares = (sizes / len(items)).astype(np.float32)
    return replace(visitor, user_personas=UserPersonas(base, factors, visitor.persona_indptr, shares, personas))


def _unit(vectors: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, np.finfo(np.float32).tiny))
