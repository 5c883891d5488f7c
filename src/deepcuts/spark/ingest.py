"""From rows of a DataFrame to units on a shelf: the numbers of `deepcuts.read_plays`, and no user on the driver."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from deepcuts.checks import whole_number
from deepcuts.data.interactions import Interactions
from deepcuts.data.labels import Labels
from deepcuts.ingest.tabular.columns import Column, Columns
from deepcuts.ingest.tabular.options import ReadOptions
from deepcuts.shelf.files import Shelf
from deepcuts.shelf.numbering import shelve
from deepcuts.shelf.parts import STAGING, Parts, added_up, pruned
from deepcuts.spark.session import Batches, SparkEngine, Task, partition, working
from deepcuts.spark.source import CLEAN, cleaning, count_notes, files_of

logger = logging.getLogger(__name__)

_MOST_PARTS = 32_767  # numbers of two bytes
_ROWS = 1_000_000  # that a task adds up at once
_COLUMNS = pa.schema({"user": pa.string(), "item": pa.string(), "plays": pa.float64()})
_FILES = pa.schema({"file": pa.string(), "note": pa.string(), "n": pa.float64()})


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
        A DataFrame; a path or an address of Parquet, a file or a folder, that pyarrow and all machines reach; or a path
        of CSV or TSV with a header, or of JSON lines, that Spark reads.
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
        If the shelf exists and `force` is false, or what is read lies there.
    """
    chosen, columns, target = ReadOptions(**options), Columns(user, item, plays), Shelf.at(shelf)
    for name, least in (("min_users", min_users), ("min_items", min_items)):
        whole_number(name, least, 1, advice="Give a whole number of at least 1.")
    with working() as engine:
        n_parts = min(int(engine.session.conf.get("spark.sql.shuffle.partitions")), _MOST_PARTS)
        frame, clean = cleaning(engine.session, source, columns, chosen, n_parts)
        read = [path for table in (source, artists) if table is not None for path in files_of(table)]
        target.clear(read, force=force)
        if artists is not None:
            frame, clean = _renamed(engine.mapped(frame, clean, CLEAN), artists), iter
        parts, notes = _dealt_by_user(engine, target, frame, clean, n_parts)
        n_rows, n_skipped = count_notes(notes, chosen)
        if min_users > 1 or min_items > 1:
            parts = pruned(engine, parts, min_users, min_items)
        has_labels = names is not None or tags is not None
        sizes = shelve(engine, parts, lambda ids: Labels.of(ids, names, tags) if has_labels else None)
    if n_skipped:
        logger.warning("Left out %s of %s rows that cannot be used.", f"{n_skipped:,}", f"{n_rows:,}")
    return ShelfReport(**sizes, n_rows=n_rows, n_skipped=n_skipped)


def _renamed(rows: Any, artists: Any) -> Any:
    """Give items the names that a DataFrame of two columns has for them; rows that count others stay."""
    new = artists.toDF("item", "artist").selectExpr("string(item)", "string(artist)").filter("artist IS NOT NULL")
    kept = rows.join(new, "item", "left").filter("artist IS NOT NULL OR note IS NOT NULL")
    return kept.selectExpr("user", "artist AS item", "plays", "part", "note")


def _dealt_by_user(
    engine: SparkEngine, shelf: Shelf, frame: Any, clean: Task, n_parts: int
) -> tuple[Parts, dict[str, int]]:
    """Deal out the rows that are made of a DataFrame, and add up the plays of each pair; return the notes as well."""
    task = partial(_deal, shelf, clean, n_parts)
    done = engine.mapped(frame, task, "file string, note string, n double").toArrow()
    files, notes = done.filter(done["file"].is_valid()).sort_by("file"), done.filter(done["note"].is_valid())
    n_rows = int(pc.sum(files["n"]).as_py() or 0)
    at_once = max(1, n_parts * _ROWS // max(1, n_rows))
    add_up = partial(_added_up, shelf, files["file"].to_pylist(), n_parts, at_once)
    parts = Parts.made(engine, shelf, "pairs", -(-n_parts // at_once), n_rows, add_up)
    counted = notes.group_by("note").aggregate([("n", "sum")])
    return parts, {note: int(n) for note, n in zip(*counted.to_pydict().values(), strict=True)}


def _deal(shelf: Shelf, clean: Task, n_parts: int, batches: Batches) -> Batches:
    """Leave files whose parts are those of the users."""
    for number, batch in enumerate(clean(batches)):
        notes, rows = batch.filter(batch["note"].is_valid()), batch.filter(batch["note"].is_null())
        name = f"{STAGING}/dealt/{partition():05}-{number:05}.arrow"
        shelf.deal(name, pa.table(rows.select(_COLUMNS.names)), rows["part"].to_numpy(), n_parts)
        noted = zip(*(notes[column].to_pylist() for column in ("note", "plays")), strict=True)
        found = [{"file": name, "n": len(rows)}, *({"note": note, "n": n} for note, n in noted)]
        yield pa.RecordBatch.from_pylist(found, _FILES)


def _added_up(shelf: Shelf, names: list[str], n_parts: int, at_once: int, number: int) -> Interactions:
    own = range(number * at_once, min(n_parts, (number + 1) * at_once))
    rows = (pa.table(part) for name in names for part in shelf.read_parts(name, own))
    return added_up(pa.concat_tables([_COLUMNS.empty_table(), *rows]))
