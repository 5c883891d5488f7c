"""The listens of a document: checked row by row, kept in the database, counted by what became of them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from deepcuts.history.documents import Document
from deepcuts.history.formats import Format

_FIRST_ROWS = 5
_LONGEST_NAME = 1000
_FIRST_SCROBBLER = 946_684_800  # 2000-01-01: earlier times come from clocks that were never set


@dataclass(frozen=True)
class BadRows:
    """Rows that could not be used.

    Parameters
    ----------
    reason
        Why not.
    n_rows
        How many.
    first_rows
        Numbers of the first of them, from 1, in lines or records.
    """

    reason: str
    n_rows: int
    first_rows: tuple[int, ...]


@dataclass(frozen=True)
class Source:
    """What was read in one document.

    Parameters
    ----------
    name
        The file, or the archive and the file in it.
    format
        What it holds.
    unit
        What its rows are counted in: "line" or "record".
    n_rows
        Rows read.
    n_kept
        Rows that are listens.
    dropped
        Rows left out by the rules of the format: for each rule, how many.
    bad
        Rows that could not be used, most first.
    """

    name: str
    format: str
    unit: str
    n_rows: int
    n_kept: int
    dropped: Mapping[str, int]
    bad: tuple[BadRows, ...]

    @property
    def n_bad(self) -> int:
        """Rows that could not be used."""
        return sum(each.n_rows for each in self.bad)


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create `listens`, which takes what is kept: one row for each artist of a listen."""
    # The track is a hash, 8 bytes in place of its text: it only tells listens of one artist in one second apart.
    connection.execute("CREATE TEMP TABLE listens (artist VARCHAR, track UBIGINT, played_at BIGINT, plays DOUBLE)")


def read_document(connection: duckdb.DuckDBPyConnection, document: Document, known: Format) -> Source:
    """Read a document into `listens`, and count what became of its rows."""
    parts = []
    for _ in known.load(connection, document):  # the table `raw` holds one part of the document until the next step
        connection.execute(f"CREATE OR REPLACE TEMP TABLE checked AS {_checked(known.rows)}")
        connection.execute("""
            INSERT INTO listens SELECT unnest(artists), track, played_at, plays
            FROM checked WHERE bad IS NULL AND dropped IS NULL""")
        parts.append(connection.sql(_OUTCOMES).to_arrow_table())
    connection.execute("DROP TABLE IF EXISTS checked; DROP TABLE IF EXISTS raw")
    return _summary(document.name, known, pa.concat_tables(parts).to_pylist() if parts else [])


def _checked(rows: str) -> str:
    """SELECT of rows with artists, the hash of the track, seconds and plays, and why a row is bad or dropped.

    A time before 2000 or after tomorrow is that of a clock that is wrong, and taken for unknown.
    """
    latest = int(time.time()) + 86_400
    return f"""
        SELECT row, artists, hash(lower(trim(track))) AS track, plays,
               CASE WHEN seconds BETWEEN {_FIRST_SCROBBLER} AND {latest} THEN seconds END AS played_at,
               CASE WHEN bad IS NOT NULL THEN bad
                    WHEN dropped IS NOT NULL THEN NULL
                    WHEN filled(time) IS NOT NULL AND seconds IS NULL THEN 'its time cannot be read'
                    WHEN len(list_filter(artists, lambda name: len(name) > {_LONGEST_NAME})) > 0
                    THEN 'its artist has more than {_LONGEST_NAME:,} characters' END AS bad,
               coalesce(dropped, CASE WHEN len(artists) = 0 THEN 'no artist' END) AS dropped
        FROM (SELECT * REPLACE (list_filter(list_transform(artists, lambda name: filled(name)),
                                            lambda name: name IS NOT NULL) AS artists),
                     seconds_of(trim(time)) AS seconds FROM ({rows}))"""


# min(row, n) is the list of the n lowest rows.
_OUTCOMES = f"""
    SELECT bad, CASE WHEN bad IS NULL THEN dropped END AS dropped, count(*) AS n_rows,
           CASE WHEN bad IS NOT NULL THEN min(row, {_FIRST_ROWS}) END AS first_rows
    FROM checked GROUP BY 1, 2"""


def _summary(name: str, known: Format, outcomes: list[dict[str, Any]]) -> Source:
    dropped: dict[str, int] = {}
    bad: dict[str, tuple[int, tuple[int, ...]]] = {}
    n_kept = 0
    for each in outcomes:
        n_rows = each["n_rows"]
        if each["bad"] is not None:
            n_before, rows = bad.get(each["bad"], (0, ()))
            bad[each["bad"]] = n_before + n_rows, (*rows, *each["first_rows"])[:_FIRST_ROWS]
        elif each["dropped"] is not None:
            dropped[each["dropped"]] = dropped.get(each["dropped"], 0) + n_rows
        else:
            n_kept += n_rows
    listed = [BadRows(reason, n_rows, rows) for reason, (n_rows, rows) in bad.items()]
    in_order = tuple(sorted(listed, key=lambda each: (-each.n_rows, each.reason)))
    n_read = n_kept + sum(dropped.values()) + sum(each.n_rows for each in in_order)
    by_size = dict(sorted(dropped.items(), key=lambda each: (-each[1], each[0])))
    return Source(name, known.name, known.unit, n_read, n_kept, by_size, in_order)
