"""Pairs of users and items, all those of a user in one file: dealt out by users, added up, counted and pruned."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from deepcuts.array_types import IndexVector
from deepcuts.errors import DataError
from deepcuts.ingest.aggregation import twin_ids
from deepcuts.ingest.tabular.rules import BLANKS
from deepcuts.spark.session import Batches, Task, arrow_schema, batch_of, over, partition, sql
from deepcuts.spark.shelf import Shelf
from deepcuts.spark.source import ROWS, together
from deepcuts.spark.staging import STAGING, Staging

PAIRS = "user string, item string, plays double, held boolean"

_DEALT = "name string, note string, n double"
_FILES_COUNTED = 8  # at once: so many rows fewer to add up afterwards
_TOTALS = "item string, listeners long, plays double"


def dealt_by_user(session: Any, shelf: Shelf, frame: Any, task: Task, n_parts: int) -> tuple[Staging, dict[str, int]]:
    """Stage what a task makes of a DataFrame, with the plays of each pair added up; return its notes as well."""
    table = frame.mapInArrow(partial(_deal, shelf, n_parts, task), _DEALT).toArrow()
    names = sorted(table["name"].drop_null().to_pylist())
    staged = Staging.made(session, shelf, "pairs", n_parts, partial(_added_up, shelf, names))
    notes = table.filter(pc.is_valid(table["note"])).group_by("note").aggregate([("n", "sum")])
    return staged, {row["note"]: int(row["n_sum"]) for row in notes.to_pylist()}


def _deal(shelf: Shelf, n_parts: int, task: Task, batches: Batches) -> Batches:
    """Leave files whose batches are parts of the users."""
    for number, table in enumerate(together(task(batches))):
        is_row = pc.is_null(table["note"])
        notes, rows = table.filter(pc.invert(is_row)), table.filter(is_row)
        part = rows["part"].to_numpy()
        order = np.argsort(part, kind="stable")
        ends = np.searchsorted(part[order], np.arange(n_parts + 1)).tolist()
        columns = rows.select(arrow_schema(ROWS).names).take(order).columns
        dealt = batch_of(ROWS, *(column.combine_chunks() for column in columns))
        name = f"{STAGING}/dealt/{partition():05}-{number:05}.arrow"
        with shelf.writing(name) as sink, pa.ipc.new_file(sink, dealt.schema) as writer:
            for first, last in pairwise(ends):
                writer.write_batch(dealt.slice(first, last - first))
        yield batch_of(_DEALT, [name], [None], [0.0])
        yield batch_of(_DEALT, [None] * len(notes), notes["note"].to_pylist(), notes["plays"].to_pylist())


def _added_up(shelf: Shelf, names: list[str], part: int) -> Batches:
    if names:
        rows = pa.Table.from_batches([shelf.open(name).get_batch(part) for name in names])
        yield in_order(rows.append_column("held", pa.repeat(False, len(rows))))


def in_order(rows: pa.Table) -> pa.RecordBatch:
    """Rows by user, held and item, with the plays of a pair added up from the least, so that their order is no matter.

    Pairs whose plays are 0 are left out.
    """
    users, user = _ranked(rows["user"])
    items, item = _ranked(rows["item"])
    plays, held = rows["plays"].to_numpy(), rows["held"].to_numpy()
    pair = (user << 33) | (held.astype(np.int64) << 32) | item
    order = np.lexsort((plays, pair))
    starts = np.flatnonzero(np.diff(pair[order], prepend=-1))
    total = np.add.reduceat(plays[order], starts).astype(np.float32) if len(starts) else np.empty(0, np.float32)
    first = order[starts][total != 0]
    return batch_of(PAIRS, users.take(user[first]), items.take(item[first]), total[total != 0], held[first])


def _ranked(column: pa.ChunkedArray) -> tuple[pa.Array, IndexVector]:
    """Different texts of a column, ascending, and the rank of each row."""
    encoded = column.combine_chunks().dictionary_encode()
    order = pc.sort_indices(encoded.dictionary).to_numpy()
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return encoded.dictionary.take(order), rank[encoded.indices.to_numpy()]


def item_totals(session: Any, staged: Staging) -> pa.Table:
    """Items that are played and not held out, ascending, with the numbers of their listeners and of their plays."""
    # Numbers of plays are added up from the least: sums of doubles depend on the order.
    plays = "aggregate(array_sort(collect_list(plays)), 0D, (sum, part) -> sum + part) AS plays"
    n_parts = -(-len(staged.files) // _FILES_COUNTED)
    parts = over(session, n_parts, partial(_totals_of_part, staged), _TOTALS).groupBy("item")
    totals = parts.agg(*map(sql, ("sum(listeners) AS listeners", plays))).toArrow()
    return totals.take(pc.sort_indices(totals["item"]))


def _totals_of_part(staged: Staging, part: int) -> Batches:
    first = part * _FILES_COUNTED
    files = range(first, min(first + _FILES_COUNTED, len(staged.files)))
    counted = pa.concat_tables(map(_counted, map(staged.rows, files)))
    items, item = _ranked(counted["item"])
    plays = np.bincount(item, counted["plays"].to_numpy(), len(items))
    yield batch_of(_TOTALS, items, np.bincount(item, minlength=len(items)), plays)


def _counted(rows: pa.Table) -> pa.Table:
    return rows.filter((pc.field("plays") > 0) & ~pc.field("held")).select(["item", "plays"])


def pruned(session: Any, staged: Staging, min_users: int, min_items: int) -> Staging:
    """Drop items of too few users and users of too few items, until nothing more drops out.

    Raises
    ------
    DataError
        If nothing is left.
    """
    n_before, step = -1, 0
    while staged.n_rows != n_before:
        totals = item_totals(session, staged)
        enough = totals.filter(pc.field("listeners") >= min_users)["item"]
        kept, n_before, step = f"{STAGING}/kept-{step}.arrow", staged.n_rows, step + 1
        staged.shelf.write(kept, {}, {"ids": enough.combine_chunks()})
        task = partial(_kept, staged, kept, min_items)
        staged = Staging.made(session, staged.shelf, f"pruned-{step}", len(staged.files), task)
    if not n_before:
        raise DataError(f"Nothing is left with min_users={min_users:,} and min_items={min_items:,}. Ask for fewer.")
    return staged


def _kept(staged: Staging, kept: str, min_items: int, number: int) -> Batches:
    rows = staged.rows(number)
    rows = rows.filter(pc.is_in(rows["item"], staged.shelf.read(kept)["ids"]))
    users, user = _ranked(rows["user"])
    n_played = np.bincount(user[rows["plays"].to_numpy() > 0], minlength=len(users))
    yield from rows.filter(pa.array(n_played[user] >= min_items)).combine_chunks().to_batches()


def refuse_collisions(session: Any, staged: Staging) -> None:
    """Refuse ids that differ in surrounding blanks only.

    Raises
    ------
    DataError
        Naming two of them.
    """
    kinds = staged.each(session, _kinds_with_blanks, "kind string").toArrow()["kind"].unique().to_pylist()
    for kind in kinds:
        found = staged.each(session, partial(_different, kind), "id string").distinct()
        ids = found.selectExpr("id", f"btrim(id, '{BLANKS}') AS bare")
        twins = ids.filter("id <> bare").join(ids.selectExpr("id AS other", "bare"), "bare").filter("id <> other")
        for row in twins.limit(1).toArrow().to_pylist():
            one, other = sorted((row["id"], row["other"]))
            raise twin_ids(kind, one, other)


def _kinds_with_blanks(rows: pa.Table) -> Batches:
    ids = {kind: rows[kind].unique() for kind in ("user", "item")}
    yield batch_of("kind string", [kind for kind, its in ids.items() if not pc.utf8_trim(its, BLANKS).equals(its)])


def _different(kind: str, rows: pa.Table) -> Batches:
    yield batch_of("id string", rows[kind].unique())
