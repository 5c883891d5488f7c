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

from deepcuts.data.ids import Ids
from deepcuts.data.interactions import Interactions
from deepcuts.data.merge import summed_pairs
from deepcuts.data.selection import select_pairs
from deepcuts.errors import DataError
from deepcuts.ingest.aggregation import refuse_twins
from deepcuts.spark.session import Batches, Task, mapped, over, partition, summed
from deepcuts.spark.shelf import Shelf
from deepcuts.spark.units import read_plays, write_plays

STAGING = "staging"  # the folder of all of it

_ROWS = 1_000_000  # that a task adds up at once
_COLUMNS = pa.schema({"user": pa.string(), "item": pa.string(), "plays": pa.float64()})
_FILES = pa.schema({"file": pa.string(), "note": pa.string(), "n": pa.float64()})


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
        items = summed(over(session, n, write, "item string, listeners double, plays double"), "item").sort_by("item")
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
    write_plays(shelf, _part_file(step, number), plays, item_ids=plays.item_ids.values)
    played = select_pairs(plays, plays.plays > 0)
    listeners = played.item_listeners.astype(np.float64)
    return pa.record_batch({"item": plays.item_ids.values, "listeners": listeners, "plays": played.item_plays})


def dealt_by_user(session: Any, shelf: Shelf, frame: Any, clean: Task, n_parts: int) -> tuple[Parts, dict[str, int]]:
    """Deal out the rows that are made of a DataFrame, and add up the plays of each pair; return the notes as well."""
    done = mapped(frame, partial(_deal, shelf, clean, n_parts), "file string, note string, n double").toArrow()
    files, notes = done.filter(done["file"].is_valid()).sort_by("file"), done.filter(done["note"].is_valid())
    at_once = max(1, int(n_parts * _ROWS // max(1, pc.sum(files["n"]).as_py() or 0)))
    add_up = partial(_added_up, shelf, files["file"].to_pylist(), n_parts, at_once)
    parts = Parts.made(session, shelf, "pairs", -(-n_parts // at_once), add_up)
    counted = notes.group_by("note").aggregate([("n", "sum")])
    return parts, {note: int(n) for note, n in zip(*counted.to_pydict().values(), strict=True)}


def _deal(shelf: Shelf, clean: Task, n_parts: int, batches: Batches) -> Batches:
    """Leave files whose parts are those of the users."""
    for number, batch in enumerate(clean(batches)):
        notes, rows = batch.filter(batch["note"].is_valid()), batch.filter(batch["note"].is_null())
        order = np.argsort(rows["part"].to_numpy(), kind="stable")
        ends = np.searchsorted(rows["part"].to_numpy()[order], np.arange(n_parts + 1)).tolist()
        rows, name = rows.select(_COLUMNS.names).take(order), f"{STAGING}/dealt/{partition():05}-{number:05}.arrow"
        shelf.write(name, (rows[first:last] for first, last in pairwise(ends)))
        noted = zip(*(notes[column].to_pylist() for column in ("note", "plays")), strict=True)
        found = [{"file": name, "n": len(rows)}, *({"note": note, "n": n} for note, n in noted)]
        yield pa.RecordBatch.from_pylist(found, _FILES)


def _added_up(shelf: Shelf, names: list[str], n_parts: int, at_once: int, number: int) -> Interactions:
    own = range(number * at_once, min(n_parts, (number + 1) * at_once))
    rows = (pa.table(shelf.read(name, part), _COLUMNS) for name in names for part in own)
    found = added_up(pa.concat_tables([_COLUMNS.empty_table(), *rows]))
    refuse_twins(found.user_ids)
    return found


def added_up(rows: pa.Table) -> Interactions:
    """Add up the plays of each pair from the least, so that the order of rows does not matter; sums of 0 drop out."""
    users, items = Ids.distinct(rows["user"], "user"), Ids.distinct(rows["item"], "item")
    pairs = users.indexes_of(rows["user"]) * len(items) + items.indexes_of(rows["item"])
    found = summed_pairs(pairs, rows["plays"].to_numpy(), users, items)
    return select_pairs(found, found.plays != 0)


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
