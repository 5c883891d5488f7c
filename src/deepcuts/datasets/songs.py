"""Songs mapped to artists, by their tracks.

The rule. A song has the tracks that are listed for it, but for the pairs of song and track that are published as
mismatches. Each track has an artist: by the artist's id where the source has one, else by the name in one spelling
(Unicode's composed form, small letters, runs of blanks made one). The song belongs to the artist who has most of its
tracks; between artists with as many, to the one whose id comes first in the order of bytes. A song of which every known
track is a mismatch is dropped; a song without any known track has no artist.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path

import duckdb
import pyarrow as pa

from deepcuts.data.song_names import BETWEEN
from deepcuts.datasets.companions import (
    LINE_PARSERS,
    METADATA,
    MISMATCHES,
    SONG_TO_TRACKS,
    UNIQUE_TRACKS,
    expect,
)
from deepcuts.datasets.lines import read_lines
from deepcuts.errors import DataError, FileFormatError
from deepcuts.storage import StrPath
from deepcuts.wording import counted

_FIELDS = ("track_id", "song_id", "artist_id", "artist_name", "title")
_BATCH = 65_536


def one_spelling(name: str) -> str:
    """SQL of a name in one spelling: composed, small letters, runs of blanks made one."""
    return rf"regexp_replace(trim(lower(nfc_normalize({name}))), '\s+', ' ', 'g')"


def read_tracks(connection: duckdb.DuckDBPyConnection, paths: Sequence[StrPath], *, by: str) -> None:
    """Read the tables of tracks.

    Afterwards there are the tables `tracks` (track_id, song_id, artist, artist_name, title; one row a track) and
    `listed` (song_id, track_id).

    Raises
    ------
    DataError, FileFormatError
        If a file is not what it should be, or artists are wanted and no file has them.
    """
    connection.execute(f"CREATE TEMP TABLE given ({', '.join(f'{field} VARCHAR' for field in _FIELDS)})")
    connection.execute("CREATE TEMP TABLE listed (song_id VARCHAR, track_id VARCHAR)")
    kinds = [expect(path, "--tracks", UNIQUE_TRACKS, METADATA, SONG_TO_TRACKS) for path in paths]
    for path, kind in zip(paths, kinds, strict=True):
        if kind is METADATA:
            _read_metadata(connection, path)
        else:
            fields, parse = LINE_PARSERS[kind.name]
            read_lines(connection, "lines", path, fields, parse)
            into = "listed" if kind is SONG_TO_TRACKS else "given"
            names = ", ".join(fields)
            connection.execute(f"INSERT INTO {into} ({names}) SELECT {names} FROM lines; DROP TABLE lines")
    if by == "artist" and set(kinds) <= {SONG_TO_TRACKS}:
        raise DataError(
            f"Artists are wanted, and {' and '.join(map(str, paths)) or 'no file'} names none. Pass "
            f"{UNIQUE_TRACKS.name} or {METADATA.name} as --tracks as well, or ask for songs (--by song)."
        )
    _resolve_tracks(connection, has_list=SONG_TO_TRACKS in kinds)


def _resolve_tracks(connection: duckdb.DuckDBPyConnection, *, has_list: bool) -> None:
    spelling = one_spelling("any_value(artist_name)")
    connection.execute(f"""
        CREATE TEMP TABLE tracks AS
        SELECT track_id, any_value(song_id) AS song_id, any_value(artist_name) AS artist_name,
               any_value(title) AS title,
               coalesce(nullif(trim(any_value(artist_id)), ''), nullif({spelling}, '')) AS artist
        FROM given GROUP BY track_id""")
    if not has_list:
        connection.execute("INSERT INTO listed SELECT song_id, track_id FROM tracks")


def read_mismatches(connection: duckdb.DuckDBPyConnection, path: StrPath | None) -> None:
    """Read the published pairs of song and track that do not belong together, into the table `mismatches`.

    Raises
    ------
    DataError, FileFormatError
        If the file is not what it should be.
    """
    if path is None:
        connection.execute("CREATE TEMP TABLE mismatches (song_id VARCHAR, track_id VARCHAR)")
        return
    expect(path, "--mismatches", MISMATCHES)
    read_lines(connection, "mismatches", path, *LINE_PARSERS[MISMATCHES.name])


def resolve_songs(connection: duckdb.DuckDBPyConnection) -> None:
    """Find the artist of each song, by the rule at the top of this module.

    Afterwards there are the tables `songs` (song_id, artist, title, n_tracks, n_artists; songs with a sound track),
    `dropped` (song_id; songs of which every known track is a mismatch) and `artist_names` (item_id, name).
    """
    connection.execute("""
        CREATE TEMP TABLE sound AS
        SELECT DISTINCT song_id, track_id FROM listed ANTI JOIN mismatches USING (song_id, track_id)""")
    # arg_min(x, (-n, key)): the x of most rows n, and among equals of the least key, in whatever order rows come.
    connection.execute(f"""
        CREATE TEMP TABLE songs AS
        SELECT song_id, arg_min(artist, (-n, artist)) FILTER (artist IS NOT NULL) AS artist,
               arg_min(title, (-n, artist)) FILTER (artist IS NOT NULL) AS title,
               sum(n)::BIGINT AS n_tracks, count(artist) AS n_artists
        FROM (SELECT sound.song_id, artist, count(*) AS n,
                     arg_min(concat_ws('{BETWEEN}', artist_name, tracks.title), track_id) AS title
              FROM sound LEFT JOIN tracks USING (track_id) GROUP BY ALL)
        GROUP BY song_id""")
    # Without a list of tracks `songs` is empty, and every song of a mismatch is dropped.
    connection.execute("""
        CREATE TEMP TABLE dropped AS
        SELECT DISTINCT song_id FROM mismatches ANTI JOIN songs USING (song_id)""")
    connection.execute("""
        CREATE TEMP TABLE artist_names AS
        SELECT artist AS item_id, arg_min(artist_name, (-n, artist_name)) AS name
        FROM (SELECT artist, artist_name, count(*) AS n FROM tracks WHERE artist IS NOT NULL GROUP BY ALL)
        GROUP BY artist""")


def _read_metadata(connection: duckdb.DuckDBPyConnection, path: StrPath) -> None:
    """Copy the tracks of an SQLite database, a batch at a time."""
    uri = f"{Path(os.path.abspath(path)).as_uri()}?mode=ro"  # quoted: a name may hold ?, # and %
    _refuse_truncated(path)
    try:
        with closing(sqlite3.connect(uri, uri=True)) as database:
            # One name that is not UTF-8 must not stop the query.
            database.text_factory = lambda text: text.decode("utf-8", "replace")
            rows: Iterator[tuple[str | None, ...]] = database.execute(f"SELECT {', '.join(_FIELDS)} FROM songs")
            while batch := list(islice(rows, _BATCH)):
                columns = [pa.array(map(_text, column), pa.string()) for column in zip(*batch, strict=True)]
                connection.register("batch", pa.table(columns, list(_FIELDS)))
                connection.execute("INSERT INTO given FROM batch")
                connection.unregister("batch")
    except sqlite3.DatabaseError as error:
        raise FileFormatError(
            f"{path} cannot be read as {METADATA.name}: {error}. It has a table songs with {', '.join(_FIELDS)}; "
            "fetch it again."
        ) from error


def _refuse_truncated(path: StrPath) -> None:
    """Compare the length of a database with what its header says: SQLite may take missing pages for empty ones."""
    with open(path, "rb") as file:
        header = file.read(100)
    # The size of a page, of which 1 means 65,536, and the number of pages: https://www.sqlite.org/fileformat.html.
    page = int.from_bytes(header[16:18], "big")
    n_bytes = int.from_bytes(header[28:32], "big") * (65_536 if page == 1 else page)
    if len(header) < 100 or os.path.getsize(path) < n_bytes:
        raise FileFormatError(
            f"{path} is truncated: it has {os.path.getsize(path):,} of {counted(n_bytes, 'byte')}. Fetch it again."
        )


def _text(value: object) -> str | None:
    return None if value is None else str(value)
