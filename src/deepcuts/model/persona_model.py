"""The frozen result of training: several tastes for every user, one vector for every item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from scipy import sparse

from deepcuts.errors import DataError
from deepcuts.ids import Ids
from deepcuts.interactions import Interactions
from deepcuts.model.confidence import user_rows
from deepcuts.model.explain import Explanation, explain_score
from deepcuts.model.history import Epoch, to_arrow
from deepcuts.model.settings import PersonaSettings
from deepcuts.model.settle import FixedItems, Tastes, as_one_persona, settle
from deepcuts.recommendation import ListSettings, recommend, recommend_batches

if TYPE_CHECKING:
    from deepcuts.storage import StrPath

VISITOR = "visitor"  # id of the user that is folded in from a mapping


@dataclass(frozen=True, eq=False)
class Popularity:
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
    tastes
        Base vectors and personas of the users.
    epochs
        The loss, epoch by epoch.
    interrupted
        Whether training ended at the keyboard.
    """

    items: FixedItems
    popularity: Popularity
    seen: Interactions
    tastes: Tastes
    epochs: tuple[Epoch, ...] = ()
    interrupted: bool = False

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
        return self.tastes.persona_factors

    @property
    def persona_indptr(self) -> np.ndarray:
        """int64, (n_users + 1,)."""
        return self.tastes.persona_indptr

    @property
    def persona_shares(self) -> np.ndarray:
        """float32, (n_rows,): share of the user's items that belong to each persona."""
        return self.tastes.persona_shares

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
        tastes = as_one_persona(rows, self.tastes.base_factors)
        return replace(self, items=replace(self.items, settings=settings), tastes=tastes)

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
            Those of `ListSettings`: rarity, dial, frequency, mix, include_seen, allow, deny, pick, weights.

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

    def personas(self, user: str, n_items: int = 10) -> pa.Table:
        """Personas of a user and the items that made them: persona, share, rank, item_id, plays.

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
        index = self.user_ids.index_of(user)
        items, plays = self.seen.user_items(index)
        pairs = slice(self.seen.indptr[index], self.seen.indptr[index + 1])
        personas = self.tastes.personas[pairs].astype(np.int64)
        order = np.lexsort((items, -plays, personas))
        sizes = np.bincount(personas, minlength=int(np.diff(self.persona_indptr[index : index + 2])[0]))
        rank = 1 + np.arange(len(items)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        order, rank = order[rank <= n_items], rank[rank <= n_items]
        shares = self.persona_shares[self.persona_indptr[index] : self.persona_indptr[index + 1]]
        return pa.table(
            {
                "persona": personas[order].astype(np.int8),
                "share": shares[personas[order]],
                "rank": rank.astype(np.int32),
                "item_id": self.item_ids.take(items[order]),
                "plays": plays[order],
            }
        )

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
        index, item_index = self.user_ids.index_of(user), self.item_ids.index_of(item)
        explanation = self._explain(index, item_index)
        items, plays = self.seen.user_items(index)
        order = np.lexsort((items, -explanation.contributions))[:k]
        contributions = explanation.contributions[order]
        pairs = slice(self.seen.indptr[index], self.seen.indptr[index + 1])
        return pa.table(
            {
                "item_id": self.item_ids.take(items[order]),
                "rank": np.arange(1, len(order) + 1, dtype=np.int32),
                "plays": plays[order],
                "persona": self.tastes.personas[pairs][order],
                "contribution": contributions,
                "share": contributions / explanation.score if explanation.score else np.zeros(len(order)),
            }
        )

    def similar_items(self, item: str, k: int = 20) -> pa.Table:
        """The items most like one: item_id, rank, similarity, the cosine of their factors.

        Raises
        ------
        UnknownIdError
            If there is no such item.
        """
        index = self.item_ids.index_of(item)
        lengths = np.linalg.norm(self.item_factors, axis=1)
        similarity = self.item_factors @ self.item_factors[index]
        similarity /= np.maximum(lengths * lengths[index], np.finfo(np.float32).tiny)
        order = np.lexsort((np.arange(len(similarity)), -similarity))
        order = order[(order != index) & (similarity[order] > 0)][:k]
        return pa.table(
            {
                "item_id": self.item_ids.take(order),
                "rank": np.arange(1, len(order) + 1, dtype=np.int32),
                "similarity": similarity[order],
            }
        )

    def fold_in(self, plays: Interactions | Mapping[str, float]) -> PersonaModel:
        """Find the personas of other users, or of the same with other plays, with items fixed.

        Parameters
        ----------
        plays
            Plays of users, or of one: a mapping from item ids to play counts above 0. Items outside the catalogue are
            left out, with a warning.

        Returns
        -------
        A model of those users, with the same items. The user of a mapping has the id "visitor".

        Raises
        ------
        DataError
            If no item is in the catalogue, or a play count is not a number above 0.
        """
        history = _visitor(plays) if isinstance(plays, Mapping) else plays
        seen = replace(history.align_items(self.item_ids), labels=self.seen.labels)
        if seen.n_pairs == 0:
            raise DataError(
                f"None of the {history.n_items:,} items is in the catalogue of {len(self.item_ids):,} items. "
                f"{self.item_ids.unknown_message(history.item_ids.values[0].as_py())}"
            )
        return replace(self, seen=seen, tastes=settle(user_rows(seen, self.settings), self.items), epochs=())

    def save(self, path: StrPath, *, force: bool = False) -> None:
        """Write one safetensors file, whole or not at all; `deepcuts.load` reads it.

        Raises
        ------
        OutputError
            If the file exists and `force` is false, or if it cannot be written.
        """
        from deepcuts.model.persistence import save_model

        save_model(self, path, force=force)

    def _explain(self, user_index: int, item_index: int) -> Explanation:
        tastes, indptr = self.tastes, self.persona_indptr
        rows, pairs = (slice(bound[user_index], bound[user_index + 1]) for bound in (indptr, self.seen.indptr))
        own = Tastes(
            tastes.base_factors[user_index : user_index + 1],
            tastes.persona_factors[rows],
            indptr[user_index : user_index + 2] - indptr[user_index],
            tastes.persona_shares[rows],
            tastes.personas[pairs],
        )
        return explain_score(user_rows(self.seen.user(user_index), self.settings), own, self.items, item_index)

    def __repr__(self) -> str:
        n_rows = len(self.persona_shares)
        return (
            f"PersonaModel({len(self.user_ids):,} users with {n_rows:,} personas, {len(self.item_ids):,} items, "
            f"{self.settings.n_factors} factors)"
        )


def _visitor(plays: Mapping[str, float]) -> Interactions:
    counts = np.array([list(plays.values())], np.float32)
    if counts.size == 0 or not np.all(counts > 0):
        raise DataError("A history is a mapping from item ids to play counts above 0, of at least one item.")
    return Interactions.from_csr(sparse.csr_array(counts), [VISITOR], list(plays))
