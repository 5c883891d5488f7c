"""Lists of many users: block by block, so that memory stays bounded."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

import numba
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from deepcuts.array_types import AnyArray, BoolVector, IndexVector
from deepcuts.checks import instance, shown
from deepcuts.data.any_id import AnyId
from deepcuts.data.arrow_columns import as_arrow
from deepcuts.data.id_text import is_one_id, to_text
from deepcuts.data.ids import Ids
from deepcuts.data.named_items import NamedItems
from deepcuts.errors import SettingsError, UnknownIdError
from deepcuts.recommendation.dial_scale import in_strengths
from deepcuts.recommendation.factored import lists_from_factors
from deepcuts.recommendation.guesses import warn_of_guesses
from deepcuts.recommendation.item_index import ItemIndex, tiled_items_of
from deepcuts.recommendation.named_personas import warn_of_missing_personas
from deepcuts.recommendation.popular_lists import list_popular
from deepcuts.recommendation.scored import lists_from_scores
from deepcuts.recommendation.settings import ListSettings
from deepcuts.recommendation.source import FactorSource, Lists, ScoreSource, has_factors
from deepcuts.wording import counted

logger = logging.getLogger(__name__)

_BLOCK_SCORES = 16_000_000  # float32 scores of a block: 64 MB
_BLOCK_ENTRIES = 200_000  # listed items of a block, where scores of all items are not needed
_NAMED_IN_WARNING = 20


def recommend(
    source: ScoreSource, users: AnyId | Iterable[AnyId] | None, settings: ListSettings, *, warns: bool = True
) -> pa.Table:
    """Ranked lists as one Arrow table: user_id, item_id, rank (1 = best), score, persona.

    Parameters
    ----------
    source
        A model, or anything else that scores items.
    users
        One user id, several, or None for all users.
    settings
        What to list.
    warns
        Whether a warning tells of lists that are guesses.

    Raises
    ------
    UnknownIdError
        If a single user is unknown, or none of several is known; of several, unknown ones are left out, with a warning.
    SettingsError
        If an item to allow or deny is not in the catalogue.
    """
    return pa.concat_tables(recommend_batches(source, users, settings, warns=warns))


def recommend_batches(
    source: ScoreSource, users: AnyId | Iterable[AnyId] | None, settings: ListSettings, *, warns: bool = True
) -> Iterator[pa.Table]:
    """Yield the lists of `recommend` block by block; memory does not grow with the number of users.

    Unknown users and items are found when the first block is asked for.
    """
    instance("settings", settings, ListSettings, "Pass ListSettings(...).")
    if not hasattr(source, "user_ids"):
        raise SettingsError(f"source is {shown(source)}. Pass a model that was fitted, or what else is a ScoreSource.")
    user_indexes = known_users(source.user_ids, users)
    items = NamedItems(source.item_ids, source.seen.labels, source.item_listeners)
    allowed = allowed_items(items, settings)
    if warns:
        warn_of_missing_personas(source, user_indexes, settings)
    settings = in_strengths(source, settings)
    tiled_items = tiled_items_of(source.item_factors) if has_factors(source) else None
    if warns and has_factors(source):
        warn_of_guesses(source, user_indexes)
    if has_factors(source) and tiled_items is not None:
        make = partial(_table_from_factors, source, tiled_items, allowed, settings)
        n_users = max(1, _BLOCK_ENTRIES // min(settings.k, len(allowed)))
        yield from in_threads(make, np.split(user_indexes, range(n_users, len(user_indexes), n_users)))
    else:
        for block in blocks_of_users(source, user_indexes):
            lists = lists_from_scores(source, block, allowed, settings)
            if has_factors(source):
                list_popular(source, block, allowed, settings, lists)
            yield _to_table(source, block, lists)


def in_threads(make: Callable[[IndexVector], pa.Table], blocks: Sequence[IndexVector]) -> Iterator[pa.Table]:
    """Yield what is made of each block, in order, by as many threads as numba may use; one block by this thread."""
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
            for future in started:  # whoever stops taking tables stops the work on those not begun
                future.cancel()


def known_users(user_ids: Ids, users: Any) -> IndexVector:
    """Indexes of the users asked for, each once, unknown ones left out with a warning.

    Parameters
    ----------
    user_ids
        All users.
    users
        One id, anything that ids can be taken from once, or None for all users.
    """
    if users is None:
        return np.arange(len(user_ids))
    if is_one_id(users):
        return np.array([user_ids.index_of(users)])
    wanted = pc.unique(to_text(users, "user"))
    indexes = user_ids.indexes_of(wanted)
    unknown = wanted.filter(pa.array(indexes < 0))
    if len(unknown) and len(unknown) == len(indexes):
        advice = user_ids.unknown_message(unknown[0].as_py())
        raise UnknownIdError(
            advice if len(unknown) == 1 else f"None of the {counted(len(unknown), 'user')} is known. {advice}"
        )
    if len(unknown):
        names = ", ".join(map(shown, unknown[:_NAMED_IN_WARNING].to_pylist()))
        names += " …" if len(unknown) > _NAMED_IN_WARNING else ""
        n_unknown = counted(len(unknown), "is", "are")
        logger.warning("Of %s, %s unknown and left out: %s", counted(len(indexes), "user"), n_unknown, names)
    return indexes[indexes >= 0]


def allowed_items(items: NamedItems | Ids, settings: ListSettings) -> BoolVector:
    """Mask of the items that may be listed, bool, (n_items,)."""
    allowed = np.full(len(items), settings.allow is None)
    for name, value in (("allow", True), ("deny", False)):  # in this order: what is denied as well as allowed is denied
        wanted = getattr(settings, name)
        if not wanted:
            continue
        indexes = items.indexes_of(wanted)
        if np.any(indexes < 0):
            unknown = wanted[int(np.argmin(indexes))]
            raise SettingsError(f"Cannot {name} an item that is not in the catalogue. {items.unknown_message(unknown)}")
        allowed[indexes] = value
    return allowed


def blocks_of_users(source: ScoreSource, user_indexes: IndexVector) -> Iterator[IndexVector]:
    """Cut users into blocks whose scores fit into the memory meant for them."""
    n_rows = source.persona_indptr[user_indexes + 1] - source.persona_indptr[user_indexes]
    rows_at_a_time = max(1, _BLOCK_SCORES // max(1, len(source.item_ids)))
    block_of_user = np.cumsum(n_rows) // rows_at_a_time  # a user is never cut, so a block may be somewhat larger
    return iter(np.split(user_indexes, np.flatnonzero(np.diff(block_of_user)) + 1))


def _table_from_factors(
    source: FactorSource, tiled_items: ItemIndex, allowed: BoolVector, settings: ListSettings, users: IndexVector
) -> pa.Table:
    lists = lists_from_factors(source, tiled_items, users, allowed, settings)
    list_popular(source, users, allowed, settings, lists)
    return _to_table(source, users, lists)


def _to_table(source: ScoreSource, users: IndexVector, lists: Lists) -> pa.Table:
    n_users, k = lists.items.shape
    rank = np.tile(np.arange(1, k + 1, dtype=np.int32), n_users)
    columns: list[AnyArray] = [
        np.repeat(users, k),
        lists.items.ravel(),
        rank,
        lists.scores.ravel(),
        lists.personas.ravel(),
    ]
    is_listed = columns[1] >= 0  # −1 behind the end of short lists
    if not np.all(is_listed):
        columns = [column[is_listed] for column in columns]
    user, item = columns[:2]
    rank, score, persona = map(as_arrow, columns[2:])
    return pa.table(
        {
            "user_id": source.user_ids.take_chunks(user),
            "item_id": source.item_ids.take_chunks(item),
            "rank": rank,
            "score": score,
            "persona": persona,
        }
    )
