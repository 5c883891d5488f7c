"""Two passes over the rows of a source: one counts rows and finds the ids, the other sums the plays of every pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import duckdb
import numpy as np

from deepcuts.array_types import NumberVector
from deepcuts.data.csr import indptr_of
from deepcuts.data.ids import Ids
from deepcuts.data.interactions import Interactions
from deepcuts.errors import DataError
from deepcuts.ingest.tabular.rules import good_rows, without_blanks
from deepcuts.ingest.tabular.scan import Scan
from deepcuts.ingest.tabular.time_rules import NO_RULES, TimeRules, timed_rows

_BATCH = 1 << 18  # pairs fetched at once: some 5 MB of Arrow columns


class RowCounts(NamedTuple):
    """How many rows a source has, and how many of them are bad."""

    n_rows: int
    n_bad: int


def count_rows(connection: duckdb.DuckDBPyConnection, scans: Sequence[Scan]) -> tuple[list[Scan], RowCounts]:
    """Count the rows and find the ids of the good ones, in one pass.

    Where rows are bad or text cannot be parsed, this is done again with the line readers of the scans, which know the
    numbers of lines.

    Afterwards there is a view `good` of all rows (user_id, item_id, plays, played_at; bad rows with null ids) and a
    table `id_counts` (is_user, id, n_rows): each id, or null for the bad rows, and how many rows it has.

    Returns
    -------
    The scans that were read in the end, and the counts.
    """
    try:
        counts = _group_by_id(connection, scans)
    except duckdb.OutOfMemoryException:  # a duckdb.Error too, and reading by lines would not help
        raise
    except duckdb.Error:
        if not any(scan.line_reader for scan in scans):
            raise
    else:
        if not counts.n_bad or not any(scan.line_reader for scan in scans):  # a scan without one knows its row numbers
            return list(scans), counts
    by_line = [
        replace(scan.line_reader(connection, f"lines_{n}"), dislikes=scan.dislikes) if scan.line_reader else scan
        for n, scan in enumerate(scans)
    ]
    return by_line, _group_by_id(connection, by_line)


def number_ids(connection: duckdb.DuckDBPyConnection, kind: str, *, trim: bool) -> Ids:
    """Number the users, or the items, in ascending order of their ids.

    Afterwards there is a table named `kind` of the ids as they were read (`raw`) and their indexes (`index`).

    Raises
    ------
    DataError
        If ids differ in surrounding blanks only, and these are not to be trimmed.
    """
    if not trim:
        _refuse_collisions(connection, kind)
    text = without_blanks("raw") if trim else "raw"
    connection.execute(f"""
        CREATE TEMP TABLE "{kind}" AS
        SELECT raw, id, dense_rank() OVER (ORDER BY id) - 1 AS index
        FROM (SELECT raw, {text} AS id FROM ({_ids(kind)}))""")
    ids = connection.sql(f'SELECT DISTINCT id FROM "{kind}" ORDER BY id').to_arrow_table()["id"]
    return Ids.of(ids, kind)


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
    """Make the view `good` and the table `id_counts`."""
    rows = " UNION ALL ".join(good_rows(scan) for scan in scans)
    connection.execute(f"CREATE OR REPLACE TEMP VIEW good AS {rows}")
    # GROUPING SETS find users and items in one pass; grouping(user_id) is 0 in the rows that are grouped by user.
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE id_counts AS
        SELECT grouping(user_id) = 0 AS is_user, coalesce(user_id, item_id) AS id, count(*) AS n_rows
        FROM good GROUP BY GROUPING SETS ((user_id), (item_id))""")
    counts = "SELECT coalesce(sum(n_rows), 0)::BIGINT, coalesce(sum(n_rows) FILTER (id IS NULL), 0)::BIGINT"
    return RowCounts(*connection.execute(f"{counts} FROM id_counts WHERE is_user").fetchall()[0])


def _ids(kind: str) -> str:
    return f"SELECT id AS raw FROM id_counts WHERE id IS NOT NULL AND is_user = {kind == 'user'}"


def _refuse_collisions(connection: duckdb.DuckDBPyConnection, kind: str) -> None:
    pairs = connection.execute(f"""
        SELECT min(raw), max(raw) FROM ({_ids(kind)}) GROUP BY {without_blanks("raw")} HAVING count(*) > 1
        ORDER BY 1""").fetchall()
    if pairs:
        one, other = pairs[0]
        raise DataError(
            f"The {kind}s {one!r} and {other!r} differ in surrounding blanks only"
            + (f", and so do {len(pairs) - 1:,} more" if len(pairs) > 1 else "")
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
