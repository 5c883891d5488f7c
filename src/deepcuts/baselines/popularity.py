"""The same list for everyone: what most people have played."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from deepcuts.ids import Ids
from deepcuts.interactions import Interactions
from deepcuts.recommendation import ListSettings, recommend, recommend_batches


@dataclass(frozen=True)
class Popularity:
    """Score of an item: the number of its listeners."""

    def fit(self, plays: Interactions) -> PopularityModel:
        """Count listeners."""
        return PopularityModel(plays)


@dataclass(frozen=True, eq=False)
class PopularityModel:
    """Listeners of every item, with the interface of `PersonaModel` as far as lists go.

    Parameters
    ----------
    seen
        The plays that were counted.
    """

    seen: Interactions

    @property
    def user_ids(self) -> Ids:
        """Users of this model."""
        return self.seen.user_ids

    @property
    def item_ids(self) -> Ids:
        """The catalogue."""
        return self.seen.item_ids

    @property
    def persona_indptr(self) -> np.ndarray:
        """Every user is one row, int64, (n_users + 1,)."""
        return np.arange(self.seen.n_users + 1)

    @property
    def persona_shares(self) -> np.ndarray:
        """All of the listening, float32, (n_users,)."""
        return np.ones(self.seen.n_users, np.float32)

    @property
    def item_listeners(self) -> np.ndarray:
        """int64, (n_items,): users who played each item."""
        return self.seen.item_listeners

    @property
    def item_plays(self) -> np.ndarray:
        """float64, (n_items,): plays of each item."""
        return self.seen.item_plays

    @property
    def n_listeners(self) -> int:
        """Users that were counted."""
        return self.seen.n_users

    def scores(self, rows: np.ndarray) -> np.ndarray:
        """Score all items alike for everyone, float32, (len(rows), n_items)."""
        return np.repeat(self.item_listeners[None, :].astype(np.float32), len(rows), axis=0)

    def recommend(self, users: str | Sequence[str] | None = None, k: int = 20, **settings: Any) -> pa.Table:
        """Ranked lists, as `PersonaModel.recommend`."""
        return recommend(self, users, ListSettings(k=k, **settings))

    def recommend_batches(self, users: Sequence[str] | None = None, k: int = 20, **settings: Any) -> Iterator[pa.Table]:
        """Yield lists in parts, as `PersonaModel.recommend_batches`."""
        return recommend_batches(self, users, ListSettings(k=k, **settings))
