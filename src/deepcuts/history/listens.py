"""The listens of a document: checked row by row, kept in the database, counted by what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from deepcuts.data.song_names import BETWEEN
from deepcuts.errors import FileFormatError
from deepcuts.history import nameless
from deepcuts.history.documents import Document
from deepcuts.history.formats import FIRST_SCROBBLER, Format
from deepcuts.history.options import By
from deepcuts.history.written_names import divide_artists, repair_names
from deepcuts.ingest.tabular.moments import latest_moment

_FIRST_ROWS = 5
_LONGEST_NAME = 1000
_MOST_PLAYS = "1e9"


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
    remarks
        What people should be told of how it was read.
    """

    name: str
    format: str
    unit: str
    n_rows: int
    n_kept: int
    dropped: Mapping[str, int]
    bad: tuple[BadRows, ...]
    remarks: tuple[str, ...] = ()

    @property
    def n_bad(self) -> int:
        """Rows that could not be used."""
        return sum(each.n_rows for each in self.bad)


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create `listens`, which takes what is kept: one row for each artist of a listen."""
    # The track is a hash, 8 bytes in place of its text: it only tells listens of one artist in one second apart.
    connection.execute("""
        CREATE TEMP TABLE listens (document INTEGER, artist VARCHAR, track UBIGINT, played_at BIGINT, plays DOUBLE,
                                   single BOOLEAN)""")


def read_document(
    connection: duckdb.DuckDBPyConnection, document: Document, known: Format, number: int, *, by: By = "artist"
) -> Source:
    """Read a document, the `number`th of a reading, into `listens`, and count what became of its rows."""
    parts = []
    n_wrong = n_believed = 0
    listeners: set[str] = set()
    for _ in known.load(connection, document):  # the table `raw` holds one part of the document until the next step
        _check_one_listener(connection, document, known, listeners)
        connection.execute(f"CREATE OR REPLACE TEMP TABLE checked AS {_checked(known.rows, by)}")
        connection.execute(f"""
            INSERT INTO listens SELECT {number}, unnest(artists), track, played_at, plays, single
            FROM checked WHERE bad IS NULL AND dropped IS NULL""")
        parts.append(connection.sql(_OUTCOMES).to_arrow_table())
        ((wrong, believed),) = connection.execute(_TIMES).fetchall()
        n_wrong, n_believed = n_wrong + wrong, n_believed + believed
    connection.execute("DROP TABLE IF EXISTS checked; DROP TABLE IF EXISTS raw")
    if n_wrong > n_believed:  # one time that can be believed says nothing of the others
        document.remarks.append(
            f"{document.name}: {'few' if n_believed else 'none'} of its times are after 2000; the others count as "
            "unknown. Numbers that are days, years or minutes are no moments: write them as dates, or as seconds since "
            "1970."
        )
    if not known.has_clock:
        connection.execute(_ONLY_DATES.format(number=number))
    if known.several and by == "artist":
        divide_artists(connection, number)
    repair_names(connection, document, number)
    return _summary(document, known, pa.concat_tables(parts).to_pylist() if parts else [])


def _check_one_listener(
    connection: duckdb.DuckDBPyConnection, document: Document, known: Format, listeners: set[str]
) -> None:
    """Refuse a document with the listens of several people, of whom those in `listeners` were met before.

    Raises
    ------
    FileFormatError
        Telling how many there are at least.
    """
    if not known.listener:
        return
    found = connection.execute(f"SELECT DISTINCT trim({known.listener}) FROM raw LIMIT 100").fetchall()
    listeners |= {name for (name,) in found if name}
    if len(listeners) > 1:
        raise FileFormatError(
            f"{document.name} holds the listens of several people, {len(listeners):,} or more, by its column of users. "
            "Give the rows of one; plays of many are read by deepcuts ingest."
        )


def _checked(rows: str, by: By) -> str:
    """SELECT of rows with artists, the hash of the track, seconds and plays, and why a row is bad or dropped.

    By song, the names of artists have the title of the track after them, without the artist where it repeats that.
    A time before 2000 is that of a clock that is wrong, and taken for unknown. One to come is bad.
    """
    # DuckDB plans every copy of an argument that a macro makes, and copies of copies: one is not called within another.
    spelt = "list_transform(list_transform(artists, lambda name: filled(name)), lambda name: artist_name(name))"
    spelt = f"list_filter({spelt}, lambda name: name IS NOT NULL)"
    title = "artist_name(CASE WHEN starts_with(track, name || ' - ') THEN track[len(name) + 4:] ELSE track END)"
    songs = f"list_transform(named, lambda name: name || '{BETWEEN}' || {title})"
    untitled = "WHEN filled(track) IS NULL THEN 'no title, and songs are counted'" if by == "song" else ""
    return f"""
        SELECT row, {"named" if by == "artist" else songs} AS artists,
               CASE WHEN filled(track) IS NOT NULL THEN hash(lower(trim(track))) END AS track, plays,
               CASE WHEN seconds >= {FIRST_SCROBBLER} THEN seconds END AS played_at,
               seconds, coalesce(single, true) AS single,
               CASE WHEN bad IS NOT NULL THEN bad
                    WHEN filled(time) IS NOT NULL AND seconds IS NULL THEN 'its time cannot be read'
                    WHEN dropped IS NOT NULL THEN NULL
                    WHEN NOT coalesce(plays <= {_MOST_PLAYS}, false) THEN 'its plays are no number that can be'
                    WHEN seconds > {latest_moment()} THEN 'its time is in the future'
                    WHEN len(list_filter(artists, lambda name: len(name) > {_LONGEST_NAME})) > 0
                    THEN 'its artist has more than {_LONGEST_NAME:,} characters' END AS bad,
               coalesce(dropped, CASE WHEN len(artists) = 0 THEN 'no artist'
                                      WHEN len(named) = 0 THEN '{nameless.REASON}' {untitled} END) AS dropped
        FROM (SELECT *, list_filter(artists, lambda name: NOT {nameless.is_nameless("name")}) AS named
              FROM (SELECT * REPLACE ({spelt} AS artists), seconds_of(trim(time), NULL) AS seconds FROM ({rows})))"""


# A clock that was never set says 0: it is no wrong time that somebody wrote.
_TIMES = f"""
    SELECT count(*) FILTER (seconds < {FIRST_SCROBBLER} AND seconds > 0), count(*) FILTER (seconds >= {FIRST_SCROBBLER})
    FROM checked WHERE bad IS NULL AND dropped IS NULL"""

# Where most moments of a document are whole hours, or whole minutes without a track, that is how exactly these were
# written: the same row again is another listen.
_ONLY_DATES = """
    UPDATE listens SET single = false WHERE document = {number} AND (
        (played_at % 3600 = 0 AND (SELECT avg((played_at % 3600 = 0)::INT) > 0.5 FROM listens
                                   WHERE document = {number} AND played_at IS NOT NULL))
        OR (track IS NULL AND played_at % 60 = 0
            AND (SELECT avg((played_at % 60 = 0)::INT) > 0.5 FROM listens
                 WHERE document = {number} AND played_at IS NOT NULL)))"""


# min(row, n) is the list of the n lowest rows.
_OUTCOMES = f"""
    SELECT bad, CASE WHEN bad IS NULL THEN dropped END AS dropped, count(*) AS n_rows,
           CASE WHEN bad IS NOT NULL THEN min(row, {_FIRST_ROWS}) END AS first_rows
    FROM checked GROUP BY 1, 2"""


def _summary(document: Document, known: Format, outcomes: list[dict[str, Any]]) -> Source:
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
    return Source(document.name, known.name, known.unit, n_read, n_kept, by_size, in_order, tuple(document.remarks))
