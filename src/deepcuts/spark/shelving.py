"""From rows of a DataFrame to units on a shelf: the numbers of `deepcuts.read_plays`, and no user on the driver."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property, partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from deepcuts.array_types import IndexVector
from deepcuts.checks import whole_number
from deepcuts.data.csr import indptr_of, sums_of_rows
from deepcuts.data.ids import Ids
from deepcuts.data.labels import Labels
from deepcuts.errors import DataError
from deepcuts.ingest.tabular.columns import Column, Columns
from deepcuts.ingest.tabular.options import ReadOptions
from deepcuts.ingest.tabular.rules import BLANKS
from deepcuts.model.training.user_sums import rows_of_unit
from deepcuts.recommendation.dial_scale import measured_users
from deepcuts.spark.session import Batches, arrow_schema, batch_of, over, partition, working
from deepcuts.spark.shelf import Shelf
from deepcuts.spark.source import clean, frame_of, refuse_bad_rows, together
from deepcuts.spark.units import ITEMS, LABELS, Catalogue, as_cells, from_cells, unit_name

logger = logging.getLogger(__name__)

PAIRS = "user string, item string, plays double, held boolean"
_USERS = "user string, length int, items binary, plays binary"
ORDER = ("user", "held", "item")

_STAGING = "staging"
_BATCH = 8_192
# Whole numbers are added as such and other doubles as decimals, whose sums have no order; the rest as they are.
_WHOLE = "rint(plays) = plays AND abs(plays) < 1e9"
_DECIMAL = f"NOT ({_WHOLE}) AND abs(plays) BETWEEN 1e-6 AND 1e15"
_SUM = f"""coalesce(double(sum(CASE WHEN {_WHOLE} THEN bigint(plays) END)), 0)
    + coalesce(double(sum(CASE WHEN {_DECIMAL} THEN cast(plays AS decimal(38, 20)) END)), 0)
    + coalesce(sum(CASE WHEN NOT ({_WHOLE} OR {_DECIMAL}) THEN plays END), 0)"""
_PAIR_SUM = f"CASE WHEN note IS NULL THEN double(float({_SUM})) ELSE sum(plays) END AS plays"
_STAGED = "name string, n long, note string, plays double"


@dataclass(frozen=True)
class ShelfReport:
    """What is on a shelf, and how many rows of the source were left out."""

    n_users: int
    n_items: int
    n_pairs: int
    n_rows: int
    n_skipped: int


def ingest(
    source: Any,
    *,
    user: Column,
    item: Column,
    plays: Column | None = None,
    shelf: str,
    artists: Any = None,
    names: Any = None,
    tags: pa.Table | None = None,
    min_users: int = 1,
    min_items: int = 1,
    force: bool = False,
    **options: Any,
) -> ShelfReport:
    """Put the plays of a DataFrame onto a shelf; the same plays give the same files, however the rows lie.

    Parameters
    ----------
    source
        A DataFrame, or a path that Spark reads: of Parquet, CSV or TSV with a header, or JSON lines.
    user, item, plays
        Columns, as of `deepcuts.read_plays`.
    shelf
        The folder to fill: a path or an address that pyarrow and all machines reach.
    artists
        A DataFrame of two columns that says what each item counts as, such as the artist of a song; others drop out.
    names, tags
        Labels of the items, as of `Interactions.with_labels`.
    min_users, min_items
        The fewest users of an item and items of a user, until nothing more drops out.
    force
        Whether a shelf that is there already may be replaced.
    **options
        on_bad_rows, dislikes and trim, as of `deepcuts.ingest.ReadOptions`.

    Raises
    ------
    DataError
        If there are no such columns, rows are bad, or nothing is left.
    OutputError
        If the shelf exists and `force` is false.
    """
    chosen, columns, target = ReadOptions(**options), Columns(user, item, plays), Shelf.at(shelf)
    for name, least in (("min_users", min_users), ("min_items", min_items)):
        whole_number(name, least, 1, advice="Give a whole number of at least 1.")
    with working(_BATCH) as session:
        rows = clean(frame_of(session, source), columns, chosen)
        target.clear(force=force)
        rows = rows if artists is None else _renamed(rows, artists)
        pairs = rows.repartition("user").groupBy("user", "item", "note").agg(sql(_PAIR_SUM))
        frame = pairs.filter("plays <> 0").selectExpr("*", "false AS held")
        staged = Staging.of(session, target, "pairs", frame.sortWithinPartitions(*ORDER))
        notes = dict(zip(staged.table["note"].to_pylist(), staged.table["plays"].to_pylist(), strict=True))
        counts = {note: int(n) for note, n in notes.items() if note is not None}
        refuse_bad_rows(counts, chosen)
        if not chosen.trim:
            _refuse_collisions(staged)
        if min_users > 1 or min_items > 1:
            staged = _pruned(staged, min_users, min_items)
        has_labels = names is not None or tags is not None
        sizes = shelve(staged, lambda ids: Labels.of(ids, names, tags) if has_labels else None)
    n_rows = counts.pop("rows")
    if skipped := sum(counts.values()):
        logger.warning("Left out %s of %s rows that cannot be used.", f"{skipped:,}", f"{n_rows:,}")
    return ShelfReport(**sizes, n_rows=n_rows, n_skipped=skipped)


@dataclass(frozen=True)
class Staging:
    """Rows that tasks wrote to files of a shelf, in place of a cache."""

    session: Any
    shelf: Shelf
    table: pa.Table

    @classmethod
    def of(cls, session: Any, shelf: Shelf, step: str, frame: Any) -> Staging:
        """Write the rows of a DataFrame, a file for each of its partitions."""
        table = frame.mapInArrow(partial(_stage, shelf, f"{_STAGING}/{step}"), _STAGED).toArrow()
        return cls(session, shelf, table)

    @cached_property
    def files(self) -> list[tuple[str, int]]:
        """Names of the files that hold rows, in order of the partitions, and how many rows."""
        rows = self.table.filter(pc.is_null(self.table["note"])).sort_by("name")
        return list(zip(rows["name"].to_pylist(), rows["n"].to_pylist(), strict=True))

    def each(self, task: Callable[[Batches], Batches], schema: str) -> Any:
        """Return what a task makes of the rows of each file."""
        names = [name for name, _ in self.files]
        return over(self.session, len(names), partial(_of_file, self.shelf, names, task), schema)

    def frame(self, schema: str = PAIRS) -> Any:
        """Return the columns of a schema as a DataFrame."""
        return self.each(partial(_columns, arrow_schema(schema).names), schema)

    def slices(self, first: int, last: int) -> Iterator[pa.RecordBatch]:
        """Rows `first` to `last` − 1 of all files in their order."""
        start = 0
        for name, n in self.files:
            if start < last and first < start + n:
                yield from _slices(self.shelf.open(name), first - start, last - start)
            start += n


def shelve(staged: Staging, label: Callable[[Ids], Labels | None]) -> dict[str, int]:
    """Number users and items of staged pairs, and write the units, the items and the sizes.

    Each file of the pairs has all those of its users, in the order of user, held and item.

    Raises
    ------
    DataError
        If there are no plays.
    """
    session, shelf, pairs = staged.session, staged.shelf, staged.frame()
    items = pairs.filter("plays > 0 AND NOT held").groupBy("item")
    totals = items.agg(sql("count(*) AS listeners"), sql(f"{_SUM} AS n")).toArrow()
    if not len(totals):
        raise DataError("There are no plays above 0. Give some, or prune less.")
    totals = totals.take(pc.sort_indices(totals["item"]))
    ids = Ids.of(totals["item"], "item")
    shelf.write(
        ITEMS, {"listeners": totals["listeners"].to_numpy(), "plays": totals["n"].to_numpy()}, {"ids": ids.values}
    )
    if (labels := label(ids)) is not None:
        shelf.write(LABELS, *labels.to_stored())
    rows = staged.each(partial(_user_rows, Catalogue(shelf)), _USERS)
    users = Staging.of(session, shelf, "users", rows.sort("length", "user"))
    n_users = sum(n for _, n in users.files)
    step = rows_of_unit(n_users)
    n_units = -(-n_users // step)
    table = Staging(session=None, shelf=shelf, table=users.table)  # a session stays with the driver
    counts = over(session, n_units, partial(_write_unit, table, step), "unit long, n_pairs long").toArrow()
    by_id = Staging.of(session, shelf, "ids", users.frame("user string").sort("user"))
    sizes = {"n_users": n_users, "n_items": len(ids), "n_pairs": int(pc.sum(counts["n_pairs"]).as_py())}
    shelf.publish({**sizes, "n_units": n_units, "measured": _ids_at(by_id, _measured(n_users, len(ids)))})
    shelf.remove(_STAGING)
    return sizes


def sql(expression: str) -> Any:
    """Return a column of an expression of SQL."""
    from pyspark.sql import functions

    return functions.expr(expression)


def _renamed(rows: Any, artists: Any) -> Any:
    """Give items the names that a DataFrame of two columns has for them; rows that count others stay."""
    new = artists.toDF("item", "artist").selectExpr("string(item)", "string(artist)").filter("artist IS NOT NULL")
    kept = rows.join(new, "item", "left").filter("artist IS NOT NULL OR note IS NOT NULL")
    return kept.selectExpr("user", "artist AS item", "plays", "note")


def _refuse_collisions(staged: Staging) -> None:
    """Refuse ids that differ in surrounding blanks only."""
    found = staged.each(_kinds_with_blanks, "kind string").toArrow()["kind"].unique().to_pylist()
    for kind in found:
        ids = (
            staged.frame(f"{kind} string").distinct().selectExpr(f"{kind} AS id", f"btrim({kind}, '{BLANKS}') AS bare")
        )
        twins = ids.filter("id <> bare").join(ids.selectExpr("id AS other", "bare"), "bare").filter("id <> other")
        for row in twins.limit(1).toArrow().to_pylist():
            one, other = sorted((row["id"], row["other"]))
            raise DataError(
                f"The {kind}s {one!r} and {other!r} differ in surrounding blanks only. Pass trim=True (--trim on the "
                "command line) to read them as one, or correct the ids."
            )


def _kinds_with_blanks(batches: Batches) -> Batches:
    found = {
        kind
        for batch in batches
        for kind in ("user", "item")
        if pc.any(pc.not_equal(pc.utf8_trim(batch[kind], BLANKS), batch[kind])).as_py()
    }
    yield batch_of("kind string", sorted(found))


def _pruned(staged: Staging, min_users: int, min_items: int) -> Staging:
    """Drop items of too few users and users of too few items, until nothing more drops out."""
    n_before, n = -1, sum(n for _, n in staged.files)
    step = 0
    while n != n_before:
        frame, n_before, step = staged.frame(), n, step + 1
        for kind, least in (("item", min_users), ("user", min_items)):
            enough = frame.filter("plays > 0").groupBy(kind).count().filter(f"count >= {least}").select(kind)
            frame = frame.join(enough, kind, "left_semi")
        frame = frame.select("user", "item", "plays", "held").repartition("user").sortWithinPartitions(*ORDER)
        staged = Staging.of(staged.session, staged.shelf, f"pruned-{step}", frame)
        n = sum(n for _, n in staged.files)
    if not n:
        raise DataError(f"Nothing is left with min_users={min_users:,} and min_items={min_items:,}. Ask for fewer.")
    return staged


# Users, shortest histories first, and of one length by their ids: the order of `training.fit.start_base`


def _user_rows(catalogue: Catalogue, batches: Batches) -> Batches:
    """A row for each user who played something; cells have so many items, then those that were held out."""
    for rows in _whole_users(together(batches)):
        # What was held out may have no number, and what else has none drops out.
        numbers = pc.fill_null(pc.index_in(rows["item"], catalogue.ids.values), -1)
        table = rows.set_column(1, "item", numbers).filter(pc.or_(rows["held"], pc.greater_equal(numbers, 0)))
        runs = pc.run_end_encode(table["user"].combine_chunks(), pa.int64())
        item, plays, held = (table[name].to_numpy() for name in ("item", "plays", "held"))
        indptr = np.concatenate([[0], runs.run_ends.to_numpy()])
        length, n_played = (sums_of_rows(which.astype(np.float64), indptr) for which in (~held, ~held & (plays > 0)))
        cells = as_cells(indptr, item.astype(np.int32)), as_cells(indptr, plays.astype(np.float32))
        users = batch_of(_USERS, runs.values, length.astype(np.int32), *cells)
        yield users.filter(pa.array(n_played > 0))


def _whole_users(tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Cut tables where users end."""
    rest: list[pa.Table] = []
    for table in tables:
        rows = pa.concat_tables([*rest, table])
        begin = pc.index(rows["user"], rows["user"][-1]).as_py()
        yield rows.slice(0, begin)
        rest = [rows.slice(begin)]
    yield from rest


