"""People whom the model has not seen: their plays, folded in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from deepcuts.data.ids import Ids
from deepcuts.data.interactions import Interactions
from deepcuts.model import PersonaModel
from deepcuts.web.problems import Problem, ProblemError
from deepcuts.web.server.store import LoadedModel

VISITOR = "visitor"
_DISLIKED = -1.0  # plays below 0 are a dislike


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
    counts = dict(history) | dict.fromkeys(dislikes, _DISLIKED)
    indexes = loaded.item_indexes(counts)
    values = np.fromiter(counts.values(), np.float32, len(counts))
    known = indexes >= 0
    if not np.any(values[known] > 0):
        detail = f"The catalogue has none of the {len(history):,} items played. /items?q= finds items by name."
        raise ProblemError(Problem(404, detail, "unknown-item"))
    order = np.argsort(indexes[known])
    plays = Interactions(
        np.array([0, len(order)], np.int64),
        indexes[known][order].astype(np.int32),
        values[known][order],
        Ids.of([VISITOR], "user"),
        loaded.model.item_ids,
    )
    unknown = [item for item, is_known in zip(counts, known, strict=True) if not is_known]
    return Visitor(loaded.model.fold_in(plays.set_dislikes_apart()), unknown)
