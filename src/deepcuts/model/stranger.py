"""A stranger: somebody without a history, for whom the typical tastes of all users speak.

The mean of all users stands for the most played items alone, whatever the dial says. Typical tastes are directions
that personas of many users have, so that their lists turn with the dial. What its positions stand for is measured on
the list of the stranger, without the items that it leaves out: tastes are nearer to what everybody plays than users
are, and the rarest items, which a list of many tastes is full of once the dial is turned, are the ones left out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar, Unpack

import numpy as np
import pyarrow as pa

from deepcuts.array_types import DoubleVector, FloatMatrix, IndexVector
from deepcuts.blas_threads import one_blas_thread
from deepcuts.checks import whole_number
from deepcuts.data.ids import Ids
from deepcuts.data.interactions import Interactions
from deepcuts.data.vectors import unit_vectors
from deepcuts.model.state import PersonaState
from deepcuts.model.training.fold_in import UserPersonas
from deepcuts.recommendation import ListOptions, ListSettings, recommend
from deepcuts.recommendation.dial_scale import DialScale
from deepcuts.recommendation.settings import BaseLean
from deepcuts.recommendation.weak_cache import WeakCache

STRANGER = "stranger"  # id of the user of such a model

_N_TASTES = 16
_MOST_ROWS = 20_000  # personas that tastes are found from
_MOST_ROUNDS = 20

_MOST_SCALES = 16  # kept for a model: callers may ask for any number of listeners

_scales: WeakCache[dict[tuple[int, float, BaseLean], DialScale]] = WeakCache()

LEAST_LISTENERS = 3  # of an item that is listed to a stranger

Model = TypeVar("Model", bound=PersonaState)


def popular_settings(k: int, **settings: Unpack[ListOptions]) -> ListSettings:
    """Settings of a list of `popular_items`: tastes of many people have no vector in common, unless it is asked for."""
    apart: ListOptions = {"base_weight": 0.0, "base_lean": 0.0}
    return ListSettings(k=k, **(apart | settings))


def popular_items(stranger: PersonaState, settings: ListSettings, least_listeners: int) -> pa.Table:
    """List items to somebody without a history: item_id, rank, score, listeners.

    Parameters
    ----------
    stranger
        What `stranger_of` has made.
    settings
        What `popular_settings` returns.
    least_listeners
        Items of fewer are left out.

    Raises
    ------
    SettingsError
        If a setting is out of its range.
    """
    least_listeners = whole_number("least_listeners", least_listeners, 0)
    rare = stranger.item_listeners < least_listeners
    deny = [*(settings.deny or ()), *stranger.item_ids.take(np.flatnonzero(rare)).to_pylist()]
    turned = replace(stranger, dial_scale=_scale(stranger, least_listeners, settings))
    table = recommend(turned, STRANGER, replace(settings, deny=deny))
    listeners = stranger.item_listeners[stranger.item_ids.indexes_of(table["item_id"])]
    return table.select(["item_id", "rank", "score"]).append_column("listeners", pa.array(listeners))


def stranger_of(model: Model) -> Model:
    """Make a model of one user without plays, whose personas are the typical tastes of the users of a model.

    Tastes are the clusters of spherical k-means over the personas of all users, or of a sample of them: the mean vector
    of each, and its share of the personas. The same model and seed give the same tastes.

    Parameters
    ----------
    model
        The model whose users are asked; its items are those of the result.

    References
    ----------
    Dhillon, Modha 2001, "Concept decompositions for large sparse text data using clustering",
    doi:10.1023/A:1007612920971.
    """
    rng = np.random.default_rng(model.item_side.seed)
    heard = np.flatnonzero(np.any(model.persona_factors, axis=1))
    rows = np.sort(rng.permutation(heard)[:_MOST_ROWS])
    factors = model.persona_factors[rows]
    tastes, shares = _tastes(factors, rng) if len(rows) else (np.zeros((1, factors.shape[1]), np.float32), np.ones(1))
    base = np.asarray(shares @ tastes, np.float32)[None]
    indptr = np.array([0, len(tastes)])
    personas = UserPersonas(base, tastes, indptr, shares.astype(np.float32), np.empty(0, np.int8))
    nothing = Interactions(
        np.zeros(2, np.int64),
        np.empty(0, np.int32),
        np.empty(0, np.float32),
        Ids.of([STRANGER], "user"),
        model.item_ids,
        labels=model.seen.labels,
    )
    settings = replace(model.settings, n_personas=max(model.settings.n_personas, len(tastes)))  # as files have to say
    items = replace(model.item_side, settings=settings)
    return replace(model, item_side=items, seen=nothing, user_personas=personas, epochs=(), dial_scale=None)


def _scale(stranger: PersonaState, least_listeners: int, settings: ListSettings) -> DialScale:
    """Scale of the dial for lists without the items that have fewer listeners."""
    scales, key = _scales.get(stranger, dict), (least_listeners, settings.base_weight, settings.base_lean)
    if key not in scales and len(scales) >= _MOST_SCALES:
        scales.clear()
    allowed = stranger.item_listeners >= least_listeners
    return scales.setdefault(key, DialScale(None, {}, allowed, settings.base_weight, settings.base_lean))


def _tastes(factors: FloatMatrix, rng: np.random.Generator) -> tuple[FloatMatrix, DoubleVector]:
    """Mean vector of each cluster, float32, (n_tastes, n_factors), and its share, the largest first."""
    directions = unit_vectors(factors)
    with one_blas_thread():
        labels = _clusters(directions, rng)
    sizes = np.bincount(labels)
    order = np.argsort(-sizes, kind="stable")
    order = order[sizes[order] > 0]
    means = np.array([factors[labels == taste].mean(axis=0) for taste in order], np.float32)
    return means, sizes[order] / len(labels)


def _clusters(directions: FloatMatrix, rng: np.random.Generator) -> IndexVector:
    """Cluster directions by spherical k-means: each belongs to the centre with the largest cosine."""
    centres = directions[_far_apart(directions, min(_N_TASTES, len(directions)), rng)]
    labels = np.full(len(directions), -1)
    for _ in range(_MOST_ROUNDS):
        found = np.argmax(directions @ centres.T, axis=1)
        if np.array_equal(found, labels):
            break
        labels = found
        sums = np.zeros_like(centres)
        np.add.at(sums, labels, directions)
        centres = unit_vectors(sums)
    return labels


def _far_apart(directions: FloatMatrix, n: int, rng: np.random.Generator) -> list[int]:
    """Draw rows to begin with, each the likelier the farther it is from those before: k-means++."""
    chosen = [int(rng.integers(len(directions)))]
    distances = 1 - directions @ directions[chosen[0]]
    while len(chosen) < n:
        weights = np.maximum(distances, 0).astype(np.float64)
        if not weights.sum():
            break
        chosen.append(int(rng.choice(len(directions), p=weights / weights.sum())))
        distances = np.minimum(distances, 1 - directions @ directions[chosen[-1]])
    return chosen
