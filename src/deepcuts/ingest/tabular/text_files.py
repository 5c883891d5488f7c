"""Scans of delimited text: by DuckDB's parser, or line by line where that finds anything wrong."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import dropwhile, islice

import duckdb

from deepcuts.ingest.tabular.columns import Columns
from deepcuts.ingest.tabular.csv_records import read_csv_records
from deepcuts.ingest.tabular.database import quoted
from deepcuts.ingest.tabular.dialect import Dialect, find_dialect
from deepcuts.ingest.tabular.files import Sample, copy_as_utf8
from deepcuts.ingest.tabular.line_reader import Line, fill_table, is_utf8
from deepcuts.ingest.tabular.options import ReadOptions
from deepcuts.ingest.tabular.scan import FILE, Cell, Scan

_NEVER = "\U0010ffff"  # a character that no text has


def scan_text(
    connection: duckdb.DuckDBPyConnection, samples: Sequence[Sample], columns: Columns, options: ReadOptions
) -> Iterator[Scan]:
    """Scans of text files, one for all files that are laid out alike.

    Raises
    ------
    DataError
        If a file has no rows, or not the columns asked for.
    """
    alike: dict[tuple[str | None, Dialect], list[str]] = {}
    for number, sample in enumerate(samples):
        dialect = find_dialect(sample, columns, options)
        if sample.is_copied:
            yield _scan_copy(connection, sample, number, columns, dialect)
        else:
            alike.setdefault((sample.compression, dialect), []).append(sample.path)
    for n, ((compression, dialect), paths) in enumerate(alike.items()):
        indexes = columns.find(dialect.names, dialect.n_filled, paths[0])
        files = _Files(paths, compression, dialect)
        yield (
            files.scan(indexes) if files.are_plain(connection) else files.read_lines(connection, f"quoted_{n}", indexes)
        )


def _scan_copy(
    connection: duckdb.DuckDBPyConnection, sample: Sample, number: int, columns: Columns, dialect: Dialect
) -> Scan:
    """Scan a file that is written anew in UTF-8, under its own name."""
    ((folder,),) = connection.execute("SELECT current_setting('temp_directory')").fetchall()
    indexes = columns.find(dialect.names, dialect.n_filled, sample.path)
    copy = _Files([copy_as_utf8(sample, folder, number).path], None, dialect)
    if not copy.are_plain(connection):
        return replace(copy.read_lines(connection, f"copied_{number}", indexes), file=quoted(sample.path))
    scan = copy.scan(indexes)

    def by_line(database: duckdb.DuckDBPyConnection, table: str) -> Scan:
        return replace(copy.read_lines(database, table, indexes), file=quoted(sample.path))

    return replace(scan, file=quoted(sample.path), line_reader=by_line)


def listing(paths: Sequence[str]) -> str:
    """Paths as an SQL list that DuckDB takes as they are, not as patterns."""
    return "[" + ", ".join(quoted(glob.escape(path)) for path in paths) + "]"


@dataclass(frozen=True)
class _Files:
    """Files that are laid out alike."""

    paths: Sequence[str]
    compression: str | None
    dialect: Dialect

    def scan(self, indexes: Mapping[str, int]) -> Scan:
        """Scan by DuckDB's parser the columns at `indexes`, by role."""
        cells = {role: Cell(f"c{index}", "VARCHAR") for role, index in indexes.items()}
        line_reader = partial(self.read_lines, indexes=indexes)
        return Scan(
            self._rows(),
            cells,
            file=FILE,
            row="NULL::BIGINT",
            unit="line",
            problem=self._problem(indexes),
            line_reader=line_reader,
        )

    def _problem(self, indexes: Mapping[str, int]) -> str:
        """SQL of what is wrong with a row although it has the cells of one; the line reader says it more exactly."""
        dialect = self.dialect
        if dialect.names is None:
            return "NULL::VARCHAR"
        again = " AND ".join(f"trim(c{index}) = {quoted(dialect.names[index])}" for index in indexes.values())
        beyond = [f"coalesce(trim(c{index}), '') <> ''" for index in range(dialect.n_filled, dialect.n_columns)]
        return f"CASE WHEN {' OR '.join([f'({again})', *beyond])} THEN 'line is no row' END"

    def read_lines(self, connection: duckdb.DuckDBPyConnection, table: str, indexes: Mapping[str, int]) -> Scan:
        """Read the columns at `indexes`, by role, line by line into a new table, and scan it."""
        cells = {role: Cell(f"{role}_cell", "VARCHAR") for role in indexes}
        parsers = dict.fromkeys(self.paths, partial(_lines, dialect=self.dialect))
        return fill_table(connection, table, parsers, self.compression, cells, list(indexes.values()))

    def are_plain(self, connection: duckdb.DuckDBPyConnection) -> bool:
        """Whether DuckDB's parser reads quotes as `read_csv_records` does.

        Even in strict mode it takes some quotes without a pair for the beginning of a cell that runs over many lines,
        and blanks before a quote now for part of the cell, now not. Neither can happen where no quote has blanks before
        it and every line is a row.
        """
        if not self.dialect.quote:
            return True
        try:
            n_lines, n_quoted, n_doubtful = self._count_lines(connection)
            if not n_quoted:
                return True
            ((n_rows,),) = connection.execute(f"SELECT count(*) FROM {self._rows()}").fetchall()
        except duckdb.OutOfMemoryException:
            raise
        except duckdb.Error:
            return False
        return not n_doubtful and bool(n_rows == n_lines - self.dialect.header * len(self.paths))

    def _count_lines(self, connection: duckdb.DuckDBPyConnection) -> Sequence[int]:
        """Count lines that are not empty, those with quotes, and those where a quote has blanks before it."""
        # \Q…\E: taken literally in the regular expressions of DuckDB (RE2), for marks such as "|".
        quote, delimiter = (rf"\Q{mark}\E" for mark in (self.dialect.quote, self.dialect.delimiter))
        # Each line as one cell.
        lines = self._read_csv(["line"], delimiter=_NEVER, quote="", header=False, strict=False)
        counts: Sequence[int] = connection.execute(f"""
            SELECT count(line), count(*) FILTER (is_quoted), count(*) FILTER (CASE WHEN is_quoted THEN
                       regexp_matches(line, {quoted(f"(^|{delimiter}|{quote}) +{quote}")}) END)
            FROM (SELECT line, contains(line, {quoted(self.dialect.quote)}) AS is_quoted FROM {lines})""").fetchall()[0]
        return counts

    def _rows(self) -> str:
        columns = [f"c{index}" for index in range(self.dialect.n_columns)]
        dialect = self.dialect
        return self._read_csv(columns, dialect.delimiter, dialect.quote, header=dialect.header, strict=True)

    def _read_csv(self, columns: Sequence[str], delimiter: str, quote: str, *, header: bool, strict: bool) -> str:
        """DuckDB's parser, all cells as text, with nothing left for it to guess."""
        types = ", ".join(f"'{name}': 'VARCHAR'" for name in columns)
        return (
            f"read_csv({listing(self.paths)}, auto_detect = false, filename = '{FILE}', columns = {{{types}}}, "
            f"delim = {quoted(delimiter)}, quote = {quoted(quote)}, escape = {quoted(quote)}, header = {header}, "
            f"skip = {self.dialect.skip}, "
            f"strict_mode = {strict}, compression = {quoted(self.compression or 'none')})"
        )


def _lines(text: Iterator[str], dialect: Dialect) -> Iterator[Line]:
    """Every record of a file but its header, sound or not."""
    nothing = [""] * dialect.n_columns
    padding = [""] * (dialect.n_columns - dialect.n_filled)
    records = read_csv_records(text, dialect.delimiter, dialect.quote)
    below = dropwhile(lambda record: record[0] <= dialect.skip, records)
    for number, line, cells in islice(below, dialect.header, None):
        problem = _problem(line, cells, dialect)
        if problem or cells is None:
            yield number, problem, line, nothing
        else:
            yield number, None, None, [*cells, *padding]


def _problem(line: str, cells: list[str] | None, dialect: Dialect) -> str | None:
    if cells is None:
        return "line has a quote without its pair"
    if problem := dialect.problem(cells):
        return problem
    return None if is_utf8(line) else "line is not UTF-8 text (convert the file, say with iconv)"
