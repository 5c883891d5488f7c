"""Parts of the plays, each with all those of its users: added up and pruned, on their way to units."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import chain

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from deepcuts.data.ids import Ids
from deepcuts.data.interactions import Interactions
from deepcuts.data.merge import summed_pairs
from deepcuts.data.named_draws import numbers_of_names
from deepcuts.data.selection import select_pairs
from deepcuts.errors import DataError
from deepcuts.ingest.aggregation import refuse_twins
from deepcuts.shelf.engine import Engine
from deepcuts.shelf.files import Shelf, numbered
from deepcuts.shelf.units import read_plays, write_plays

STAGING = "staging"  # the folder of all that is on its way

_MOST_READERS = 64  # of a file whose rows are dealt out
_PAIRS_OF_READER = 4_000_000  # each opens all files, and on a store of objects that is some requests
_SOME_USERS = 64  # of a part: they tell how ids are spread


@dataclass(frozen=True)
class Parts:
    """Plays in files, one for each part; counts below 0 are dislikes, and those of 0 are held out.

    Parameters
    ----------
    shelf, step, n
        Where the files lie, and how many there are.
    items
        Columns item, ascending, listeners and plays, of those that are played.
    some_users
        Ids of some users of every part, ascending.
    """

    shelf: Shelf
    step: str
    n: int
    items: pa.Table
    some_users: list[str]

    @classmethod
    def made(
        cls, engine: Engine, shelf: Shelf, step: str, n: int, n_pairs: int, make: Callable[[int], Interactions]
    ) -> Parts:
        """Write what a task makes of each number from 0 to n − 1, which is about so many pairs in all."""
        n_pieces = n_readers(n, n_pairs)
        users = engine.each(n, partial(_write_part, shelf, step, n_pieces, make))
        items = engine.each(n_pieces, partial(_added_items, shelf, step, n))
        return cls(shelf, step, n, pa.concat_tables(items).sort_by("item"), sorted(chain(*users)))

    @property
    def n_pairs(self) -> int:
        """Pairs that have plays."""
        return int(self.items["listeners"].to_numpy().sum())


def n_readers(n: int, n_pairs: int) -> int:
    """To how many readers the rows of so many parts, of so many pairs in all, are dealt."""
    return max(1, min(n, _MOST_READERS, -(-n_pairs // _PAIRS_OF_READER)))


def plays_of_part(shelf: Shelf, step: str, number: int) -> Interactions:
    """Plays of a part, with the items that it has."""
    return read_plays(shelf, numbered(f"{STAGING}/{step}", number))


def _write_part(shelf: Shelf, step: str, n_pieces: int, make: Callable[[int], Interactions], number: int) -> list[str]:
    """Write plays, and their items dealt out by names, and return some users."""
    plays = make(number)
    write_plays(shelf, numbered(f"{STAGING}/{step}", number), plays, item_ids=plays.item_ids.values)
    played, ids = select_pairs(plays, plays.plays > 0), plays.item_ids.values
    items = pa.table({"item": ids, "listeners": played.item_listeners, "plays": played.item_plays})
    piece_of_item = (numbers_of_names(ids, 0) % np.uint64(n_pieces)).astype(np.int64)
    shelf.deal(numbered(f"{STAGING}/{step}-items", number), items, piece_of_item, n_pieces)
    some = np.linspace(0, plays.n_users - 1, min(plays.n_users, _SOME_USERS)).astype(np.int64)
    return plays.user_ids[some]


def _added_items(shelf: Shelf, step: str, n: int, piece: int) -> pa.Table:
    """Listeners and plays of some of the items, over all parts in order: sums of doubles depend on it."""
    rows = shelf.gather(f"{STAGING}/{step}-items", n, piece)
    sums = rows.group_by("item", use_threads=False).aggregate([("listeners", "sum"), ("plays", "sum")])
    return sums.rename_columns(rows.column_names).filter(pc.field("listeners") > 0)


def added_up(rows: pa.Table) -> Interactions:
    """Add up the plays of each pair from the least, so that the order of rows does not matter; sums of 0 drop out.

    Raises
    ------
    DataError
        If ids of users differ in surrounding blanks only.
    """
    users, items = Ids.distinct(rows["user"], "user"), Ids.distinct(rows["item"], "item")
    refuse_twins(users)
    pairs = users.indexes_of(rows["user"]) * len(items) + items.indexes_of(rows["item"])
    found = summed_pairs(pairs, rows["plays"].to_numpy(), users, items)
    return select_pairs(found, found.plays != 0)


def pruned(engine: Engine, parts: Parts, min_users: int, min_items: int) -> Parts:
    """Drop items of too few users and users of too few items, until nothing more drops out.

    Raises
    ------
    DataError
        If nothing is left.
    """
    n_before, step = -1, 0
    while parts.n_pairs != n_before:
        n_before, step = parts.n_pairs, step + 1
        kept = f"{STAGING}/kept-{step}.arrow"
        enough = parts.items.filter(pc.field("listeners") >= min_users)["item"].combine_chunks()
        parts.shelf.write(kept, [{"ids": enough}])
        prune = partial(_pruned, parts.shelf, parts.step, kept, min_items)
        parts = Parts.made(engine, parts.shelf, f"pruned-{step}", parts.n, n_before, prune)
    if not n_before:
        raise DataError(f"Nothing is left with min_users={min_users:,} and min_items={min_items:,}. Ask for fewer.")
    return parts


def _pruned(shelf: Shelf, step: str, kept: str, min_items: int, number: int) -> Interactions:
    plays = plays_of_part(shelf, step, number)
    users, is_kept = plays.user_of_pair(), pc.is_in(plays.item_ids.values, shelf.read(kept)["ids"])
    mask = np.asarray(is_kept)[plays.indices]
    n_played = np.bincount(users[mask & (plays.plays > 0)], minlength=plays.n_users)
    return select_pairs(plays, mask & (n_played[users] >= min_items))
