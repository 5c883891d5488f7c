"""Scans of delimited text: by DuckDB's parser at its strictest, and line by line where that finds anything wrong."""

from __future__ import annotations

import csv
import glob
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import duckdb

from deepcuts.ingest.database import quoted
from deepcuts.ingest.delimited import Dialect, csv_arguments, find_dialect
from deepcuts.ingest.files import Sample
from deepcuts.ingest.options import Columns, ReadOptions
from deepcuts.ingest.reread import Line, fill_table, is_utf8
from deepcuts.ingest.scan import Cell, Scan


def scan_text(samples: Sequence[Sample], columns: Columns, options: ReadOptions) -> Iterator[Scan]:
    """Scans of text files, one for all files that are laid out alike.

    Raises
    ------
    DataError
        If a file has no rows, or not the columns asked for.
    """
    alike: dict[tuple[str | None, Dialect], list[str]] = {}
    for sample in samples:
        alike.setdefault((sample.compression, find_dialect(sample, columns, options)), []).append(sample.path)
    for (compression, dialect), paths in alike.items():
        places = columns.find(dialect.names, dialect.n_columns, paths[0])
        yield Scan(
            source=_read_csv(paths, dialect, compression),
            cells={role: Cell(f"c{place}", "VARCHAR") for role, place in places.items()},
            file="filename",
            row="NULL::BIGINT",
            unit="line",
            reread=partial(_reread, paths=paths, dialect=dialect, compression=compression, places=places),
        )


def _read_csv(paths: Sequence[str], dialect: Dialect, compression: str | None) -> str:
    columns = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(dialect.n_columns))
    return (
        f"read_csv({listing(paths)}, auto_detect = false, strict_mode = true, filename = true, "
        f"columns = {{{columns}}}, delim = {quoted(dialect.delimiter)}, header = {dialect.header}, "
        f"quote = {quoted(dialect.quote)}, escape = {quoted(dialect.quote)}, "
        f"compression = {quoted(compression or 'none')})"
    )


def listing(paths: Sequence[str]) -> str:
    """Paths as an SQL list that DuckDB takes as they are, not as patterns."""
    return "[" + ", ".join(quoted(glob.escape(path)) for path in paths) + "]"


def _reread(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    *,
    paths: Sequence[str],
    dialect: Dialect,
    compression: str | None,
    places: Mapping[str, int],
) -> Scan:
    cells = {role: Cell(f"{role}_cell", "VARCHAR") for role in places}
    parsers = dict.fromkeys(paths, partial(_lines, dialect=dialect))
    return fill_table(connection, table, parsers, compression, cells, list(places.values()))


def _lines(text: Iterator[str], dialect: Dialect) -> Iterator[Line]:
    """Every record of a file, sound or not."""
    taken: list[str] = []
    records = csv.reader(_remembering(text, taken), **csv_arguments(dialect.delimiter, dialect.quote))
    nothing = [""] * dialect.n_columns
    names_come = dialect.header
    while (found := _next_record(records, dialect.n_columns)) is not None:
        record, problem = found
        if record and names_come:
            names_come = False
        elif problem:
            yield records.line_num - len(taken) + 1, problem, "".join(taken), nothing
        elif record:
            yield records.line_num - len(taken) + 1, None, None, record
        taken.clear()


def _remembering(text: Iterator[str], taken: list[str]) -> Iterator[str]:
    for line in text:
        taken.append(line)
        yield line


def _next_record(records: Iterator[list[str]], n_columns: int) -> tuple[list[str], str | None] | None:
    """The next record and what is wrong with it; None at the end. Empty lines are empty records."""
    try:
        record = next(records)
    except StopIteration:
        return None
    except csv.Error:
        return [], "line has a quote without its pair"
    if record and len(record) != n_columns:
        return record, f"line has {len(record):,} cells where {n_columns:,} are expected"
    return record, None if is_utf8("".join(record)) else "line is not UTF-8 text (convert the file, say with iconv)"
