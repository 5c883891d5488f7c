"""Parts of the plays, each with all those of its users: dealt out by users, added up and pruned, on their way to units.

What one task leaves for those that come after it lies in files of the shelf.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from deepcuts.array_types import IndexVector
from deepcuts.data.csr import indptr_of
from deepcuts.data.ids import Ids
from deepcuts.data.interactions import Interactions
from deepcuts.data.selection import select_pairs
from deepcuts.errors import DataError
from deepcuts.ingest.aggregation import twin_ids
from deepcuts.ingest.tabular.rules import BLANKS
from deepcuts.spark.session import Batches, Task, mapped, over, partition, summed
from deepcuts.spark.shelf import Shelf
from deepcuts.spark.units import read_plays, write_plays

STAGING = "staging"  # the folder of all of it

_ROWS = 1_000_000  # that a task adds up at once
_COLUMNS = ["user", "item", "plays"]


@dataclass(frozen=True)
class Parts:
    """Plays in files, one for each part; counts below 0 are dislikes, and those of 0 are held out.

    Parameters
    ----------
    shelf, step, n
        Where the files lie, and how many there are.
    items
        Columns item, ascending, listeners and plays, of those that are played.
    """

    shelf: Shelf
    step: str
    n: int
    items: pa.Table

    @classmethod
    def made(cls, session: Any, shelf: Shelf, step: str, n: int, make: Callable[[int], Interactions]) -> Parts:
        """Write what a task makes of each number from 0 to n − 1."""
        write = partial(_write_part, shelf, step, make)
        rows = summed(over(session, n, write, "item string, is_plays int, value double"), "item", "is_plays")
        rows = rows.sort_by([("item", "ascending"), ("is_plays", "ascending")])
        listeners, plays = rows["value"].to_numpy().reshape(-1, 2).T
        items = pa.table({"item": rows["item"][::2], "listeners": listeners.astype(np.int64), "plays": plays})
        return cls(shelf, step, n, items.filter(pc.field("listeners") > 0))

    @property
    def n_pairs(self) -> int:
        """Pairs that have plays."""
        return int(self.items["listeners"].to_numpy().sum())


def plays_of_part(shelf: Shelf, step: str, number: int) -> Interactions:
    """Plays of a part, with the items that it has."""
    return read_plays(shelf, _part_file(step, number))


def _part_file(step: str, number: int) -> str:
    return f"{STAGING}/{step}/{number:05}.arrow"


def _write_part(shelf: Shelf, step: str, make: Callable[[int], Interactions], number: int) -> pa.RecordBatch:
    plays = make(number)
    write_plays(shelf, _part_file(step, number), plays, {"item_ids": plays.item_ids.values})
    is_played = plays.plays > 0
    listeners = np.bincount(plays.indices[is_played], minlength=plays.n_items)
    counts = np.bincount(plays.indices[is_played], plays.plays[is_played], plays.n_items)
    of_item = np.repeat(np.arange(plays.n_items), 2)
    is_plays, value = (
        np.tile(np.arange(2, dtype=np.int32), plays.n_items),
        np.stack([listeners, counts], axis=1).ravel(),
    )
    return pa.record_batch({"item": plays.item_ids.take(of_item), "is_plays": is_plays, "value": value})


def dealt_by_user(session: Any, shelf: Shelf, frame: Any, clean: Task, n_parts: int) -> tuple[Parts, dict[str, int]]:
    """Deal out the rows that are made of a DataFrame, and add up the plays of each pair; return the notes as well."""
    done = mapped(frame, partial(_deal, shelf, clean, n_parts), "name string, is_file boolean, n double").toArrow()
    files = done.filter(done["is_file"]).sort_by("name")
    counted = done.filter(pc.invert(done["is_file"])).group_by("name").aggregate([("n", "sum")])
    at_once = max(1, int(n_parts * _ROWS // max(1, pc.sum(files["n"]).as_py() or 0)))
    add_up = partial(_added_up, shelf, files["name"].to_pylist(), n_parts, at_once)
    parts = Parts.made(session, shelf, "pairs", -(-n_parts // at_once), add_up)
    return parts, {row["name"]: int(row["n_sum"]) for row in counted.to_pylist()}


def _deal(shelf: Shelf, clean: Task, n_parts: int, batches: Batches) -> Batches:
    """Leave files whose parts are those of the users."""
    for number, batch in enumerate(clean(batches)):
        notes, rows = batch.filter(batch["note"].is_valid()), batch.filter(batch["note"].is_null())
        order = np.argsort(rows["part"].to_numpy(), kind="stable")
        ends = np.searchsorted(rows["part"].to_numpy()[order], np.arange(n_parts + 1)).tolist()
        rows = rows.select(_COLUMNS).take(order)
        name = f"{STAGING}/dealt/{partition():05}-{number:05}.arrow"
        shelf.write(
            name, (dict(zip(_COLUMNS, rows[first:last].columns, strict=True)) for first, last in pairwise(ends))
        )
        names, n = [name, *notes["note"].to_pylist()], [float(len(rows)), *notes["plays"].to_pylist()]
        yield pa.record_batch({"name": names, "is_file": [True] + [False] * len(notes), "n": n})


def _added_up(shelf: Shelf, names: list[str], n_parts: int, at_once: int, number: int) -> Interactions:
    own = range(number * at_once, min(n_parts, (number + 1) * at_once))
    none = pa.table({"user": pa.array([], pa.string()), "item": pa.array([], pa.string()), "plays": np.empty(0)})
    found = added_up(pa.concat_tables([none, *(pa.table(shelf.read(name, part)) for name in names for part in own)]))
    refuse_twins(found.user_ids)
    return found


def added_up(rows: pa.Table) -> Interactions:
    """Add up the plays of each pair from the least, so that the order of rows does not matter; sums of 0 drop out."""
    users, user = _ranked(rows["user"])
    items, item = _ranked(rows["item"])
    plays, pair = rows["plays"].to_numpy(), (user << 32) | item
    order = np.argsort(pair)
    if np.any(pair[order[1:]] == pair[order[:-1]]):
        order = np.lexsort((plays, pair))
    starts = np.flatnonzero(np.diff(pair[order], prepend=-1))
    total = np.add.reduceat(plays[order], starts).astype(np.float32) if len(starts) else np.empty(0, np.float32)
    first = order[starts]
    indptr = indptr_of(np.bincount(user[first], minlength=len(users)))
    found = Interactions(indptr, item[first].astype(np.int32), total, Ids(users, "user"), Ids(items, "item"))
    return select_pairs(found, total != 0)


def _ranked(column: pa.ChunkedArray) -> tuple[pa.Array, IndexVector]:
    """Different texts of a column, ascending, and the rank of each row."""
    encoded = column.combine_chunks().dictionary_encode()
    order = pc.sort_indices(encoded.dictionary).to_numpy().astype(np.int64)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return encoded.dictionary.take(order), rank[encoded.indices.to_numpy()]


def refuse_twins(ids: Ids) -> None:
    """Refuse ids that differ in surrounding blanks only.

    Raises
    ------
    DataError
        Naming two of them.
    """
    bare = pc.utf8_trim(ids.values, BLANKS)
    if bare.equals(ids.values):
        return
    alike = pa.table({"id": ids.values, "bare": bare}).group_by("bare").aggregate([("id", "min"), ("id", "max")])
    if twins := alike.filter(pc.field("id_min") != pc.field("id_max")).to_pylist():
        raise twin_ids(ids.kind, twins[0]["id_min"], twins[0]["id_max"], n_more=len(twins) - 1)


def pruned(session: Any, parts: Parts, min_users: int, min_items: int) -> Parts:
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
        parts = Parts.made(session, parts.shelf, f"pruned-{step}", parts.n, prune)
    if not n_before:
        raise DataError(f"Nothing is left with min_users={min_users:,} and min_items={min_items:,}. Ask for fewer.")
    return parts


def _pruned(shelf: Shelf, step: str, kept: str, min_items: int, number: int) -> Interactions:
    plays = plays_of_part(shelf, step, number)
    users, is_kept = plays.user_of_pair(), pc.is_in(plays.item_ids.values, shelf.read(kept)["ids"])
    mask = np.asarray(is_kept)[plays.indices]
    n_played = np.bincount(users[mask & (plays.plays > 0)], minlength=plays.n_users)
    return select_pairs(plays, mask & (n_played[users] >= min_items))
