"""The Audioscrobbler profiles of 2005: plays of artists, with misspelt artists corrected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa

from deepcuts.data.interactions import Interactions
from deepcuts.datasets.folders import find_file, find_optional
from deepcuts.datasets.lines import read_lines
from deepcuts.datasets.report import DatasetReport
from deepcuts.ingest import Columns, ReadOptions, count_text_rows, sum_mapped
from deepcuts.ingest.tabular.database import plain_errors, workspace
from deepcuts.storage import StrPath
from deepcuts.wording import counted

_COLUMNS = Columns(1, 2, 3)


def load_audioscrobbler(folder: StrPath, options: ReadOptions | None = None) -> Interactions:
    """Read the Audioscrobbler profiles, or a cut of them.

    Plays of an artist that is listed as an alias count for the artist it stands for; where that one is an alias again,
    for the artist at the end. Artists are named where they have a name.

    Parameters
    ----------
    folder
        It holds user_artist_data.txt, and may hold artist_data.txt and artist_alias.txt; or all with _small before
        their ending.
    options
        How to read; of text files only what they leave open.

    Raises
    ------
    DataError, FileFormatError
        If a file is missing or cannot be used.
    SettingsError
        If `options` are no `ReadOptions`.
    """
    return read_audioscrobbler(folder, options)[0]


def read_audioscrobbler(folder: StrPath, options: ReadOptions | None = None) -> tuple[Interactions, DatasetReport]:
    """Read the Audioscrobbler profiles, and report what was corrected; see `load_audioscrobbler`."""
    options = replace(ReadOptions.of(options), header=False, delimiter=" ", quote="")
    rows = find_file(folder, "user_artist_data.txt", "user_artist_data_small.txt")
    names = find_optional(folder, "artist_data.txt", "artist_data_small.txt")
    aliases = find_optional(folder, "artist_alias.txt", "artist_alias_small.txt")
    with workspace(options) as connection, plain_errors(str(rows), options):
        table, remarks = _read_names(connection, names)
        remarks += _read_aliases(connection, aliases)
        report = count_text_rows(connection, [rows], _COLUMNS, options)
        connection.execute("""
            CREATE TEMP TABLE mapping AS SELECT id AS raw, coalesce(good_id, id) AS id
            FROM id_counts LEFT JOIN aliases ON bad_id = id WHERE id IS NOT NULL AND NOT is_user""")
        ((n_merged,),) = connection.execute("SELECT count(*) FROM mapping WHERE raw <> id").fetchall()
        plays = sum_mapped(connection, "mapping").with_labels(table)
    all_remarks = (*remarks, f"Counted for the artists they stand for: {counted(n_merged, 'alias', 'aliases')}.")
    return plays, DatasetReport(report.n_rows, report.n_skipped, all_remarks)


def parse_alias(line: str) -> list[Sequence[str]] | None:
    """Bad and good id of a line of artist_alias.txt; None where one of them is missing."""
    cells = line.split("\t")
    return [cells] if len(cells) == 2 and all(cell.isascii() and cell.isdigit() for cell in cells) else None


def parse_name(line: str) -> list[Sequence[str]] | None:
    """Id and name of a line of artist_data.txt; None where there is no id or nothing after it."""
    identifier, tab, name = line.partition("\t")
    return [(identifier, name)] if tab and identifier.isascii() and identifier.isdigit() else None


def resolve(aliases: dict[str, str]) -> dict[str, str]:
    """Follow aliases of aliases to their end; in a cycle, each stands for the least id of the cycle."""
    ends: dict[str, str] = {}
    for start, first in aliases.items():
        path, last = {start: None}, first  # a dict for its order and its fast `in`
        while last in aliases and last not in ends and last not in path:
            path[last] = None
            last = aliases[last]
        if last in path:  # a cycle, which may begin after `start`
            ids = list(path)
            end = min(ids[ids.index(last) :], key=int)
        else:
            end = ends.get(last, last)
        ends |= dict.fromkeys(path, end)  # all of the path at once, so that each alias is followed once
    return ends


def _read_names(connection: duckdb.DuckDBPyConnection, path: Path | None) -> tuple[pa.Table | None, tuple[str, ...]]:
    if path is None:
        return None, ("There is no artist_data.txt, so artists have no names.",)
    n_bad = read_lines(connection, "names", path, ("item_id", "name"), parse_name)
    table = connection.sql("SELECT item_id, name FROM names").to_arrow_table()
    return table, (f"Left out: {counted(n_bad, 'malformed line')} of {path.name}.",) if n_bad else ()


def _read_aliases(connection: duckdb.DuckDBPyConnection, path: Path | None) -> tuple[str, ...]:
    """Make the table `aliases` of bad_id and good_id."""
    ends: dict[str, str] = {}
    remarks: tuple[str, ...] = ()
    if path is not None:
        n_bad = read_lines(connection, "alias_lines", path, ("bad_id", "good_id"), parse_alias)
        ends = resolve(dict(connection.execute("SELECT bad_id, good_id FROM alias_lines ORDER BY row").fetchall()))
        remarks = (f"Left out: {counted(n_bad, 'malformed line')} of {path.name}.",) if n_bad else ()
    columns = {"bad_id": list(ends), "good_id": list(ends.values())}
    connection.register("ends", pa.table({name: pa.array(ids, pa.string()) for name, ids in columns.items()}))
    connection.execute("CREATE TEMP TABLE aliases AS SELECT * FROM ends")
    return remarks
