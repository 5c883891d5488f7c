"""Visitors: users that the model was not trained on, with personas solved for the plays of a request."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

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
        Plays by item id, above 0.
    dislikes
        Ids of items that are not wanted; those of them that were played are dislikes as well.

    Raises
    ------
    ProblemError
        404, if the catalogue has none of the items that were played and are not disliked.
    """
    indexes, refused = loaded.item_indexes(history), loaded.item_indexes(dislikes)
    known = indexes >= 0
    if not len(np.setdiff1d(indexes[known], refused)):
        detail = f"The catalogue has none of the {len(history):,} items played. /items?q= finds items by name."
        raise ProblemError(Problem(404, detail, "unknown-item"))
    counts = np.fromiter(history.values(), np.float32, len(history))
    plays = visitors.visitor_plays(loaded.model.item_ids, indexes[known], counts[known])
    model = visitors.fold_in(loaded.model, plays, refused=refused[refused >= 0])
    given = dict.fromkeys([*history, *dislikes])  # in order, each once
    return Visitor(model, [item for item in given if item not in loaded.index_of_item])
