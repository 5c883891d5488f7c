"""What lists are made from: rows of scores, or the factors that scores are products of."""

from __future__ import annotations

from typing import NamedTuple, Protocol, TypeGuard

import numpy as np

from deepcuts.array_types import (
    DoubleVector,
    FloatMatrix,
    FloatVector,
    IndexVector,
    Indices,
    Indptr,
    NumberMatrix,
    NumberVector,
)
from deepcuts.data.csr import entries_of_rows
from deepcuts.data.ids import Ids
from deepcuts.data.interactions import Interactions
from deepcuts.recommendation.settings import ListSettings


class Lists(NamedTuple):
    """Lists of a block of users, one per row.

    Parameters
    ----------
    items
        int32, (n_users, k): item indexes by rank; −1 behind the end of a short list.
    scores
        float32, (n_users, k).
    personas
        int8, (n_users, k): number of the persona that an item is listed for.
    """

    items: NumberMatrix
    scores: FloatMatrix
    personas: NumberMatrix


class ScoreSource(Protocol):
    """What lists are made from: every user owns consecutive rows of scores, one per persona, and at least one.

    Attributes
    ----------
    user_ids, item_ids
        Ids of the users, and of the items that columns of scores stand for.
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
    def persona_indptr(self) -> Indptr: ...  # noqa: D102
    @property
    def persona_shares(self) -> FloatVector: ...  # noqa: D102
    @property
    def seen(self) -> Interactions: ...  # noqa: D102
    @property
    def item_listeners(self) -> NumberVector: ...  # noqa: D102
    @property
    def item_plays(self) -> NumberVector: ...  # noqa: D102
    @property
    def n_listeners(self) -> int: ...  # noqa: D102

    def scores(self, rows: IndexVector) -> FloatMatrix:
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
    def persona_factors(self) -> FloatMatrix: ...  # noqa: D102
    @property
    def item_factors(self) -> FloatMatrix: ...  # noqa: D102


def has_factors(source: ScoreSource) -> TypeGuard[FactorSource]:
    """Whether the scores of a source are products of factors that it shows."""
    return hasattr(source, "persona_factors") and hasattr(source, "item_factors")


class PersonaRows(NamedTuple):
    """The personas of some users, user by user.

    Parameters
    ----------
    indptr
        int64, (n_users + 1,): where each user's personas begin among these.
    rows
        int64, (n_rows,): which rows of the source they are.
    numbers
        int64, (n_rows,): their numbers within the user, from 0.
    """

    indptr: Indptr
    rows: IndexVector
    numbers: IndexVector


def personas_of_users(persona_indptr: Indptr, users: IndexVector) -> PersonaRows:
    """Find the personas of some users, in the order of these."""
    indptr, rows = entries_of_rows(persona_indptr, users)
    return PersonaRows(indptr, rows, rows - np.repeat(persona_indptr[users], np.diff(indptr)))


def seen_items(source: ScoreSource, users: IndexVector, settings: ListSettings) -> tuple[Indptr, Indices]:
    """Items to leave out of the lists of some users: where each user's begin, and which they are."""
    left_out = source.seen.dislikes if settings.include_seen else source.seen.known_pairs  # dislikes are never listed
    if left_out is None:
        return np.zeros(len(users) + 1, np.int64), np.empty(0, np.int32)
    indptr, pairs = entries_of_rows(left_out.indptr, users)
    return indptr, left_out.indices[pairs]


def persona_weights_and_strengths(numbers: IndexVector, settings: ListSettings) -> tuple[FloatVector, DoubleVector]:
    """Weight, float32, and strength of the dial, float64, of personas with these numbers, each (n_rows,)."""
    known = range(int(numbers.max(initial=0)) + 1)  # settings are asked once a number, not once a row
    weights = np.array([settings.persona_weight(number) for number in known], np.float32)
    strengths = np.array([settings.persona_strength(number) for number in known])
    return weights[numbers], strengths[numbers]


def item_counts(source: ScoreSource, settings: ListSettings) -> tuple[NumberVector, float]:
    """How often each item was played, and the total, counted by listeners or by plays as was asked for."""
    if settings.frequency == "plays":
        return source.item_plays, float(source.item_plays.sum())
    return source.item_listeners, source.n_listeners


def empty_lists(n_users: int, k: int) -> Lists:
    """Allocate lists of k items."""
    shape = (n_users, k)
    return Lists(np.empty(shape, np.int32), np.empty(shape, np.float32), np.empty(shape, np.int8))