def _write_unit(staged: Staging, step: int, number: int) -> Batches:
    rows = pa.Table.from_batches(staged.slices(number * step, (number + 1) * step))
    items, plays, length = from_cells(rows["items"], np.int32), from_cells(rows["plays"], np.float32), rows["length"]
    indptr, whole = indptr_of(length.to_numpy()), indptr_of(pc.binary_length(rows["items"]).to_numpy() // 4)
    is_held = np.arange(whole[-1]) - np.repeat(whole[:-1], np.diff(whole)) >= np.repeat(length, np.diff(whole))
    arrays = {"indptr": indptr, "indices": items[~is_held], "plays": plays[~is_held]}
    arrays |= {"held_indptr": whole - indptr, "held": items[is_held]}
    staged.shelf.write(unit_name(number), arrays, {"user_ids": rows["user"].combine_chunks()})
    yield batch_of("unit long, n_pairs long", [number], [np.count_nonzero(arrays["plays"] > 0)])


def _measured(n_users: int, n_items: int) -> IndexVector:
    """Indexes, by ids, of the users whose lists tell what positions of the dial stand for."""
    sizes: Any = SimpleNamespace(user_ids=range(n_users), item_ids=range(n_items))
    return measured_users(sizes)


def _ids_at(by_id: Staging, indexes: IndexVector) -> list[str]:
    return [next(by_id.slices(index, index + 1))["user"][0].as_py() for index in map(int, indexes)]


# Tasks that write and read staged rows


def _stage(shelf: Shelf, folder: str, batches: Batches) -> Batches:
    name, n, notes = f"{folder}/{partition():05}.arrow", 0, list[pa.RecordBatch]()
    with ExitStack() as stack:
        writer = None
        for batch in batches:
            if "note" in batch.schema.names:
                is_row = pc.is_null(batch["note"])
                notes.append(batch.filter(pc.invert(is_row)).select(["note", "plays"]))
                batch = batch.filter(is_row).drop_columns(["note"])  # noqa: PLW2901
            if len(batch):
                writer = writer or stack.enter_context(
                    pa.ipc.new_file(stack.enter_context(shelf.writing(name)), batch.schema)
                )
                writer.write_batch(batch)
                n += len(batch)
    rows = [{"name": name, "n": n}] * bool(n) + [row for part in notes for row in part.to_pylist()]
    yield pa.RecordBatch.from_pylist(rows, arrow_schema(_STAGED))


def _of_file(shelf: Shelf, names: list[str], task: Callable[[Batches], Batches], number: int) -> Batches:
    file = shelf.open(names[number])
    yield from task(map(file.get_batch, range(file.num_record_batches)))


def _columns(names: list[str], batches: Batches) -> Batches:
    return (batch.select(names) for batch in batches)


def _slices(file: Any, first: int, last: int) -> Iterator[pa.RecordBatch]:
    start = 0
    for batch in map(file.get_batch, range(file.num_record_batches)):
        begin, end = max(first - start, 0), min(last - start, len(batch))
        if begin < end:
            yield batch.slice(begin, end - begin)
        start += len(batch)
