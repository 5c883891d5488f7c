"""LFM-2b: how often each of 120,000 people played each track, with the artists of the tracks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb

from deepcuts.data.interactions import Interactions
from deepcuts.datasets.folders import find_file
from deepcuts.datasets.report import DatasetReport
from deepcuts.datasets.songs import one_spelling
from deepcuts.errors import DataError
from deepcuts.ingest import Columns, ReadOptions, count_text_rows, sum_mapped
from deepcuts.ingest.tabular.database import plain_errors, workspace
from deepcuts.ingest.tabular.files import take_sample
from deepcuts.ingest.tabular.text_files import scan_text
from deepcuts.storage import StrPath
from deepcuts.wording import counted

_COUNTS = Columns("user_id", "track_id", "count")
_TRACKS = Columns("track_id", "artist_name")
_ENDINGS = (".tsv.bz2", ".tsv", ".tsv.gz", ".tsv.zst")


def load_lfm_2b(folder: StrPath, options: ReadOptions | None = None) -> Interactions:
    """Read the counts of LFM-2b by artist; spellings of an artist that differ in case and blanks are one.

    Parameters
    ----------
    folder
        It holds listening-counts.tsv.bz2 and tracks.tsv.bz2, packed or unpacked.
    options
        How to read; of text files only what they leave open.

    Raises
    ------
    DataError, FileFormatError
        If a file is missing or cannot be used.
    SettingsError
        If `options` are no `ReadOptions`.

    References
    ----------
    Schedl, Brandl, Lesota, Parada-Cabaleiro, Penz, Rekabsaz: LFM-2b. CHIIR 2022, doi:10.1145/3498366.3505791.
    """
    return read_lfm_2b(folder, options)[0]


def read_lfm_2b(folder: StrPath, options: ReadOptions | None = None) -> tuple[Interactions, DatasetReport]:
    """Read the counts of LFM-2b, and report what was left out; see `load_lfm_2b`."""
    options = replace(ReadOptions.of(options), header=None, delimiter="\t", quote="", on_bad_rows="skip")
    counts, tracks = (find_file(folder, *(name + end for end in _ENDINGS)) for name in ("listening-counts", "tracks"))
    with workspace(options) as connection, plain_errors(str(counts), options):
        _read_tracks(connection, tracks, options)
        report = count_text_rows(connection, [counts], _COUNTS, options)
        connection.execute("""
            CREATE TEMP TABLE mapping AS
            SELECT id_counts.id AS raw, artist AS id
            FROM id_counts JOIN tracks ON track_id = id_counts.id WHERE NOT is_user""")
        facts = connection.execute("""
            SELECT count(*) - count(artist), count(artist)
            FROM id_counts LEFT JOIN tracks ON track_id = id_counts.id
            WHERE id_counts.id IS NOT NULL AND NOT is_user""").fetchall()
        names = connection.sql("""
            SELECT artist AS item_id, arg_min(name, (-n, name)) AS name
            FROM (SELECT artist, name, count(*) AS n FROM tracks GROUP BY ALL) GROUP BY artist""").to_arrow_table()
        plays = sum_mapped(connection, "mapping").with_labels(names)
    ((n_unknown, n_known),) = facts
    remarks = (
        f"{counted(n_known, 'track is', 'tracks are')} of {counted(plays.n_items, 'artist')}; "
        f"{counted(n_unknown, 'other has none and is', 'others have none and are')} left out.",
    )
    return plays, DatasetReport(report.n_rows, report.n_skipped, remarks)


def _read_tracks(connection: duckdb.DuckDBPyConnection, path: Path, options: ReadOptions) -> None:
    """Make the table `tracks` of track_id, artist (an id, in one spelling) and name."""
    (scan,) = scan_text(connection, [take_sample(str(path))], _TRACKS, options)
    identifier, name = scan.cells["user"].sql, f"trim({scan.cells['item'].sql})"
    connection.execute(f"""
        CREATE TEMP TABLE tracks AS
        SELECT {identifier} AS track_id, any_value({one_spelling(name)}) AS artist, any_value({name}) AS name
        FROM {scan.source} WHERE {name} <> '' GROUP BY 1""")
    ((n_tracks,),) = connection.execute("SELECT count(*) FROM tracks").fetchall()
    if not n_tracks:
        raise DataError(f"{path} names no artist of any track. Is it tracks.tsv of LFM-2b?")
