"""From parts to units: users get their numbers without being sorted all together, by counting those of each length."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain

import numpy as np
import pyarrow as pa

from deepcuts.array_types import CountVector
from deepcuts.data.csr import indptr_of, sums_of_rows
from deepcuts.data.ids import Ids
from deepcuts.data.labels import Labels
from deepcuts.data.selection import select_pairs
from deepcuts.errors import DataError
from deepcuts.ingest.aggregation import refuse_twins
from deepcuts.model.training.rows import length_order
from deepcuts.model.training.user_sums import rows_of_unit
from deepcuts.recommendation.dial_scale import measured_indexes
from deepcuts.shelf.engine import Engine
from deepcuts.shelf.files import FORMAT, MANIFEST, Shelf, numbered
from deepcuts.shelf.parts import STAGING, Parts, n_readers, plays_of_part
from deepcuts.shelf.units import Catalogue, as_rows, from_rows, unit_file, write_plays

_RANGES, _UNITS, _RANKS = f"{STAGING}/ranges", f"{STAGING}/units", f"{STAGING}/ranks.arrow"


def shelve(engine: Engine, parts: Parts, label: Callable[[Ids], Labels | None]) -> dict[str, int]:
    """Number users and items, and write the units, the items and the sizes.

    Units have the users with the shortest histories first, and of one length by their ids: the order of
    `training.fit.start_base`. Users are dealt to ranges of ids, so that the rank of each is known once the users of
    each length are counted in each range.

    Raises
    ------
    DataError
        If there are no plays, or ids of items differ in surrounding blanks only.
    """
    if not len(parts.items):
        raise DataError("There are no plays above 0. Give some, or prune less.")
    shelf, ids = parts.shelf, Ids.of(parts.items["item"], "item")
    refuse_twins(ids)
    catalogue = Catalogue.write(shelf, parts.items, label(ids))
    n_ranges, some = n_readers(parts.n, parts.n_pairs), parts.some_users
    bounds = [some[len(some) * number // n_ranges] for number in range(1, n_ranges)]
    engine.each(parts.n, partial(_deal_to_ranges, catalogue, parts.step, bounds))
    n_users = _write_ranks(shelf, engine.each(n_ranges, partial(_lengths, shelf, parts.n)), len(ids))
    step = rows_of_unit(n_users)
    n_units = -(-n_users // step)
    measured = engine.each(n_ranges, partial(_deal_to_units, shelf, parts.n, step, n_units))
    engine.each(n_units, partial(_write_unit, catalogue, n_ranges))
    sizes = {"n_users": n_users, "n_items": len(ids), "n_pairs": parts.n_pairs}
    shelf.write_json(MANIFEST, {"format": FORMAT, **sizes, "n_units": n_units, "measured": list(chain(*measured))})
    shelf.remove(STAGING)
    return sizes


def _deal_to_ranges(catalogue: Catalogue, step: str, bounds: Sequence[str], number: int) -> None:
    """Deal out users who played something; items without a number drop out, but what was held out has the next."""
    plays = plays_of_part(catalogue.shelf, step, number)
    of_item = catalogue.ids.indexes_of(plays.item_ids.values)
    of_item[of_item < 0] = len(catalogue.ids)
    plays = replace(plays, indices=of_item.astype(np.int32)[plays.indices], item_ids=catalogue.ids)
    plays = select_pairs(plays, (plays.indices < plays.n_items) | (plays.plays == 0))
    has_plays = sums_of_rows((plays.plays > 0).astype(np.int64), plays.indptr) > 0
    range_of_user = np.searchsorted(np.array(bounds, object), np.array(plays.user_ids), side="right")
    rows = as_rows(plays).filter(pa.array(has_plays))
    catalogue.shelf.deal(numbered(_RANGES, number), rows, range_of_user[has_plays], len(bounds) + 1)


def _range(shelf: Shelf, n_parts: int, number: int) -> pa.Table:
    """Users of a range in order of their ids."""
    return shelf.gather(_RANGES, n_parts, number).sort_by("user")


def _lengths(shelf: Shelf, n_parts: int, number: int) -> tuple[CountVector, CountVector]:
    """Return the lengths of the histories in a range, ascending, and how many users have each."""
    lengths, n_users = np.unique(_range(shelf, n_parts, number)["length"].to_numpy(), return_counts=True)
    return lengths, n_users


def _write_ranks(shelf: Shelf, of_ranges: list[tuple[CountVector, CountVector]], n_items: int) -> int:
    """Leave for each range the rank of its first user of each length; return the number of users.

    Beside them lie the indexes there of the users by whom the dial is measured.
    """
    lengths, n_users = (np.concatenate(columns) for columns in zip(*of_ranges, strict=True))
    order, ranks = length_order(lengths), np.empty_like(n_users)
    ranks[order] = np.cumsum(n_users[order]) - n_users[order]
    of_range = np.split(ranks, np.cumsum([len(own) for own, _ in of_ranges])[:-1])
    firsts = indptr_of(np.array([n.sum() for _, n in of_ranges]))  # of ranges, in order of the ids
    measured = measured_indexes(int(firsts[-1]), n_items)
    own = np.split(measured, np.searchsorted(measured, firsts[1:-1]))
    parts = zip(of_range, own, firsts[:-1], strict=True)
    shelf.write(_RANKS, ({"ranks": ranks, "measured": indexes - first} for ranks, indexes, first in parts))
    return int(firsts[-1])


def _deal_to_units(shelf: Shelf, n_parts: int, step: int, n_units: int, number: int) -> list[str]:
    """Deal out the users of a range by their ranks, and return the ids of those by whom the dial is measured."""
    rows, known = _range(shelf, n_parts, number), shelf.read(_RANKS, number)
    lengths = rows["length"].to_numpy()
    order = length_order(lengths)
    _, firsts, n_users = np.unique(lengths[order], return_index=True, return_counts=True)
    ranks = np.arange(len(rows)) + np.repeat(known["ranks"] - firsts, n_users)
    shelf.deal(numbered(_UNITS, number), rows.take(order), ranks // step, n_units)
    measured: list[str] = rows["user"].take(known["measured"]).to_pylist()
    return measured


def _write_unit(catalogue: Catalogue, n_ranges: int, number: int) -> None:
    shelf = catalogue.shelf
    rows = shelf.gather(_UNITS, n_ranges, number)
    rows = rows.take(length_order(rows["length"].to_numpy()))
    write_plays(shelf, unit_file(number), from_rows(rows, catalogue.ids))
