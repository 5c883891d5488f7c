"""From rows of a DataFrame to units on a shelf: the numbers of `deepcuts.read_plays`, and no user on the driver."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from deepcuts.array_types import IndexVector
from deepcuts.checks import whole_number
from deepcuts.data.csr import sums_of_rows
from deepcuts.data.ids import Ids
from deepcuts.data.labels import Labels
from deepcuts.data.selection import select_pairs
from deepcuts.errors import DataError
from deepcuts.ingest.aggregation import refuse_twins
from deepcuts.ingest.tabular.columns import Column, Columns
from deepcuts.ingest.tabular.options import ReadOptions
from deepcuts.model.training.user_sums import rows_of_unit
from deepcuts.recommendation.dial_scale import measured_indexes
from deepcuts.spark.parts import STAGING, Parts, dealt_by_user, plays_of_part, pruned
from deepcuts.spark.session import Batches, each, mapped, over, partition, working
from deepcuts.spark.shelf import FORMAT, MANIFEST, Shelf
from deepcuts.spark.source import CLEAN, cleaning, count_notes, files_of
from deepcuts.spark.units import USERS, Catalogue, as_rows, from_rows, unit_file, write_plays

logger = logging.getLogger(__name__)

_MOST_PARTS = 32_767  # numbers of two bytes


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
    with working() as session:
        n_parts = min(int(session.conf.get("spark.sql.shuffle.partitions")), _MOST_PARTS)
        frame, clean = cleaning(session, source, columns, chosen, n_parts)
        read = [path for table in (source, artists) if table is not None for path in files_of(table)]
        target.clear(read, force=force)
        if artists is not None:
            frame, clean = _renamed(mapped(frame, clean, CLEAN), artists), iter
        parts, notes = dealt_by_user(session, target, frame, clean, n_parts)
        n_rows, n_skipped = count_notes(notes, chosen)
        if min_users > 1 or min_items > 1:
            parts = pruned(session, parts, min_users, min_items)
        has_labels = names is not None or tags is not None
        sizes = shelve(session, parts, lambda ids: Labels.of(ids, names, tags) if has_labels else None)
    if n_skipped:
        logger.warning("Left out %s of %s rows that cannot be used.", f"{n_skipped:,}", f"{n_rows:,}")
    return ShelfReport(**sizes, n_rows=n_rows, n_skipped=n_skipped)


def _renamed(rows: Any, artists: Any) -> Any:
    """Give items the names that a DataFrame of two columns has for them; rows that count others stay."""
    new = artists.toDF("item", "artist").selectExpr("string(item)", "string(artist)").filter("artist IS NOT NULL")
    kept = rows.join(new, "item", "left").filter("artist IS NOT NULL OR note IS NOT NULL")
    return kept.selectExpr("user", "artist AS item", "plays", "part", "note")


def shelve(session: Any, parts: Parts, label: Callable[[Ids], Labels | None]) -> dict[str, int]:
    """Number users and items, and write the units, the items and the sizes.

    Units have the users with the shortest histories first, and of one length by their ids: the order of
    `training.fit.start_base`.

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
    rows = over(session, parts.n, partial(_user_rows, catalogue, parts.step), USERS)
    users = Sorted.of(shelf, "users", rows, "length", "user")
    by_id = Sorted.of(shelf, "ids", over(session, len(users.files), partial(_names_in, users), "user string"), "user")
    n_users, step = users.n_rows, rows_of_unit(users.n_rows)
    n_units = -(-n_users // step)
    each(session, n_units, partial(_write_unit, catalogue, users, step))
    measured = by_id.at(measured_indexes(n_users, len(ids)))["user"].to_pylist()
    sizes = {"n_users": n_users, "n_items": len(ids), "n_pairs": parts.n_pairs}
    shelf.write_json(MANIFEST, {"format": FORMAT, **sizes, "n_units": n_units, "measured": measured})
    shelf.remove(STAGING)
    return sizes


@dataclass(frozen=True)
class Sorted:
    """Rows in order, in files; `files` has their names and numbers of rows."""

    shelf: Shelf
    files: list[tuple[str, int]]

    @classmethod
    def of(cls, shelf: Shelf, step: str, rows: Any, *by: str) -> Sorted:
        """Write the rows of a DataFrame, those of each of its sorted partitions to a file."""
        written = mapped(rows.sort(*by), partial(_write_partition, shelf, step), "name string, n long").toArrow()
        return cls(shelf, sorted(zip(*(column.to_pylist() for column in written.columns), strict=True)))

    @property
    def n_rows(self) -> int:
        """Rows of all files."""
        return sum(n for _, n in self.files)

    def at(self, indexes: IndexVector) -> pa.Table:
        """Rows at some indexes, ascending."""
        found, start = [], 0
        for name, n in self.files:
            own = indexes[(indexes >= start) & (indexes < start + n)] - start
            if len(own):
                found.append(pa.table(self.shelf.read(name)).take(own))
            start += n
        return pa.concat_tables(found)


def _write_partition(shelf: Shelf, step: str, batches: Batches) -> Batches:
    if parts := list(batches):
        rows, name = pa.concat_batches(parts), f"{STAGING}/{step}/{partition():05}.arrow"
        shelf.write(name, [rows])
        yield pa.record_batch({"name": [name], "n": [len(rows)]})


def _names_in(users: Sorted, number: int) -> pa.RecordBatch:
    return pa.record_batch({"user": users.shelf.read(users.files[number][0])["user"]})


def _user_rows(catalogue: Catalogue, step: str, number: int) -> pa.RecordBatch:
    """A row for each user who played something; what has no number drops out, but what was held out has the next."""
    plays = plays_of_part(catalogue.shelf, step, number)
    of_item = catalogue.ids.indexes_of(plays.item_ids.values)
    of_item[of_item < 0] = len(catalogue.ids)
    plays = replace(plays, indices=of_item.astype(np.int32)[plays.indices], item_ids=catalogue.ids)
    plays = select_pairs(plays, (plays.indices < plays.n_items) | (plays.plays == 0))
    has_plays = sums_of_rows((plays.plays > 0).astype(np.int64), plays.indptr) > 0
    return as_rows(plays).filter(pa.array(has_plays))


def _write_unit(catalogue: Catalogue, users: Sorted, step: int, number: int) -> None:
    rows = users.at(np.arange(number * step, min((number + 1) * step, users.n_rows)))
    write_plays(catalogue.shelf, unit_file(number), from_rows(rows, catalogue.ids))
