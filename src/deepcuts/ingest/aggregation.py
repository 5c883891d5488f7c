"""Two passes over the rows of a source: one counts rows and finds the ids, the other sums the plays of every pair."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import duckdb
import numpy as np

from deepcuts.array_types import NumberVector
from deepcuts.data.csr import indptr_of
from deepcuts.data.id_twins import twins_among
from deepcuts.data.ids import Ids
from deepcuts.data.interactions import Interactions
from deepcuts.errors import DataError
from deepcuts.ingest.tabular.moments import date_order
from deepcuts.ingest.tabular.numbers import NumberForm, form_of_numbers, plain_digits
from deepcuts.ingest.tabular.options import ReadOptions
from deepcuts.ingest.tabular.rules import good_rows, spelt_once, without_blanks
from deepcuts.ingest.tabular.scan import Scan
from deepcuts.ingest.tabular.time_rules import NO_RULES, TimeRules, timed_rows
from deepcuts.ingest.tabular.written_dates import Order

logger = logging.getLogger(__name__)

DEFAULTS = ReadOptions()

_YEAR = 31_536_000  # seconds
_BATCH = 1 << 18  # pairs fetched at once: some 5 MB of Arrow columns


class RowCounts(NamedTuple):
    """How many rows a source has, and how many of them are bad."""

    n_rows: int
    n_bad: int


def count_rows(
    connection: duckdb.DuckDBPyConnection, scans: Sequence[Scan], options: ReadOptions = DEFAULTS
) -> tuple[list[Scan], RowCounts]:
    """Count the rows and find the ids of the good ones, in one pass.

    Where the play counts, or the dates, of a source turn out to be written in another form than the plain one, this is
    done again in that form. Where rows are bad or text cannot be parsed, it is done again with the line readers of the
    scans, which know the numbers of lines.

    Afterwards there is a view `good` of all rows (user_id, item_id, plays, played_at; bad rows with null ids) and a
    view `id_counts` (is_user, id, n_rows): each id, or null for the bad rows, and how many rows it has.

    Returns
    -------
    The scans that were read in the end, and the counts.

    Raises
    ------
    DataError
        If numbers or dates can be read in two ways.
    """
    try:
        counts = _group_by_id(connection, scans)
        scans, counts = _in_their_form(connection, scans, counts, options)
    except duckdb.OutOfMemoryException:  # a duckdb.Error too, and reading by lines would not help
        raise
    except (duckdb.Error, UnicodeDecodeError):  # the latter where DuckDB quotes bytes that are no text
        if not any(scan.line_reader for scan in scans):
            raise
    else:
        if not counts.n_bad or not any(scan.line_reader for scan in scans):  # a scan without one knows its row numbers
            return list(scans), counts
    by_line = [_by_line(connection, scan, n) for n, scan in enumerate(scans)]
    return _in_their_form(connection, by_line, _group_by_id(connection, by_line), options)


def _by_line(connection: duckdb.DuckDBPyConnection, scan: Scan, n: int) -> Scan:
    if scan.line_reader is None:
        return scan
    read = scan.line_reader(connection, f"lines_{n}")
    return replace(read, dislikes=scan.dislikes, numbers=scan.numbers, date_order=scan.date_order)


def _in_their_form(
    connection: duckdb.DuckDBPyConnection, scans: Sequence[Scan], counts: RowCounts, options: ReadOptions
) -> tuple[list[Scan], RowCounts]:
    """Read again where numbers or dates are written in another form than the plain one."""
    form = _form_of_plays(connection, options)
    order = options.dates or (_order_of_dates(connection, scans) if counts.n_bad else None)
    settled = [replace(scan, numbers=form, date_order=scan.date_order or order) for scan in scans]
    if settled == list(scans):
        return list(scans), counts
    if form.grouped and options.decimal is None and form != scans[0].numbers:
        logger.warning(
            "Numbers of plays such as 12%s345 are read as thousands. If they are fractions, pass decimal='%s' "
            "(--decimal on the command line).",
            form.group,
            form.group,
        )
    return settled, _group_by_id(connection, settled)


def _form_of_plays(connection: duckdb.DuckDBPyConnection, options: ReadOptions) -> NumberForm:
    """How play counts are written; one with a comma among many without is likelier wrong than all others unusual."""
    found = connection.execute("SELECT shape, n_rows FROM grouped WHERE is_shape AND shape IS NOT NULL").fetchall()
    n_commas = sum(n_rows for shape, n_rows in found if "," in shape)
    few = n_commas == 1 and sum(n_rows for shape, n_rows in found if shape[:1] in {"0", "9"}) > 2
    return form_of_numbers([shape for shape, _ in found if not (few and "," in shape)], "Plays", options.decimal)


def _order_of_dates(connection: duckdb.DuckDBPyConnection, scans: Sequence[Scan]) -> Order | None:
    """The order of dates of three numbers, over all scans with times that are text."""
    texts = [
        f"SELECT {plain_digits(scan.cells['time'].sql + '::VARCHAR')} AS text FROM {scan.source}"
        for scan in scans
        if "time" in scan.cells and scan.cells["time"].type == "VARCHAR"
    ]
    return date_order(connection, "text", f"({' UNION ALL '.join(texts)})", "Times") if texts else None


def number_ids(connection: duckdb.DuckDBPyConnection, kind: str, *, trim: bool, normalize: bool = False) -> Ids:
    """Number the users, or the items, in ascending order of their ids.

    Afterwards there is a table named `kind` of the ids as they were read (`raw`) and their indexes (`index`).

    Parameters
    ----------
    connection
        The database, after `count_rows`.
    kind
        "user" or "item".
    trim
        Whether blanks around ids are cut off.
    normalize
        Whether ids that look alike are one: composed and decomposed letters, invisible marks, several blanks.

    Raises
    ------
    DataError
        If ids differ in surrounding blanks only, and these are not to be trimmed.
    """
    if not normalize:
        _warn_of_lookalikes(connection, kind)
    text = spelt_once("raw") if normalize else (without_blanks("raw") if trim else "raw")
    connection.execute(f"""
        CREATE TEMP TABLE "{kind}" AS
        SELECT raw, id, dense_rank() OVER (ORDER BY id) - 1 AS index
        FROM (SELECT raw, coalesce({text}, raw) AS id FROM ({_ids(kind)}))""")
    ids = connection.sql(f'SELECT DISTINCT id FROM "{kind}" ORDER BY id').to_arrow_table()["id"]
    found = Ids.of(ids, kind)
    if not trim and not normalize:
        refuse_twins(found)
    return found


def _warn_of_lookalikes(connection: duckdb.DuckDBPyConnection, kind: str) -> None:
    """Warn of ids that look the same as others: only those beyond ASCII can."""
    ((n_alike,),) = connection.execute(f"""
        WITH ids AS ({_ids(kind)}),
             odd AS (SELECT raw, {spelt_once("raw")} AS spelt FROM ids WHERE strlen(raw) <> length(raw))
        SELECT count(*) FROM odd WHERE spelt IN (SELECT spelt FROM odd GROUP BY spelt HAVING count(*) > 1)
                                    OR (spelt <> raw AND spelt IN (SELECT raw FROM ids))""").fetchall()
    if n_alike:
        logger.warning(
            "%s ids of %ss look like others and differ in composed letters, invisible marks or blanks only. "
            "Pass normalize=True (--normalize) to read them as one.",
            f"{n_alike:,}",
            kind,
        )


def sum_plays(
    connection: duckdb.DuckDBPyConnection, users: Ids, items: Ids, *, timed: bool, rules: TimeRules = NO_RULES
) -> Interactions:
    """Sum the plays of every pair of user and item in the view `good`, and find its latest time.

    Plays count by the rules; users and items that have none left drop out.

    A pair is one integer, user index · 2³² + item index: small to group by, and in order of rows and columns.
    """
    rows = f"({timed_rows('good', rules)})" if rules.active else "good"
    # fsum compensates its rounding (Kahan), as the threads of DuckDB add the rows of a pair in any order.
    connection.execute(f"""
        CREATE TEMP TABLE pairs AS
        SELECT "user".index * {1 << 32} + item.index AS pair, fsum(plays) AS plays, max(played_at) AS last_played
        FROM {rows} JOIN "user" ON user_id = "user".raw JOIN item ON item_id = item.raw GROUP BY pair""")
    ((n_pairs,),) = connection.execute("SELECT count(*) FROM pairs").fetchall()
    user_index = np.empty(n_pairs, np.int32)
    columns = {"indices": np.empty(n_pairs, np.int32), "plays": np.empty(n_pairs, np.float32)}
    columns |= {"last_played": np.empty(n_pairs, np.int64)} if timed else {}
    _fetch_pairs(connection, {"user_index": user_index, **columns})
    indptr = indptr_of(np.bincount(user_index, minlength=len(users)))
    plays = Interactions(indptr, columns["indices"], columns["plays"], users, items, columns.get("last_played"))
    return plays.keep_pairs(plays.plays != 0) if rules.active else plays


def _group_by_id(connection: duckdb.DuckDBPyConnection, scans: Sequence[Scan]) -> RowCounts:
    """Make the view `good`, the table `grouped` of ids and of shapes of numbers, and the view `id_counts` of ids."""
    rows = " UNION ALL ".join(good_rows(scan) for scan in scans)
    connection.execute(f"CREATE OR REPLACE TEMP VIEW good AS {rows}")
    shapes = ", (shape)" if any("plays" in scan.cells and not scan.cells["plays"].is_number for scan in scans) else ""
    # GROUPING SETS find users, items and shapes in one pass; grouping(user_id) is 0 in rows that are grouped by user.
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE grouped AS
        SELECT grouping(user_id) = 0 AS is_user, {"grouping(shape) = 0" if shapes else "false"} AS is_shape,
               coalesce(user_id, item_id) AS id, {"shape" if shapes else "NULL::VARCHAR AS shape"}, count(*) AS n_rows,
               max(played_at) AS latest
        FROM good GROUP BY GROUPING SETS ((user_id), (item_id){shapes})""")
    connection.execute("""
        CREATE OR REPLACE TEMP VIEW id_counts AS SELECT is_user, id, n_rows FROM grouped WHERE NOT is_shape""")
    counts = "SELECT coalesce(sum(n_rows), 0)::BIGINT, coalesce(sum(n_rows) FILTER (id IS NULL), 0)::BIGINT"
    return RowCounts(*connection.execute(f"{counts} FROM id_counts WHERE is_user").fetchall()[0])


