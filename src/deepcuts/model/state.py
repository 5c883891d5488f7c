"""The data of a model: factors of items, personas of users, and what was counted and measured in training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike

from deepcuts.array_types import CountVector, DoubleVector, FloatMatrix, FloatVector, Indptr, ReadOnlyCopies, freeze
from deepcuts.data.ids import Ids
from deepcuts.data.index_checks import checked_indexes
from deepcuts.data.interactions import Interactions
from deepcuts.data.named_items import NamedItems
from deepcuts.model.item_map import ItemMap
from deepcuts.model.training.epochs import Epoch
from deepcuts.model.training.fold_in import ItemSide, UserPersonas
from deepcuts.model.training.settings import PersonaSettings
from deepcuts.recommendation.dial_scale import DialScale

VISITOR = "visitor"  # id of the user that is folded in from a mapping


@dataclass(frozen=True, eq=False)
class TrainingCounts:
    """How widely the items were played by the users that the items were trained on.

    Parameters
    ----------
    listeners
        int64, (n_items,): users who played each item.
    plays
        float64, (n_items,): plays of each item.
    n_listeners
        Users in all.
    """

    listeners: CountVector
    plays: DoubleVector
    n_listeners: int


@dataclass(frozen=True, eq=False)
class PersonaState(ReadOnlyCopies):
    """Fields of a model and shorter names for their parts; `PersonaModel` adds what can be asked of them.

    Its arrays are read-only: copy one that is to be changed.

    Parameters
    ----------
    item_side
        Item factors and what else a user's solution depends on.
    training_counts
        How widely the items were played in training.
    seen
        Plays of the users of this model; its items are those of `item_side`.
    user_personas
        Base vectors and personas of the users.
    epochs
        The loss, epoch by epoch.
    interrupted
        Whether training was interrupted from the keyboard.
    item_map
        Positions of the most played items in the plane, for pictures; None until `PersonaModel.with_map` draws them.
    dial_scale
        What positions of the rarity dial stand for, for users that were folded in: as for the users of the model that
        they were folded into. None for a model of its own users, on whose lists it is measured.
    """

    item_side: ItemSide
    training_counts: TrainingCounts
    seen: Interactions
    user_personas: UserPersonas
    epochs: tuple[Epoch, ...] = ()
    interrupted: bool = False
    item_map: ItemMap | None = None
    dial_scale: DialScale | None = None

    def __post_init__(self) -> None:
        for part in (self.item_side, self.item_side.grams, self.training_counts, self.user_personas, self.item_map):
            freeze(() if part is None else vars(part).values())

    @property
    def settings(self) -> PersonaSettings:
        """Hyperparameters it was trained with."""
        return self.item_side.settings

    @property
    def user_ids(self) -> Ids:
        """Users of this model."""
        return self.seen.user_ids

    @property
    def item_ids(self) -> Ids:
        """The catalogue."""
        return self.seen.item_ids

    def item_names(self, item_indexes: ArrayLike) -> pa.ChunkedArray:
        """Names of some items; the ids of those that have none.

        Raises
        ------
        SettingsError
            If an index is none of an item.
        """
        return self.seen.item_names(item_indexes)

    @property
    def named_items(self) -> NamedItems:
        """The catalogue, to be looked up by ids or by names."""
        return NamedItems(self.item_ids, self.seen.labels, self.item_listeners)

    @property
    def item_factors(self) -> FloatMatrix:
        """float32, (n_items, n_factors)."""
        return self.item_side.factors

    @property
    def persona_factors(self) -> FloatMatrix:
        """float32, (n_rows, n_factors): the rows of user u are ``persona_indptr[u]:persona_indptr[u + 1]``."""
        return self.user_personas.persona_factors

    @property
    def base_factors(self) -> FloatMatrix:
        """float32, (n_users, n_factors): the single-vector solution that personas lean on."""
        return self.user_personas.base_factors

    @property
    def persona_indptr(self) -> Indptr:
        """int64, (n_users + 1,)."""
        return self.user_personas.persona_indptr

    @property
    def persona_shares(self) -> FloatVector:
        """float32, (n_rows,): share of the user's items that belong to each persona."""
        return self.user_personas.persona_shares

    @property
    def item_listeners(self) -> CountVector:
        """int64, (n_items,): users who played each item, in training."""
        return self.training_counts.listeners

    @property
    def item_plays(self) -> DoubleVector:
        """float64, (n_items,): plays of each item, in training."""
        return self.training_counts.plays

    @property
    def n_listeners(self) -> int:
        """Users that the items were trained on."""
        return self.training_counts.n_listeners

    def scores(self, rows: ArrayLike) -> FloatMatrix:
        """Score all items by some persona rows, U_up · V_i, float32, (len(rows), n_items).

        Raises
        ------
        SettingsError
            If one of `rows` is none of a persona.
        """
        rows = checked_indexes("rows", rows, len(self.persona_factors))
        return np.asarray(self.persona_factors[rows] @ self.item_factors.T)
