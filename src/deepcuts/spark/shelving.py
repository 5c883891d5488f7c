"""From rows of a DataFrame to units on a shelf: the numbers of `deepcuts.read_plays`, and no user on the driver."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
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
from deepcuts.model.training.user_sums import rows_of_unit
from deepcuts.recommendation.dial_scale import measured_users
from deepcuts.spark.pairs import dealt_by_user, item_totals, pruned, refuse_collisions
from deepcuts.spark.session import Batches, batch_of, over, working
from deepcuts.spark.shelf import Shelf
from deepcuts.spark.source import COLUMNS, cleaning, frame_of, refuse_bad_rows
from deepcuts.spark.staging import STAGING, Staging
from deepcuts.spark.units import ITEMS, LABELS, Catalogue, as_cells, from_cells, unit_name

logger = logging.getLogger(__name__)

_USERS = "user string, length int, items binary, plays binary"


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
    with working() as session:
        n_parts = int(session.conf.get("spark.sql.shuffle.partitions"))
        frame, task = cleaning(frame_of(session, source), columns, chosen, n_parts)
        target.clear(force=force)
        if artists is not None:
            frame, task = _renamed(frame.mapInArrow(task, COLUMNS), artists), iter
        staged, counts = dealt_by_user(session, target, frame, task, n_parts)
        refuse_bad_rows(counts, chosen)
        if not chosen.trim:
            refuse_collisions(session, staged)
        if min_users > 1 or min_items > 1:
            staged = pruned(session, staged, min_users, min_items)
        has_labels = names is not None or tags is not None
        sizes = shelve(session, staged, lambda ids: Labels.of(ids, names, tags) if has_labels else None)
    n_rows = counts.pop("rows")
    if skipped := sum(counts.values()):
        logger.warning("Left out %s of %s rows that cannot be used.", f"{skipped:,}", f"{n_rows:,}")
    return ShelfReport(**sizes, n_rows=n_rows, n_skipped=skipped)


def shelve(session: Any, pairs: Staging, label: Callable[[Ids], Labels | None]) -> dict[str, int]:
    """Number users and items of staged pairs, and write the units, the items and the sizes.

    Each file of the pairs has all those of its users, in the order of user, held and item.

    Raises
    ------
    DataError
        If there are no plays.
    """
    shelf, totals = pairs.shelf, item_totals(session, pairs)
    if not len(totals):
        raise DataError("There are no plays above 0. Give some, or prune less.")
    ids = Ids.of(totals["item"], "item")
    counts = {name: totals[name].to_numpy() for name in ("listeners", "plays")}
    shelf.write(ITEMS, counts, {"ids": ids.values})
    if (labels := label(ids)) is not None:
        shelf.write(LABELS, *labels.to_stored())
    rows = pairs.each(session, partial(_user_rows, Catalogue(shelf)), _USERS)
    users = Staging.of(shelf, "users", rows.sort("length", "user"))
    by_id = Staging.of(shelf, "ids", users.each(session, _names, "user string").sort("user"))
    step = rows_of_unit(users.n_rows)
    n_units = -(-users.n_rows // step)
    written = over(session, n_units, partial(_write_unit, users, step), "unit long, n_pairs long").toArrow()
    sizes = {"n_users": users.n_rows, "n_items": len(ids), "n_pairs": int(pc.sum(written["n_pairs"]).as_py())}
    shelf.publish({**sizes, "n_units": n_units, "measured": _ids_at(by_id, _measured(users.n_rows, len(ids)))})
    shelf.remove(STAGING)
    return sizes


def _renamed(rows: Any, artists: Any) -> Any:
    """Give items the names that a DataFrame of two columns has for them; rows that count others stay."""
    new = artists.toDF("item", "artist").selectExpr("string(item)", "string(artist)").filter("artist IS NOT NULL")
    kept = rows.join(new, "item", "left").filter("artist IS NOT NULL OR note IS NOT NULL")
    return kept.selectExpr("user", "artist AS item", "plays", "part", "note")


# Users, shortest histories first, and of one length by their ids: the order of `training.fit.start_base`


def _user_rows(catalogue: Catalogue, rows: pa.Table) -> Batches:
    """A row for each user who played something; cells have so many items, then those that were held out."""
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


def _names(users: pa.Table) -> Batches:
    yield from users.select(["user"]).to_batches()


def _write_unit(users: Staging, step: int, number: int) -> Batches:
    rows = pa.Table.from_batches(users.slices(number * step, (number + 1) * step))
    items, plays, length = from_cells(rows["items"], np.int32), from_cells(rows["plays"], np.float32), rows["length"]
    indptr, whole = indptr_of(length.to_numpy()), indptr_of(pc.binary_length(rows["items"]).to_numpy() // 4)
    is_held = np.arange(whole[-1]) - np.repeat(whole[:-1], np.diff(whole)) >= np.repeat(length, np.diff(whole))
    arrays = {"indptr": indptr, "indices": items[~is_held], "plays": plays[~is_held]}
    arrays |= {"held_indptr": whole - indptr, "held": items[is_held]}
    users.shelf.write(unit_name(number), arrays, {"user_ids": rows["user"].combine_chunks()})
    yield batch_of("unit long, n_pairs long", [number], [np.count_nonzero(arrays["plays"] > 0)])


def _measured(n_users: int, n_items: int) -> IndexVector:
    """Indexes, by ids, of the users whose lists tell what positions of the dial stand for."""
    sizes: Any = SimpleNamespace(user_ids=range(n_users), item_ids=range(n_items))
    return measured_users(sizes)


def _ids_at(by_id: Staging, indexes: IndexVector) -> list[str]:
    return [next(by_id.slices(index, index + 1))["user"][0].as_py() for index in map(int, indexes)]