def warn_of_old_times(connection: duckdb.DuckDBPyConnection) -> None:
    """Warn where the times of most rows lie in 1970, as numbers do that are no seconds.

    They are counted by users whose latest one does, so that a few other times change nothing.
    """
    ((n_rows, n_timed),) = connection.execute(f"""
        SELECT sum(n_rows) FILTER (latest BETWEEN 0 AND {_YEAR - 1}), sum(n_rows) FILTER (latest IS NOT NULL)
        FROM grouped WHERE is_user AND id IS NOT NULL""").fetchall()
    if n_rows and 2 * n_rows > n_timed:
        logger.warning(
            "%s times lie in 1970, as days of a spreadsheet, years and minutes do. Write times as seconds since 1970, "
            "or as timestamps.",
            "All" if n_rows == n_timed else "Most",
        )


def _ids(kind: str) -> str:
    return f"SELECT id AS raw FROM id_counts WHERE id IS NOT NULL AND is_user = {kind == 'user'}"


def refuse_twins(ids: Ids) -> None:
    """Refuse ids that differ in surrounding blanks only.

    Raises
    ------
    DataError
        Naming two of them, and how many more there are.
    """
    twins = twins_among(ids)
    if len(twins):
        one, other, more = twins["id_min"][0].as_py(), twins["id_max"][0].as_py(), len(twins) - 1
        raise DataError(
            f"The {ids.kind}s {one!r} and {other!r} differ in surrounding blanks only"
            + (f", and so do {more:,} more" if more else "")
            + ". Pass trim=True (--trim on the command line) to read them as one, or correct the ids."
        )


def _fetch_pairs(connection: duckdb.DuckDBPyConnection, columns: Mapping[str, NumberVector]) -> None:
    """Fill the arrays with all pairs in order, a batch at a time."""
    pairs = connection.sql(f"""
        SELECT (pair >> 32)::INTEGER AS user_index, (pair & {(1 << 32) - 1})::INTEGER AS indices,
               plays::FLOAT AS plays, last_played FROM pairs ORDER BY pair""")
    start = 0
    for batch in pairs.to_arrow_reader(_BATCH):
        stop = start + len(batch)
        for name, column in columns.items():
            column[start:stop] = batch[name].to_numpy()
        start = stop
