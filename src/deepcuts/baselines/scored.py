"""The fitted form that all baselines share: rows of scores, and lists made from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Unpack

import numpy as np
import pyarrow as pa

from deepcuts.array_types import DoubleVector, FloatMatrix, FloatVector, IndexVector, Indptr, NumberVector
from deepcuts.blas_threads import one_blas_thread
from deepcuts.data.ids import Ids
from deepcuts.data.interactions import Interactions
from deepcuts.data.whole_ids import IdsAs
from deepcuts.recommendation import ListOptions, ListSettings, recommend_batches
from deepcuts.recommendation.columns import check_columns, dressed
from deepcuts.recommendation.item_sizes import lengths_of
from deepcuts.recommendation.settings import Mix

Scorer = Callable[[IndexVector], FloatMatrix]


@dataclass(frozen=True, eq=False)
class DotProduct:
    """Scores of rows as dot products of row vectors and item vectors.

    Parameters
    ----------
    row_factors
        float32, (n_rows, n_factors).
    item_factors
        float32, (n_items, n_factors).
    """

    row_factors: FloatMatrix
    item_factors: FloatMatrix

    def __call__(self, rows: IndexVector) -> FloatMatrix:
        """Score all items, float32, (len(rows), n_items); the same bits whatever number of threads BLAS may use."""
        with one_blas_thread():
            return np.asarray(self.row_factors[rows] @ self.item_factors.T)


@dataclass(frozen=True, eq=False)
class UserRows:
    """The rows of scores of each user, and how lists are made from them.

    Parameters
    ----------
    indptr
        int64, (n_users + 1,): the rows of user u are ``indptr[u]:indptr[u + 1]``.
    shares
        float32, (n_rows,): share of the user's items that each row stands for.
    mix
        How lists are made from several rows where the caller does not say: "share" or "max".
    """

    indptr: Indptr
    shares: FloatVector
    mix: Mix = "max"

    @classmethod
    def one_each(cls, n_users: int) -> UserRows:
        """Give every user one row."""
        return cls(np.arange(n_users + 1), np.ones(n_users, np.float32))


@dataclass(frozen=True, eq=False)
class ScoredModel:
    """What a baseline has learned, with the interface of `PersonaModel` as far as lists go.

    Parameters
    ----------
    seen
        The plays it was trained on.
    scorer
        Takes indexes of rows, returns a fresh float32 array of the scores of all items, (len(rows), n_items).
    user_rows
        The rows of every user.
    losses
        Mean loss of the samples of every epoch, for models that learn by samples.
    """

    seen: Interactions
    scorer: Scorer
    user_rows: UserRows
    losses: tuple[float, ...] = ()

    @classmethod
    def of_users(cls, seen: Interactions, scorer: Scorer, losses: tuple[float, ...] = ()) -> ScoredModel:
        """Take a scorer that has one row per user."""
        return cls(seen, scorer, UserRows.one_each(seen.n_users), losses)

    @property
    def user_ids(self) -> Ids:
        """Users of this model."""
        return self.seen.user_ids

    @property
    def item_ids(self) -> Ids:
        """The catalogue."""
        return self.seen.item_ids

    @property
    def persona_indptr(self) -> Indptr:
        """int64, (n_users + 1,): the rows of user u are ``persona_indptr[u]:persona_indptr[u + 1]``."""
        return self.user_rows.indptr

    @property
    def persona_shares(self) -> FloatVector:
        """float32, (n_rows,): share of the user's items that each row stands for."""
        return self.user_rows.shares

    @property
    def item_listeners(self) -> NumberVector:
        """int64, (n_items,): users who played each item."""
        return self.seen.item_listeners

    @property
    def item_plays(self) -> DoubleVector:
        """float64, (n_items,): plays of each item."""
        return self.seen.item_plays

    @property
    def n_listeners(self) -> int:
        """Users it was trained on."""
        return self.seen.n_users

    @property
    def item_sizes(self) -> DoubleVector | None:
        """Length of the item vectors, float64, (n_items,), where scores are dot products; else None."""
        return lengths_of(self.scorer.item_factors) if isinstance(self.scorer, DotProduct) else None

    def scores(self, rows: IndexVector) -> FloatMatrix:
        """Score all items by some rows, float32, (len(rows), n_items)."""
        return self.scorer(rows)

    def recommend(
        self,
        users: str | Iterable[str] | None = None,
        k: int = 20,
        *,
        names: bool = False,
        ids: IdsAs = "text",
        **settings: Unpack[ListOptions],
    ) -> pa.Table:
        """Ranked lists, as `PersonaModel.recommend`; `mix` is the model's own unless given."""
        return pa.concat_tables(self.recommend_batches(users, k, names=names, ids=ids, **settings))

    def recommend_batches(
        self,
        users: str | Iterable[str] | None = None,
        k: int = 20,
        *,
        names: bool = False,
        ids: IdsAs = "text",
        **settings: Unpack[ListOptions],
    ) -> Iterator[pa.Table]:
        """Yield lists in parts, as `PersonaModel.recommend_batches`."""
        check_columns(names, ids)
        whole = ("user_id", "item_id")
        parts = recommend_batches(self, users, self._list_settings(k, settings))
        return (dressed(part, self.seen, names=names, ids=ids, whole=whole) for part in parts)

    def _list_settings(self, k: int, settings: ListOptions) -> ListSettings:
        own: ListOptions = {"mix": self.user_rows.mix}
        return ListSettings(k=k, **(own | settings))  # later keys win: the caller's mix counts

    def __repr__(self) -> str:
        return f"ScoredModel({len(self.user_ids):,} users, {len(self.item_ids):,} items)"
