"""What lists are made from: rows of scores, or the factors that scores are products of."""

from __future__ import annotations

from typing import Protocol, TypeGuard

import numpy as np

from deepcuts.data.ids import Ids
from deepcuts.data.interactions import Interactions
from deepcuts.recommendation.settings import ListSettings

Lists = tuple[np.ndarray, np.ndarray, np.ndarray]


class ScoreSource(Protocol):
    """What lists are made from: every user owns consecutive rows of scores, one per persona, and at least one.

    Attributes
    ----------
    user_ids, item_ids
        Whom and what the rows and columns of scores stand for.
    persona_indptr
        int64, (n_users + 1,): the rows of user u are ``persona_indptr[u]:persona_indptr[u + 1]``.
    persona_shares
        float32, (n_rows,): share of the user's listening.
    seen
        What the users have played; its items are those of `item_ids`.
    item_listeners, item_plays
        (n_items,): popularity among the `n_listeners` users that were trained on.
    """

    @property
    def user_ids(self) -> Ids: ...  # noqa: D102
    @property
    def item_ids(self) -> Ids: ...  # noqa: D102
    @property
    def persona_indptr(self) -> np.ndarray: ...  # noqa: D102
    @property
    def persona_shares(self) -> np.ndarray: ...  # noqa: D102
    @property
    def seen(self) -> Interactions: ...  # noqa: D102
    @property
    def item_listeners(self) -> np.ndarray: ...  # noqa: D102
    @property
    def item_plays(self) -> np.ndarray: ...  # noqa: D102
    @property
    def n_listeners(self) -> int: ...  # noqa: D102

    def scores(self, rows: np.ndarray) -> np.ndarray:
        """Return a fresh float32 array of the scores of all items, (len(rows), n_items)."""


class FactorSource(ScoreSource, Protocol):
    """A source whose scores are products of factors: the best items are then found without scoring all of them.

    `scores` must return ``persona_factors[rows] @ item_factors.T``, up to rounding.

    Attributes
    ----------
    persona_factors
        float32, (n_rows, n_factors).
    item_factors
        float32, (n_items, n_factors): the same array at every call, never changed, as what is made of it is kept.
    """

    @property
    def persona_factors(self) -> np.ndarray: ...  # noqa: D102
    @property
    def item_factors(self) -> np.ndarray: ...  # noqa: D102


def has_factors(source: ScoreSource) -> TypeGuard[FactorSource]:
    """Whether the scores of a source are products of factors that it shows."""
    return hasattr(source, "persona_factors") and hasattr(source, "item_factors")


def leaning_factors(source: FactorSource, users: np.ndarray, rows: np.ndarray, lean: float) -> np.ndarray:
    """Factors of the rows of some users, moved a part of the way to their user's base vector; float32.

    (1 − lean) U_up + lean B_u, where the source has base vectors B.
    """
    factors: np.ndarray = source.persona_factors[rows].astype(np.float32, copy=False)
    base = getattr(source, "base_factors", None)
    if lean == 0 or base is None:
        return factors
    n_rows = source.persona_indptr[users + 1] - source.persona_indptr[users]
    leaning: np.ndarray = factors + np.float32(lean) * (np.repeat(base[users], n_rows, axis=0) - factors)
    return leaning


def scores_of(source: ScoreSource, users: np.ndarray, rows: np.ndarray, lean: float) -> np.ndarray:
    """Score all items by the rows of some users, float32, (len(rows), n_items)."""
    if lean == 0 or not has_factors(source):
        return source.scores(rows)
    return np.asarray(leaning_factors(source, users, rows, lean) @ source.item_factors.T)


def rows_of_users(persona_indptr: np.ndarray, users: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of some users: where each user's begin among them, which rows they are, and their persona numbers."""
    n_rows = persona_indptr[users + 1] - persona_indptr[users]
    indptr = np.concatenate([[0], np.cumsum(n_rows)])
    persona = np.arange(indptr[-1]) - np.repeat(indptr[:-1], n_rows)
    return indptr, np.repeat(persona_indptr[users], n_rows) + persona, persona


def seen_items(source: ScoreSource, users: np.ndarray, settings: ListSettings) -> tuple[np.ndarray, np.ndarray]:
    """Items to leave out of the lists of some users: where each user's begin, and which they are."""
    left_out = source.seen.dislikes if settings.include_seen else source.seen.known_pairs
    if left_out is None:
        return np.zeros(len(users) + 1, np.int64), np.empty(0, np.int32)
    indptr, pairs, _ = rows_of_users(left_out.indptr, users)
    return indptr, left_out.indices[pairs]


def wishes(persona: np.ndarray, settings: ListSettings) -> tuple[np.ndarray, np.ndarray]:
    """Weight, float32, and rarity, float64, of rows with these persona numbers."""
    numbers = range(int(persona.max(initial=0)) + 1)
    weights = np.array([settings.persona_weight(p) for p in numbers], np.float32)
    rarities = np.array([settings.persona_rarity(p) for p in numbers])
    return weights[persona], rarities[persona]


def popularity(source: ScoreSource, settings: ListSettings) -> tuple[np.ndarray, float]:
    """How often each item was played, and all of them together, in the way of counting that was asked for."""
    if settings.frequency == "plays":
        return source.item_plays, float(source.item_plays.sum())
    return source.item_listeners, source.n_listeners


def empty_lists(n_users: int, k: int) -> Lists:
    """Space for lists: items, scores and personas, int32, float32 and int8, (n_users, k)."""
    shape = (n_users, k)
    return np.empty(shape, np.int32), np.empty(shape, np.float32), np.empty(shape, np.int8)
