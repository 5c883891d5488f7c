"""Last.fm of HetRec 2011: the fifty artists that each of two thousand people played most, with names and tags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from deepcuts.data.interactions import Interactions
from deepcuts.datasets.folders import find_file, find_optional
from deepcuts.datasets.lines import read_lines
from deepcuts.datasets.report import DatasetReport
from deepcuts.ingest import Columns, ReadOptions, ingest
from deepcuts.ingest.tabular.database import workspace
from deepcuts.storage import StrPath

_COLUMNS = Columns("userID", "artistID", "weight")


def load_lastfm_2k(folder: StrPath, options: ReadOptions | None = None) -> Interactions:
    """Read Last.fm of HetRec 2011.

    Artists have names and tags; the weight of a tag is the number of people who gave it.

    Parameters
    ----------
    folder
        It holds user_artists.dat, and may hold artists.dat, tags.dat and user_taggedartists.dat.
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
    Cantador, Brusilovsky, Kuflik: 2nd Workshop on Information Heterogeneity and Fusion in Recommender Systems,
    RecSys 2011, doi:10.1145/2043932.2044016.
    """
    return read_lastfm_2k(folder, options)[0]


def read_lastfm_2k(folder: StrPath, options: ReadOptions | None = None) -> tuple[Interactions, DatasetReport]:
    """Read Last.fm of HetRec 2011, and report what happened; see `load_lastfm_2k`."""
    options = replace(ReadOptions.of(options), header=True, delimiter="\t", quote="")
    plays, report = ingest(find_file(folder, "user_artists.dat"), _COLUMNS, options)
    names, tags = _read_names(folder, options), _read_tags(folder, options)
    remarks = tuple(
        f"There is no {file}, so artists have no {what}."
        for table, file, what in (
            (names, "artists.dat", "names"),
            (tags, "tags.dat and user_taggedartists.dat", "tags"),
        )
        if table is None
    )
    labelled = plays if names is tags is None else plays.with_labels(names, tags)
    return labelled, DatasetReport(report.n_rows, report.n_skipped, remarks)


def parse_artist(line: str) -> list[Sequence[str]] | None:
    """Id and name of a line of artists.dat; None where it is malformed."""
    cells = line.split("\t")
    return [cells[:2]] if len(cells) == 4 else None


def parse_tag(line: str) -> list[Sequence[str]] | None:
    """Id and words of a line of tags.dat; None where it is malformed."""
    cells = line.split("\t")
    return [cells] if len(cells) == 2 else None


def parse_tagged(line: str) -> list[Sequence[str]] | None:
    """User, artist and tag of a line of user_taggedartists.dat; None where it is malformed."""
    cells = line.split("\t")
    return [cells[:3]] if len(cells) == 6 else None


def _read_names(folder: StrPath, options: ReadOptions) -> pa.Table | None:
    path = find_optional(folder, "artists.dat")
    if path is None:
        return None
    with workspace(options) as connection:
        read_lines(connection, "artists", path, ("item_id", "name"), parse_artist)
        return connection.sql("SELECT item_id, name FROM artists").to_arrow_table()


def _read_tags(folder: StrPath, options: ReadOptions) -> pa.Table | None:
    """Item, tag and who gave it."""
    words: Path | None = find_optional(folder, "tags.dat")
    tagged = find_optional(folder, "user_taggedartists.dat")
    if words is None or tagged is None:
        return None
    with workspace(options) as connection:
        read_lines(connection, "words", words, ("tag_id", "tag"), parse_tag, encoding="iso-8859-1")
        read_lines(connection, "tagged", tagged, ("user_id", "item_id", "tag_id"), parse_tagged)
        return connection.sql("""
            SELECT DISTINCT item_id, tag, user_id AS tagger
            FROM tagged JOIN words USING (tag_id) ORDER BY ALL""").to_arrow_table()
