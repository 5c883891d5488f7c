"""People whom the model has not seen: their plays, folded in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from deepcuts.data.ids import Ids
from deepcuts.data.interactions import Interactions
from deepcuts.model import PersonaModel, visitors
from deepcuts.model.state import VISITOR
from deepcuts.web.problems import Problem, ProblemError
from deepcuts.web.server.store import LoadedModel


@dataclass(frozen=True, eq=False)
class Visitor:
    """A visitor and what was made of their plays.

    Parameters
    ----------
    model
        A model of one user, `VISITOR`.
    unknown_items
        What they have played, or dislike, and the catalogue does not have.
    """

    model: PersonaModel
    unknown_items: list[str]


def fold_in(loaded: LoadedModel, history: Mapping[str, float], dislikes: Collection[str] = ()) -> Visitor:
    """Find the personas of a visitor; items outside the catalogue are told, and not logged.

    Parameters
    ----------
    loaded
        The model that is served.
    history
        Plays by item id, above 0.
    dislikes
        Ids of items that are not wanted; those of them that were played count as disliked.

    Raises
    ------
    ProblemError
        404, if the catalogue has none of the items.
    """
    indexes, refused = loaded.item_indexes(history), loaded.item_indexes(dislikes)
    known = indexes >= 0
    if not len(np.setdiff1d(indexes[known], refused)):
        detail = f"The catalogue has none of the {len(history):,} items played. /items?q= finds items by name."
        raise ProblemError(Problem(404, detail, "unknown-item"))
    order = np.argsort(indexes[known])
    plays = Interactions(
        np.array([0, len(order)], np.int64),
        indexes[known][order].astype(np.int32),
        np.fromiter(history.values(), np.float32, len(history))[known][order],
        Ids.of([VISITOR], "user"),
        loaded.model.item_ids,
    )
    model = visitors.fold_in(loaded.model, plays, refused=refused[refused >= 0])
    given = dict.fromkeys([*history, *dislikes])
    return Visitor(model, [item for item in given if item not in loaded.place_of_item])
