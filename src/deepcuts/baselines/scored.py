"""The fitted form that all baselines share: rows of scores, and lists made from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Unpack, get_args

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike
from scipy import sparse

from deepcuts.array_types import DoubleVector, FloatMatrix, FloatVector, IndexVector, Indptr, NumberVector
from deepcuts.blas_threads import one_blas_thread
from deepcuts.checks import choice, instance, kind_of, naming, shown
from deepcuts.data.any_id import AnyId
from deepcuts.data.ids import Ids
from deepcuts.data.index_checks import checked_indexes
from deepcuts.data.interactions import Interactions
from deepcuts.data.whole_ids import IdsAs
from deepcuts.errors import SettingsError
from deepcuts.recommendation import ListOptions, ListSettings, recommend_batches
from deepcuts.recommendation.columns import check_columns, dressed
from deepcuts.recommendation.item_sizes import lengths_of
from deepcuts.recommendation.settings import Mix
from deepcuts.wording import counted

Scorer = Callable[[IndexVector], FloatMatrix]

_SEEN = "Pass the plays that fit was given."
_SCORER = "It takes indexes of rows and returns a fresh float32 array of finite scores, (len(rows), n_items)."


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

    def check(self, n_rows: int, n_items: int) -> None:
        """Refuse factors that are not of so many rows and items, or do not match.

        Raises
        ------
        SettingsError
            If they are not.
        """
        shapes = np.shape(self.row_factors), np.shape(self.item_factors)
        if shapes != ((n_rows, *shapes[0][1:]), (n_items, *shapes[0][1:])) or len(shapes[0]) != 2:
            raise SettingsError(
                f"The factors are of the shapes {shapes[0]} and {shapes[1]}, for {counted(n_rows, 'row')} of users and "
                f"{counted(n_items, 'item')}. Give a vector of one length to each."
            )

    def __call__(self, rows: IndexVector) -> FloatMatrix:
        """Score all items, float32, (len(rows), n_items); the same bits whatever number of threads BLAS may use."""
        with one_blas_thread():
            return np.asarray(self.row_factors[rows] @ self.item_factors.T)


@dataclass(frozen=True, eq=False)
class ItemWeights:
    """Scores X B of users with the plays X.

    Parameters
    ----------
    users
        X, float32, (n_users, n_items): 1 where there are plays.
    weights
        B, (n_items, n_items), a SciPy matrix or a dense one: column i says how every item speaks for item i.
    """

    users: sparse.csr_array
    weights: Any

    def __call__(self, rows: IndexVector) -> FloatMatrix:
        """Score all items, float32, (len(rows), n_items)."""
        scores = self.users[rows] @ self.weights
        return np.asarray(scores.toarray() if sparse.issparse(scores) else scores, np.float32)


@dataclass(frozen=True, eq=False)
class SameScores:
    """The same scores for everybody.

    Parameters
    ----------
    scores
        float32, (n_items,).
    """

    scores: FloatVector

    def __call__(self, rows: IndexVector) -> FloatMatrix:
        """Score all items, float32, (len(rows), n_items)."""
        return np.repeat(self.scores[None, :], len(rows), axis=0)


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

    def check(self, n_users: int) -> None:
        """Refuse rows that are not of so many users, one at least for each.

        Raises
        ------
        SettingsError
            If they are not, or a share is missing.
        """
        indptr, shares = (
            instance("Rows of users", each, np.ndarray, "Give arrays.") for each in (self.indptr, self.shares)
        )
        n_shares = len(shares)
        if indptr.shape != (n_users + 1,) or indptr[0] or np.any(np.diff(indptr) < 1) or indptr[-1] != n_shares:
            raise SettingsError(
                f"The rows of users are an indptr of the shape {indptr.shape} and {counted(n_shares, 'share')}, for "
                f"{counted(n_users, 'user')}. Give each user at least one row, and each row a share."
            )
        choice("mix", self.mix, get_args(Mix))


@dataclass(frozen=True, eq=False)
class ScoredModel:
    """What a baseline has learned, with the interface of `PersonaModel` as far as lists go.

    Parameters
    ----------
    seen
        The plays it was trained on.
    scorer
        Takes indexes of rows, returns a fresh float32 array of the scores of all items, (len(rows), n_items). An item
        whose score is exactly 0 is not listed.
    user_rows
        The rows of every user.
    losses
        Mean loss of the samples of every epoch, for models that learn by samples.
    """

    seen: Interactions
    scorer: Scorer
    user_rows: UserRows
    losses: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        instance("seen", self.seen, Interactions, _SEEN)
        if not callable(self.scorer):
            raise SettingsError(f"scorer is {shown(self.scorer)}. {_SCORER}")
        self.user_rows.check(self.seen.n_users)
        if isinstance(self.scorer, DotProduct):
            self.scorer.check(int(self.user_rows.indptr[-1]), self.seen.n_items)

    @classmethod
    def of_users(cls, seen: Interactions, scorer: Scorer, losses: tuple[float, ...] = ()) -> ScoredModel:
        """Take a scorer that has one row per user."""
        instance("seen", seen, Interactions, _SEEN)
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

    def scores(self, rows: ArrayLike) -> FloatMatrix:
        """Score all items by some rows, float32, (len(rows), n_items).

        Raises
        ------
        SettingsError
            If one of `rows` is none of the model's, or the scorer raises anything, or returns what is no array of so
            many finite numbers.
        """
        rows = checked_indexes("rows", rows, len(self.persona_shares))
        with naming("The scorer", self.scorer, _SCORER):
            scores = self.scorer(rows)
        shape = (len(rows), len(self.item_ids))
        if not isinstance(scores, np.ndarray) or scores.shape != shape or scores.dtype.kind not in "biuf":
            is_array = isinstance(scores, np.ndarray)
            came = f"an array of the shape {scores.shape} and type {scores.dtype}" if is_array else kind_of(scores)
            raise SettingsError(f"The scorer returned {came}, where the shape is {shape}. {_SCORER}")
        if not np.isfinite(scores.sum(dtype=np.float64)):
            raise SettingsError(f"The scorer returned numbers that are not finite. {_SCORER}")
        return np.require(
            scores, np.float32, ["C", "W", "O"]
        )  # written into; a view would lead into what is a caller's

    def recommend(
        self,
        users: AnyId | Iterable[AnyId] | None = None,
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
        users: AnyId | Iterable[AnyId] | None = None,
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
        return f"ScoredModel({counted(len(self.user_ids), 'user')}, {counted(len(self.item_ids), 'item')})"
