"""The first pass over a source: which users and items there are, and how many rows are bad."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import duckdb

from deepcuts.data.ids import Ids
from deepcuts.errors import DataError
from deepcuts.ingest.tabular.rules import good_rows, without_blanks
from deepcuts.ingest.tabular.scan import Scan


class Count(NamedTuple):
    """Rows of a source."""

    n_rows: int
    n_bad: int


def take_census(connection: duckdb.DuckDBPyConnection, scans: Sequence[Scan]) -> Count:
    """Find the ids of all good rows, in one pass, and count the rows.

    Afterwards there is a view `good` of all rows, bad ones with null ids, and a table `census` of ids.
    """
    rows = " UNION ALL ".join(good_rows(scan) for scan in scans)
    connection.execute(f"CREATE OR REPLACE TEMP VIEW good AS {rows}")
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE census AS
        SELECT grouping(user_id) = 0 AS is_user, coalesce(user_id, item_id) AS id, count(*) AS n_rows
        FROM good GROUP BY GROUPING SETS ((user_id), (item_id))""")
    counts = "SELECT coalesce(sum(n_rows), 0)::BIGINT, coalesce(sum(n_rows) FILTER (id IS NULL), 0)::BIGINT"
    return Count(*connection.execute(f"{counts} FROM census WHERE is_user").fetchall()[0])


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


def _ids(kind: str) -> str:
    return f"SELECT id AS raw FROM census WHERE id IS NOT NULL AND is_user = {kind == 'user'}"


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
