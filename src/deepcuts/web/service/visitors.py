"""Visitors: users that the model was not trained on, with personas solved for the plays of a request."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from deepcuts.array_types import IndexVector
from deepcuts.checks import shown
from deepcuts.model import PersonaModel, visitors
from deepcuts.web.problems import Problem, ProblemError
from deepcuts.web.server.store import LoadedModel


@dataclass(frozen=True, eq=False)
class Visitor:
    """A visitor and the personas that were found for them.

    Parameters
    ----------
    model
        A model of one user, with the id `VISITOR` of ``deepcuts.model.state``.
    unknown_items
        Ids of played or disliked items that the catalogue does not have.
    """

    model: PersonaModel
    unknown_items: list[str]


def fold_in(loaded: LoadedModel, history: Mapping[str, float], dislikes: Collection[str] = ()) -> Visitor:
    """Find the personas of a visitor; items outside the catalogue are returned, and not logged.

    Parameters
    ----------
    loaded
        The model that is served.
    history
        Plays by id or name of an item, above 0.
    dislikes
        Ids or names of items that are not wanted; those of them that were played are dislikes as well.

    Raises
    ------
    ProblemError
        404, if the catalogue has none of the items that were played; 422, if all that it has are disliked as well, or
        two members of the history are the same item.
    """
    indexes, refused = loaded.item_indexes(history), loaded.item_indexes(dislikes)
    known = indexes >= 0
    if not np.any(known):
        detail = "The catalogue has none of the items played. /items?q= finds items by name."
        raise ProblemError(Problem(404, detail, "unknown-item"))
    if np.all(np.isin(indexes[known], refused)):
        detail = "All items played that the catalogue has are disliked. Dislike fewer of them, or give other plays."
        raise ProblemError(Problem(422, detail, "setting"))
    _refuse_doubles(history, indexes)
    counts = np.fromiter(history.values(), np.float32, len(history))
    plays = visitors.visitor_plays(loaded.model.item_ids, indexes[known], counts[known])
    model = visitors.fold_in(loaded.model, plays, refused=refused[refused >= 0])
    given = dict.fromkeys([*history, *dislikes])  # in order, each once
    return Visitor(model, [item for item in given if loaded.item_index(item) < 0])


def _refuse_doubles(history: Mapping[str, float], indexes: IndexVector) -> None:
    """Refuse a history in which an item stands by its id and by its name."""
    items, counts = np.unique(indexes[indexes >= 0], return_counts=True)
    if np.any(counts > 1):
        double = items[counts > 1][0]
        named = [item for item, index in zip(history, indexes, strict=True) if index == double]
        detail = f"{' and '.join(map(shown, named))} are the same item. Give each item once."
        raise ProblemError(Problem(422, detail, "setting"))
