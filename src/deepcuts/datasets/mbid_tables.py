"""Ids of MusicBrainz of items: from tables, from the Million Song Dataset, and from listens of ListenBrainz."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from deepcuts.datasets.label_tables import read_label_table
from deepcuts.datasets.lines import read_lines
from deepcuts.datasets.songs import one_spelling
from deepcuts.errors import DataError
from deepcuts.ingest import ReadOptions
from deepcuts.ingest.tabular.database import plain_errors, quoted, workspace
from deepcuts.ingest.tabular.files import take_sample
from deepcuts.storage import StrPath

MBID_COLUMNS = ("item_id", "mbid")

_SEPARATOR = "<SEP>"
_FORM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def read_mbids(path: StrPath, columns: Sequence[str] = MBID_COLUMNS) -> pa.Table:
    """Read ids of MusicBrainz of items, from one of three kinds of files, told by their content.

    Parameters
    ----------
    path
        A table with a header, as `deepcuts.datasets.label_tables.read_names` reads it; unique_artists.txt of the
        Million Song Dataset, where items are ids of its artists, or names in one spelling, as the Taste Profile has
        them; or listens of ListenBrainz, one object a line, where items are names of artists.
    columns
        Of a table, the columns of item ids and of ids of MusicBrainz.

    Returns
    -------
    pyarrow.Table
        item_id and mbid, both strings. Of listens, the id that stands most often beside a name.

    Raises
    ------
    DataError, FileFormatError
        If there is no such file or column, it cannot be read, or holds no id of MusicBrainz.
    """
    options = ReadOptions()
    sample = take_sample(str(path))
    if sample.kind == "parquet" or (sample.kind != "json" and _SEPARATOR not in sample.text):
        table = read_label_table(path, columns, MBID_COLUMNS, "--mbids")
    else:
        with workspace(options) as connection, plain_errors(str(path), options):
            read = _of_listens if sample.kind == "json" else _of_songs
            table = read(connection, Path(path))
    if not any(map(_is_mbid, table["mbid"].to_pylist())):
        raise DataError(f"{path} holds no ids of MusicBrainz, such as 9c9f1380-2516-4fc9-a3e6-f9f61941d090.")
    return table


def parse_unique_artist(line: str) -> list[Sequence[str]] | None:
    """Id, id of MusicBrainz and name of a line of unique_artists.txt; None where it is malformed."""
    cells = line.split(_SEPARATOR)
    return [(cells[0], cells[1], cells[3])] if len(cells) == 4 else None


def _of_songs(connection: duckdb.DuckDBPyConnection, path: Path) -> pa.Table:
    read_lines(connection, "artists", path, ("artist_id", "mbid", "name"), parse_unique_artist)
    return connection.sql(f"""
        SELECT artist_id AS item_id, mbid FROM artists WHERE mbid <> ''
        UNION ALL SELECT {one_spelling("name")}, min(mbid) FROM artists WHERE mbid <> '' GROUP BY 1
        ORDER BY ALL""").to_arrow_table()


def _of_listens(connection: duckdb.DuckDBPyConnection, path: Path) -> pa.Table:
    """Names of artists and their ids, from listens that credit one artist."""
    return connection.sql(f"""
        WITH listens AS (
            SELECT track_metadata ->> '$.artist_name' AS name,
                   coalesce(track_metadata -> '$.mbid_mapping.artist_mbids',
                            track_metadata -> '$.additional_info.artist_mbids') AS mbids
            FROM read_json({quoted(str(path))}, format = 'newline_delimited', columns = {{track_metadata: 'JSON'}})),
        counted AS (SELECT name, mbids ->> '$[0]' AS mbid, count(*) AS n FROM listens
                    WHERE name IS NOT NULL AND json_array_length(mbids) = 1 GROUP BY ALL)
        SELECT name AS item_id, arg_min(mbid, (-n, mbid)) AS mbid FROM counted WHERE mbid IS NOT NULL
        GROUP BY name ORDER BY name""").to_arrow_table()


def _is_mbid(text: str | None) -> bool:
    return text is not None and _FORM.fullmatch(text.strip()) is not None
