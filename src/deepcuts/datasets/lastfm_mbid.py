"""Last.fm of 2010, by Òscar Celma: 360,000 people's most played artists, and 1,000 people's every play.

Both tables name artists twice, by MusicBrainz id (often missing) and by name. The same artist would be two items where
some rows have the id and others only the name, so names are put together first: an artist's id is the MusicBrainz id
that stands most often beside the name, by any of its spellings; without one, the name in one spelling.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import duckdb
import pyarrow as pa

from deepcuts.data.interactions import Interactions
from deepcuts.datasets.folders import find_file
from deepcuts.datasets.report import DatasetReport
from deepcuts.datasets.songs import one_spelling
from deepcuts.ingest import Columns, ReadOptions, count_text_rows, sum_mapped
from deepcuts.ingest.tabular.database import plain_errors, workspace
from deepcuts.ingest.tabular.text_files import listing
from deepcuts.ingest.tabular.time_rules import NO_RULES
from deepcuts.storage import StrPath
from deepcuts.wording import counted

_MBID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@dataclass(frozen=True)
class _Layout:
    """A table: its file, its columns, how many there are and which, from 0, holds the MusicBrainz id."""

    file: str
    columns: Columns
    n_columns: int
    mbid: int


_360K = _Layout("usersha1-artmbid-artname-plays.tsv", Columns(1, 3, plays=4), n_columns=4, mbid=1)
_1K = _Layout("userid-timestamp-artid-artname-traid-traname.tsv", Columns(1, 4, time=2), n_columns=6, mbid=2)


def load_lastfm_360k(folder: StrPath, options: ReadOptions | None = None) -> Interactions:
    """Read Last.fm 360K: play counts of the artists that each person played most.

    Rows that cannot be used (the table has a few) are left out, with a warning.

    Parameters
    ----------
    folder
        It holds usersha1-artmbid-artname-plays.tsv.
    options
        How to read; of text files only what they leave open.

    Raises
    ------
    DataError, FileFormatError
        If the file is missing or cannot be used.
    SettingsError
        If `options` are no `ReadOptions`.
    """
    return read_lastfm_360k(folder, options)[0]


def load_lastfm_1k(folder: StrPath, options: ReadOptions | None = None) -> Interactions:
    """Read Last.fm 1K: every play of each person, with times, counted by artist.

    Rows that cannot be used (the table has a few) are left out, with a warning.

    Parameters
    ----------
    folder
        It holds userid-timestamp-artid-artname-traid-traname.tsv.
    options
        How to read, and how much a play counts by when it was heard; of text files only what they leave open.

    Raises
    ------
    DataError, FileFormatError
        If the file is missing or cannot be used.
    SettingsError
        If `options` are no `ReadOptions`.
    """
    return read_lastfm_1k(folder, options)[0]


def read_lastfm_360k(folder: StrPath, options: ReadOptions | None = None) -> tuple[Interactions, DatasetReport]:
    """Read Last.fm 360K, and report what happened; see `load_lastfm_360k`."""
    return _read(folder, _360K, options)


def read_lastfm_1k(folder: StrPath, options: ReadOptions | None = None) -> tuple[Interactions, DatasetReport]:
    """Read Last.fm 1K, and report what happened; see `load_lastfm_1k`."""
    return _read(folder, _1K, options)


def _read(folder: StrPath, layout: _Layout, options: ReadOptions | None) -> tuple[Interactions, DatasetReport]:
    options = ReadOptions.of(options)
    options = replace(options, header=False, delimiter="\t", quote="", on_bad_rows="skip")
    path = str(find_file(folder, layout.file))
    with workspace(options) as connection, plain_errors(path, options):
        report = count_text_rows(connection, [path], layout.columns, options)
        names = _resolve_artists(connection, path, layout)
        timed = layout.columns.time is not None
        plays = sum_mapped(connection, "mapping", timed=timed, rules=options.times or NO_RULES).with_labels(names)
        n_names, n_by_id = connection.execute(f"""
            SELECT count(*), count(DISTINCT id) FILTER (regexp_full_match(id, '{_MBID}')) FROM mapping""").fetchall()[0]
    remark = (
        f"{counted(n_names, 'name is', 'names are')} {counted(plays.n_items, 'artist')}, "
        f"{n_by_id:,} of them by their MusicBrainz id."
    )
    return plays, DatasetReport(report.n_rows, report.n_skipped, (remark,))


def _resolve_artists(connection: duckdb.DuckDBPyConnection, path: str, layout: _Layout) -> pa.Table:
    """Make the table `mapping` from names to ids; return the most common name of each id."""
    columns = ", ".join(f"'c{index}': 'VARCHAR'" for index in range(layout.n_columns))
    name = f"c{int(layout.columns.item) - 1}"
    connection.execute(f"""
        CREATE TEMP TABLE named AS
        SELECT {name} AS raw, {one_spelling(name)} AS spelling,
               CASE WHEN regexp_full_match(c{layout.mbid}, '{_MBID}') THEN c{layout.mbid} END AS mbid, count(*) AS n
        FROM read_csv({listing([path])}, auto_detect = false, columns = {{{columns}}}, delim = '\t', quote = '',
                      escape = '', header = false, strict_mode = false, ignore_errors = true)
        WHERE {name} IS NOT NULL GROUP BY ALL""")
    connection.execute("""
        CREATE TEMP TABLE mapping AS
        SELECT id_counts.id AS raw, coalesce(mbid, spelling) AS id
        FROM id_counts JOIN (SELECT DISTINCT raw, spelling FROM named) AS names ON names.raw = id_counts.id
             LEFT JOIN (SELECT spelling, arg_min(mbid, (-n, mbid)) AS mbid
                        FROM (SELECT spelling, mbid, sum(n)::BIGINT AS n FROM named WHERE mbid IS NOT NULL GROUP BY ALL)
                        GROUP BY spelling) USING (spelling)
        WHERE NOT is_user""")
    return connection.sql("""
        SELECT id AS item_id, arg_min(raw, (-n, raw)) AS name
        FROM (SELECT id, raw, sum(n) AS n FROM mapping JOIN named USING (raw) GROUP BY ALL)
        GROUP BY id""").to_arrow_table()
