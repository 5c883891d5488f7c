"""Lists of many users: block by block, so that memory stays bounded."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
import pyarrow as pa

from deepcuts.errors import SettingsError, UnknownIdError
from deepcuts.ids import Ids
from deepcuts.interactions import Interactions
from deepcuts.kernels import ranking
from deepcuts.kernels.arrays import read_only
from deepcuts.recommendation.rarity import apply_power, apply_shift, item_frequency
from deepcuts.recommendation.settings import ListSettings

logger = logging.getLogger(__name__)

_BLOCK_SCORES = 16_000_000  # float32 scores held at a time: 64 MB
_NAMED_IN_WARNING = 20


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


def recommend(source: ScoreSource, users: str | Sequence[str] | None, settings: ListSettings) -> pa.Table:
    """Ranked lists as one Arrow table: user_id, item_id, rank (1 = best), score, persona.

    Parameters
    ----------
    source
        A model, or anything else that scores items.
    users
        One user id, several, or None for all users.
    settings
        What to list.

    Raises
    ------
    UnknownIdError
        If a single user is unknown, or none of several is known; of several, unknown ones are left out, with a warning.
    SettingsError
        If an item to allow or deny is not in the catalogue.
    """
    return pa.concat_tables(recommend_batches(source, users, settings))


def recommend_batches(
    source: ScoreSource, users: str | Sequence[str] | None, settings: ListSettings
) -> Iterator[pa.Table]:
    """Yield the lists of `recommend` block by block; memory does not grow with the number of users.

    Unknown users and items are found when the first block is asked for.
    """
    user_indexes = known_users(source.user_ids, users)
    allowed = allowed_items(source.item_ids, settings)
    frequency = list_frequency(source, settings)
    for block in blocks_of_users(source, user_indexes):
        yield _to_table(source, block, *_lists_of_block(source, block, allowed, frequency, settings))


def known_users(user_ids: Ids, users: str | Sequence[str] | None) -> np.ndarray:
    """Indexes of the users asked for, unknown ones left out with a warning."""
    if users is None:
        return np.arange(len(user_ids))
    if isinstance(users, str):
        return np.array([user_ids.index_of(users)])
    indexes = user_ids.indexes_of(list(dict.fromkeys(users)))
    unknown = [user for user, index in zip(dict.fromkeys(users), indexes, strict=True) if index < 0]
    if unknown and len(unknown) == len(indexes):
        raise UnknownIdError(f"None of the {len(unknown):,} users is known. {user_ids.unknown_message(unknown[0])}")
    if unknown:
        names = ", ".join(map(repr, unknown[:_NAMED_IN_WARNING])) + (" …" if len(unknown) > _NAMED_IN_WARNING else "")
        logger.warning("%d of %d users are unknown and left out: %s", len(unknown), len(indexes), names)
    return indexes[indexes >= 0]


def allowed_items(item_ids: Ids, settings: ListSettings) -> np.ndarray:
    """Mask of the items that may be listed, bool, (n_items,)."""
    allowed = np.full(len(item_ids), settings.allow is None)
    for name, value in (("allow", True), ("deny", False)):
        wanted = list(getattr(settings, name) or ())
        if not wanted:
            continue
        indexes = item_ids.indexes_of(wanted)
        if np.any(indexes < 0):
            unknown = wanted[int(np.argmin(indexes))]
            raise SettingsError(
                f"Cannot {name} an item that is not in the catalogue. {item_ids.unknown_message(unknown)}"
            )
        allowed[indexes] = value
    return allowed


def list_frequency(source: ScoreSource, settings: ListSettings) -> np.ndarray:
    """Frequency of every item in (0, 1], by listeners or by plays."""
    if settings.frequency == "plays":
        return item_frequency(source.item_plays, float(source.item_plays.sum()))
    return item_frequency(source.item_listeners, source.n_listeners)


def blocks_of_users(source: ScoreSource, user_indexes: np.ndarray) -> Iterator[np.ndarray]:
    """Cut users into blocks whose scores fit into the memory meant for them."""
    n_rows = source.persona_indptr[user_indexes + 1] - source.persona_indptr[user_indexes]
    rows_at_a_time = max(1, _BLOCK_SCORES // max(1, len(source.item_ids)))
    block_of_user = np.cumsum(n_rows) // rows_at_a_time
    return iter(np.split(user_indexes, np.flatnonzero(np.diff(block_of_user)) + 1))


def _lists_of_block(
    source: ScoreSource, users: np.ndarray, allowed: np.ndarray, frequency: np.ndarray, settings: ListSettings
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Items, scores and personas of the lists of one block, each (n_users, k); -1 marks empty places."""
    indptr, rows, persona = rows_of_users(source.persona_indptr, users)
    weights = np.array([settings.persona_weight(p) for p in range(128)], np.float32)[persona]
    rarities = np.array([settings.persona_rarity(p) for p in range(128)])[persona]
    scores = source.scores(rows)
    spreads = np.zeros(len(rows), np.float32)
    if settings.dial == "shift" and np.any(rarities):
        ranking.spread_of_rows(scores, spreads)
    ranking.forbid(scores, *map(read_only, (indptr, *_seen_items(source, users, settings), allowed)))
    if settings.dial == "power":
        apply_power(scores, rarities, frequency)
    shape = (len(users), min(settings.k, len(allowed)))
    lists = np.empty(shape, np.int32), np.empty(shape, np.float32), np.empty(shape, np.int8)
    if settings.mix == "share":
        apply_shift(scores, rarities, spreads, frequency)
        turns = weights * source.persona_shares[rows]
        ranking.lists_by_share(scores, read_only(indptr), read_only(turns), *lists)
    else:
        scores[weights == 0] = -np.inf
        scores *= np.where(weights == 0, np.float32(1), weights)[:, None]
        widest = np.maximum.reduceat(spreads * weights, indptr[:-1])
        apply_shift(scores, rarities, np.repeat(widest, np.diff(indptr)), frequency)
        ranking.lists_by_max(scores, read_only(indptr), *lists)
    return lists


def rows_of_users(persona_indptr: np.ndarray, users: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of some users: where each user's begin among them, which rows they are, and their persona numbers."""
    n_rows = persona_indptr[users + 1] - persona_indptr[users]
    indptr = np.concatenate([[0], np.cumsum(n_rows)])
    persona = np.arange(indptr[-1]) - np.repeat(indptr[:-1], n_rows)
    return indptr, np.repeat(persona_indptr[users], n_rows) + persona, persona


def _seen_items(source: ScoreSource, users: np.ndarray, settings: ListSettings) -> tuple[np.ndarray, np.ndarray]:
    if settings.include_seen:
        return np.zeros(len(users) + 1, np.int64), np.empty(0, np.int32)
    indptr, pairs, _ = rows_of_users(source.seen.indptr, users)
    return indptr, source.seen.indices[pairs]


def _to_table(
    source: ScoreSource, users: np.ndarray, items: np.ndarray, scores: np.ndarray, personas: np.ndarray
) -> pa.Table:
    place = np.nonzero(items >= 0)
    return pa.table(
        {
            "user_id": source.user_ids.take(users[place[0]]),
            "item_id": source.item_ids.take(items[place]),
            "rank": pa.array((place[1] + 1).astype(np.int32)),
            "score": pa.array(scores[place]),
            "persona": pa.array(personas[place]),
        }
    )
