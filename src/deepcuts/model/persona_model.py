"""The frozen result of training: several tastes for every user, one vector for every item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from deepcuts.data.ids import Ids
from deepcuts.data.interactions import Interactions
from deepcuts.errors import DataError
from deepcuts.model.diagnostics import Diagnostics, diagnose
from deepcuts.model.extend import extend
from deepcuts.model.factors import describe_factors, name_factors, name_personas
from deepcuts.model.item_map import ItemMap, draw_map
from deepcuts.model.naming import Namer
from deepcuts.model.tables import tabulate_explanation, tabulate_neighbours, tabulate_personas
from deepcuts.model.training.epochs import Epoch, to_arrow
from deepcuts.model.training.fold_in import ItemSide, UserPersonas, as_one_persona, solve_users
from deepcuts.model.training.settings import PersonaSettings
from deepcuts.model.training.weights import user_rows
from deepcuts.recommendation import ListSettings, recommend, recommend_batches

if TYPE_CHECKING:
    from deepcuts.storage import StrPath

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

    listeners: np.ndarray
    plays: np.ndarray
    n_listeners: int


@dataclass(frozen=True, eq=False)
class PersonaModel:
    """Personas of users and factors of items. `PersonaNMF.fit` makes one; so does `fold_in`, for other users.

    Parameters
    ----------
    items
        Item factors and what else a user's solution depends on.
    popularity
        Of the items, in training.
    seen
        Plays of the users of this model; its items are those of `items`.
    user_personas
        Base vectors and personas of the users.
    epochs
        The loss, epoch by epoch.
    interrupted
        Whether training ended at the keyboard.
    item_map
        Places of the items in the plane, for pictures; None until `with_map` draws them.
    """

    items: ItemSide
    popularity: TrainingCounts
    seen: Interactions
    user_personas: UserPersonas
    epochs: tuple[Epoch, ...] = ()
    interrupted: bool = False
    item_map: ItemMap | None = None

    @property
    def settings(self) -> PersonaSettings:
        """Hyperparameters it was trained with."""
        return self.items.settings

    @property
    def user_ids(self) -> Ids:
        """Users of this model."""
        return self.seen.user_ids

    @property
    def item_ids(self) -> Ids:
        """The catalogue."""
        return self.seen.item_ids

    def item_names(self, item_indexes: np.ndarray) -> pa.StringArray:
        """Names of some items; the ids of those that have none."""
        return self.seen.item_names(item_indexes)

    @property
    def item_factors(self) -> np.ndarray:
        """float32, (n_items, n_factors)."""
        return self.items.factors

    @property
    def persona_factors(self) -> np.ndarray:
        """float32, (n_rows, n_factors): the rows of user u are ``persona_indptr[u]:persona_indptr[u + 1]``."""
        return self.user_personas.persona_factors

    @property
    def base_factors(self) -> np.ndarray:
        """float32, (n_users, n_factors): the single-vector solution that personas lean on."""
        return self.user_personas.base_factors

    @property
    def persona_indptr(self) -> np.ndarray:
        """int64, (n_users + 1,)."""
        return self.user_personas.persona_indptr

    @property
    def persona_shares(self) -> np.ndarray:
        """float32, (n_rows,): share of the user's items that belong to each persona."""
        return self.user_personas.persona_shares

    @property
    def item_listeners(self) -> np.ndarray:
        """int64, (n_items,): users who played each item, in training."""
        return self.popularity.listeners

    @property
    def item_plays(self) -> np.ndarray:
        """float64, (n_items,): plays of each item, in training."""
        return self.popularity.plays

    @property
    def n_listeners(self) -> int:
        """Users that the items were trained on."""
        return self.popularity.n_listeners

    @cached_property
    def base(self) -> PersonaModel:
        """The one-persona model that this one was split from."""
        settings = replace(self.settings, n_personas=1)
        rows = user_rows(self.seen, settings)
        tastes = as_one_persona(rows, self.user_personas.base_factors)
        return replace(self, items=replace(self.items, settings=settings), user_personas=tastes)

    def diagnostics(self, holdout: Interactions | None = None) -> Diagnostics:
        """Tell whether the personas have collapsed: their number, shares and cosines over all users.

        Parameters
        ----------
        holdout
            Plays of these users that were taken out before training, if hits are to be counted by persona.
        """
        return diagnose(self, holdout)

    def history(self) -> pa.Table:
        """Return the loss of every epoch: stage, number, its terms, seconds, loss."""
        return to_arrow(self.epochs)

    def scores(self, rows: np.ndarray) -> np.ndarray:
        """Score all items by some persona rows, float32, (len(rows), n_items)."""
        return np.asarray(self.persona_factors[rows] @ self.item_factors.T)

    def recommend(self, users: str | Sequence[str] | None = None, k: int = 20, **settings: Any) -> pa.Table:
        """Ranked lists as one Arrow table: user_id, item_id, rank (1 = best), score, persona.

        Parameters
        ----------
        users
            One user id, several, or None for all users of this model.
        k
            Length of the lists.
        settings
            Those of `ListSettings`: rarity, dial, frequency, mix, lean, include_seen, allow, deny, pick, weights.

        Raises
        ------
        UnknownIdError
            If the user is unknown, or all of them are; of several, unknown ones are left out, with a warning.
        SettingsError
            If a setting is out of its range.
        """
        return recommend(self, users, ListSettings(k=k, **settings))

    def recommend_batches(self, users: Sequence[str] | None = None, k: int = 20, **settings: Any) -> Iterator[pa.Table]:
        """Yield the tables of `recommend` in parts; memory does not grow with the number of users."""
        return recommend_batches(self, users, ListSettings(k=k, **settings))

    @cached_property
    def namer(self) -> Namer:
        """Names groups of its items."""
        return Namer.of(self.seen, self.item_listeners)

    def persona_names(self, user: str) -> list[str]:
        """Names of a user's personas, such as "ambient · Stars of the Lid, Grouper", all different.

        Raises
        ------
        UnknownIdError
            If there is no such user.
        """
        return name_personas(self, self.user_ids.index_of(user))

    def factor_names(self) -> list[str]:
        """Names of the factors, all different; of the form that `persona_names` has."""
        return name_factors(self)

    def factors(self, n_items: int = 10) -> pa.Table:
        """Items that stand for the factors: factor, factor_name, share (of all scores), rank, item_id, name, loading.

        Parameters
        ----------
        n_items
            The most items of each factor, the strongest first.
        """
        return describe_factors(self, n_items)

    def personas(self, user: str, n_items: int = 10) -> pa.Table:
        """Personas of a user and the items that made them: persona, persona_name, share, rank, item_id, name, plays.

        Parameters
        ----------
        user
            A user id.
        n_items
            The most items of each persona, the most played first.

        Raises
        ------
        UnknownIdError
            If there is no such user.
        """
        return tabulate_personas(self, self.user_ids.index_of(user), n_items)

    def explain(self, user: str, item: str, k: int = 10) -> pa.Table:
        """The user's own items that speak for an item: item_id, plays, persona, contribution, share, rank.

        The contributions of all of the user's items sum up to the score; `share` is the contribution over the score.
        See `deepcuts.model.explain.explain_score` for the equation.

        Parameters
        ----------
        user, item
            Ids.
        k
            The most rows, the largest contribution first.

        Raises
        ------
        UnknownIdError
            If there is no such user or item.
        """
        return tabulate_explanation(self, self.user_ids.index_of(user), self.item_ids.index_of(item), k)

    def similar_items(self, item: str, k: int = 20) -> pa.Table:
        """The items most like one: item_id, rank, similarity, the cosine of their factors.

        Raises
        ------
        UnknownIdError
            If there is no such item.
        """
        return tabulate_neighbours(self, self.item_ids.index_of(item), k)

    def fold_in(self, plays: Interactions | Mapping[str, float]) -> PersonaModel:
        """Find the personas of other users, or of the same with other plays, with items fixed.

        Parameters
        ----------
        plays
            Plays of users, or of one: a mapping from item ids to play counts. In a mapping, a count below 0 is a
            dislike. Items outside the catalogue are left out, with a warning.

        Returns
        -------
        A model of those users, with the same items. The user of a mapping has the id "visitor".

        Raises
        ------
        DataError
            If no item that was played is in the catalogue, or a count is 0 or no number.
        """
        history = _visitor(plays) if isinstance(plays, Mapping) else plays
        seen = replace(history.align_items(self.item_ids), labels=self.seen.labels)
        if seen.n_pairs == 0:
            raise DataError(
                f"None of the {history.n_items:,} items is in the catalogue of {len(self.item_ids):,} items. "
                f"{self.item_ids.unknown_message(history.item_ids.values[0].as_py())}"
            )
        return replace(
            self, seen=seen, user_personas=solve_users(user_rows(seen, self.settings), self.items), epochs=()
        )

    def with_map(self) -> PersonaModel:
        """Return this model with a map of its items, which is saved with it; drawn once, which takes seconds."""
        if self.item_map is not None:
            return self
        return replace(self, item_map=draw_map(self.item_factors, self.item_listeners, self.items.seed))

    def extend(self, plays: Interactions) -> PersonaModel:
        """Let new plays join, of new users and new items as well, without training again.

        Counts are added to those there are. Users with new plays are solved for, and new items from the users who play
        them; other users and the old items stay as they are. So a model can follow its data day by day; trained again
        from time to time, it also learns what the new plays say of old items.

        Parameters
        ----------
        plays
            What was played since. Names and tags of new items come with it.

        Returns
        -------
        A model of the old and the new users and items.

        Raises
        ------
        DataError
            If there are no plays.
        """
        return extend(self, plays)

    def save(self, path: StrPath, *, force: bool = False) -> None:
        """Write one safetensors file, whole or not at all; `deepcuts.load` reads it.

        Raises
        ------
        OutputError
            If the file exists and `force` is false, or if it cannot be written.
        """
        from deepcuts.model.files import save_model

        save_model(self, path, force=force)

    def __repr__(self) -> str:
        n_rows = len(self.persona_shares)
        return (
            f"PersonaModel({len(self.user_ids):,} users with {n_rows:,} personas, {len(self.item_ids):,} items, "
            f"{self.settings.n_factors} factors)"
        )


def _visitor(plays: Mapping[str, float]) -> Interactions:
    by_item = dict(sorted((str(item), count) for item, count in plays.items()))
    counts = np.array(list(by_item.values()), np.float32)
    if not np.any(counts > 0) or not np.all(np.isfinite(counts) & (counts != 0)):
        raise DataError(
            "A history is a mapping from item ids to play counts above 0, of at least one item; those below 0 are "
            "dislikes."
        )
    indptr, indices = np.array([0, len(counts)]), np.arange(len(counts), dtype=np.int32)
    user_ids, item_ids = Ids.of([VISITOR], "user"), Ids.of(list(by_item), "item")
    return Interactions(indptr, indices, counts, user_ids, item_ids).set_dislikes_apart()
