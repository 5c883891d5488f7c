"""The model of personas as a component of LensKit: a scorer for its pipelines, trained and run by it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from lenskit.data import Dataset, ItemList, QueryInput, RecQuery, Vocabulary
from lenskit.pipeline import Component
from lenskit.training import Trainable, TrainingOptions

from deepcuts.array_types import FloatVector
from deepcuts.data.interactions import Interactions
from deepcuts.model import PersonaModel, PersonaNMF
from deepcuts.model.state import VISITOR
from deepcuts.recommendation import ListSettings

_COUNTS = ("count", "rating")  # fields of interactions that are taken for plays, the first that there is


@dataclass
class PersonaScorerConfig:
    """The settings of `PersonaScorer`, as LensKit keeps them.

    Parameters
    ----------
    settings
        Those of `PersonaNMF` that are not the default, such as ``{"n_factors": 32}``.
    lists
        Those of `ListSettings`, such as ``{"rarity": 0.3}``.
    depth
        How many items of a list get a score; others have none.

    Raises
    ------
    SettingsError
        If a setting is unknown or out of its range.
    """

    settings: dict[str, Any] = field(default_factory=dict)
    lists: dict[str, Any] = field(default_factory=dict)
    depth: int = 1000

    def __post_init__(self) -> None:
        PersonaNMF(**self.settings)
        ListSettings(k=self.depth, **self.lists)


class PersonaScorer(Component[ItemList], Trainable):
    """Scores candidates by their rank in the list that the model makes of them: 1 for the first, 1/2 for the second.

    A mix of personas is an order and no scale: so LensKit's ranking of these scores is the list itself, with personas,
    dial and all other settings. Plays are the field ``count`` or ``rating`` of the interactions, else 1. A user who was
    not there in training is folded in by the history of the query; without one, nothing is scored.
    """

    config: PersonaScorerConfig

    model: PersonaModel
    users: Vocabulary
    items: Vocabulary

    def train(self, data: Dataset, options: TrainingOptions = TrainingOptions()) -> None:  # noqa: B008  # as LensKit has it
        """Train on a dataset of LensKit, by the seed of its options."""
        if hasattr(self, "model") and not options.retrain:
            return
        interactions = data.interactions().matrix()
        counts = next((name for name in _COUNTS if name in interactions.attribute_names), None)
        matrix = interactions.scipy(attribute=counts)
        plays = Interactions.from_csr(matrix, range(matrix.shape[0]), range(matrix.shape[1]))  # its numbers are our ids
        seed = 0 if options.rng is None else int(options.random_generator().integers(1 << 31))
        self.users, self.items = data.users, data.items
        self.model = PersonaNMF(**self.config.settings).fit(plays, seed=seed)

    def __call__(self, query: QueryInput, items: ItemList) -> ItemList:
        """Return the candidates with scores; NaN for those that the list does not have."""
        numbers = items.numbers(vocabulary=self.items, missing="negative")
        scores = np.full(len(items), np.nan, np.float32)
        asked = self._model_and_user(RecQuery.create(query))
        known = numbers[numbers >= 0]
        if asked is not None and len(known):
            model, user = asked
            settings = {**self.config.lists, "allow": known.tolist(), "include_seen": True}  # candidates decide
            listed = model.recommend(user, k=self.config.depth, **settings)["item_id"]
            scores = _scores(numbers, np.array(listed.to_pylist(), np.int64), len(self.items))
        return ItemList(items, scores=scores)

    def _model_and_user(self, query: RecQuery) -> tuple[PersonaModel, str] | None:
        """Return who is asked for, and the model that has them; None for somebody of whom nothing is known."""
        number = None if query.user_id is None else self.users.number(query.user_id, missing=None)
        if number is not None:
            return self.model, str(number)
        history = query.query_items
        if history is None:
            return None
        items = history.numbers(vocabulary=self.items, missing="negative")
        counts = next((values for name in _COUNTS if (values := history.field(name)) is not None), np.ones(len(items)))
        plays = {int(item): float(n) for item, n in zip(items, counts, strict=True) if item >= 0 and n > 0}
        return (self.model.fold_in(plays), VISITOR) if plays else None


def _scores(numbers: Any, listed: Any, n_items: int) -> FloatVector:
    """Inverse ranks of some items in a list, float32; NaN for those that are not in it."""
    scores = np.full(n_items + 1, np.nan, np.float32)  # the last one is of −1, an item that is not known
    scores[listed] = 1 / np.arange(1, len(listed) + 1)
    found: FloatVector = scores[numbers]
    return found
