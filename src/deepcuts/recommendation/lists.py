"""Lists of many users: block by block, so that memory stays bounded."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import numba
import numpy as np
import pyarrow as pa

from deepcuts.data.ids import Ids
from deepcuts.errors import SettingsError, UnknownIdError
from deepcuts.recommendation.factored import lists_from_factors
from deepcuts.recommendation.item_index import ItemIndex, catalogue_of
from deepcuts.recommendation.scored import lists_from_scores
from deepcuts.recommendation.settings import ListSettings
from deepcuts.recommendation.source import FactorSource, ScoreSource, has_factors

logger = logging.getLogger(__name__)

_BLOCK_SCORES = 16_000_000  # float32 scores held at a time: 64 MB
_BLOCK_ENTRIES = 200_000  # places in the lists of a block where scores need not be held
_NAMED_IN_WARNING = 20


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
    catalogue = catalogue_of(source.item_factors) if has_factors(source) else None
    if has_factors(source) and catalogue is not None:
        make = partial(_table_from_factors, source, catalogue, allowed, settings)
        n_users = max(1, _BLOCK_ENTRIES // min(settings.k, len(allowed)))
        yield from in_threads(make, np.split(user_indexes, range(n_users, len(user_indexes), n_users)))
    else:
        for block in blocks_of_users(source, user_indexes):
            yield _to_table(source, block, *lists_from_scores(source, block, allowed, settings))


def in_threads(make: Callable[[np.ndarray], pa.Table], blocks: Sequence[np.ndarray]) -> Iterator[pa.Table]:
    """Yield what is made of each block, in order, made in as many threads as numba may use; a single one in this."""
    n_threads = min(numba.get_num_threads(), len(blocks))
    if n_threads == 1:
        yield from map(make, blocks)
        return
    started: deque[Future[pa.Table]] = deque()
    with ThreadPoolExecutor(n_threads) as pool:
        try:
            for block in blocks:
                started.append(pool.submit(make, block))
                if len(started) > n_threads:  # one more than threads, so that none waits for whoever takes the tables
                    yield started.popleft().result()
            while started:
                yield started.popleft().result()
        finally:
            for future in started:
                future.cancel()


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


def blocks_of_users(source: ScoreSource, user_indexes: np.ndarray) -> Iterator[np.ndarray]:
    """Cut users into blocks whose scores fit into the memory meant for them."""
    n_rows = source.persona_indptr[user_indexes + 1] - source.persona_indptr[user_indexes]
    rows_at_a_time = max(1, _BLOCK_SCORES // max(1, len(source.item_ids)))
    block_of_user = np.cumsum(n_rows) // rows_at_a_time
    return iter(np.split(user_indexes, np.flatnonzero(np.diff(block_of_user)) + 1))


def _table_from_factors(
    source: FactorSource, catalogue: ItemIndex, allowed: np.ndarray, settings: ListSettings, users: np.ndarray
) -> pa.Table:
    return _to_table(source, users, *lists_from_factors(source, catalogue, users, allowed, settings))


def _to_table(
    source: ScoreSource, users: np.ndarray, items: np.ndarray, scores: np.ndarray, personas: np.ndarray
) -> pa.Table:
    n_users, k = items.shape
    rank = np.tile(np.arange(1, k + 1, dtype=np.int32), n_users)
    user, items, scores, personas = np.repeat(users, k), items.ravel(), scores.ravel(), personas.ravel()
    filled = items >= 0
    if not np.all(filled):
        rank, user, items, scores, personas = (part[filled] for part in (rank, user, items, scores, personas))
    return pa.table(
        {
            "user_id": source.user_ids.values.take(as_arrow(user)),
            "item_id": source.item_ids.values.take(as_arrow(items)),
            "rank": as_arrow(rank),
            "score": as_arrow(scores),
            "persona": as_arrow(personas),
        }
    )


def as_arrow(values: np.ndarray) -> pa.Array:
    """View contiguous numbers as an Arrow array; `pyarrow.array` would import pandas before, which takes long."""
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), [None, pa.py_buffer(values)])
