"""The dialect of delimited text: delimiter, quote, and whether the first line is a header."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from deepcuts.checks import shown
from deepcuts.errors import DataError
from deepcuts.ingest.tabular.columns import Columns
from deepcuts.ingest.tabular.files import Sample
from deepcuts.ingest.tabular.header_doubt import looks_like_names
from deepcuts.ingest.tabular.layouts import Reading, reading_of, stated_delimiter
from deepcuts.ingest.tabular.numbers import are_mostly_numbers
from deepcuts.ingest.tabular.options import ReadOptions
from deepcuts.wording import counted

logger = logging.getLogger(__name__)

_DELIMITERS = "\t,;| "
_HEADER_WITHIN = 20  # records: some programs write a few lines above the names


@dataclass(frozen=True)
class Dialect:
    """How a text file is laid out.

    Parameters
    ----------
    delimiter
        Character between cells.
    quote
        Character around cells, "" for none; doubled, it stands for itself.
    header
        Whether the first line names the columns.
    names
        These names; None where there are none.
    n_columns
        Number of cells in a line.
    skip
        Lines above the first record: what a program wrote above the names, and what says the delimiter ("sep=;").
    """

    delimiter: str
    quote: str
    header: bool
    names: tuple[str, ...] | None
    n_columns: int
    skip: int = 0

    @property
    def n_filled(self) -> int:
        """Number of cells that may hold something; those after them come from delimiters at the end of a line."""
        return self.n_columns if self.names is None else min(len(self.names), self.n_columns)

    def problem(self, cells: Sequence[str]) -> str | None:
        """What is wrong with the cells of a line; None where it is a row."""
        if len(cells) < self.n_filled or any(cell.strip() for cell in cells[self.n_filled :]):
            return f"line has {counted(len(cells), 'cell')} where {counted(self.n_filled, 'is', 'are')} expected"
        if self.names is not None and tuple(cell.strip() for cell in cells[: self.n_filled]) == self.names:
            return "line names the columns again"
        return None


def find_dialect(sample: Sample, columns: Columns, options: ReadOptions) -> Dialect:
    """Find out how a text file is laid out, from its first lines, the columns asked for and what the options say.

    The delimiter is the one that gives most lines the same number of cells, among those that give the columns asked
    for. A column that is asked for by name is looked for in the first 20 records; else the first record names the
    columns where it holds no number and some column below holds mostly numbers. Lines above the names are passed over.

    Raises
    ------
    DataError
        If the file has no rows, or nothing divides them into cells.
    """
    stated = stated_delimiter(sample.text)
    delimiters = options.delimiter or stated or _DELIMITERS
    readings = {mark: reading_of(sample.text, mark, options.quote) for mark in delimiters}
    delimiter = _best({mark: _from_names(_rows(reading), columns) for mark, reading in readings.items()}, columns)
    records = readings[delimiter].records
    if not records:
        raise DataError(f"There are no rows in {sample.path}.")
    if _width(_from_names(_rows(readings[delimiter]), columns))[0] == 1:
        wanted = repr(options.delimiter) if options.delimiter else "tab, comma, semicolon, bar or blank"
        raise DataError(
            f"No {wanted} divides the lines of {sample.path} into cells. Pass delimiter=... with what does."
        )
    header = _header(_rows(readings[delimiter]), columns, options)
    _say_what_was_found(header, records, columns, options, sample.path)
    rows = [cells for _, cells in records[header or 0 :]]
    names = None if header is None else tuple(_as_asked(name, columns) for name in _without_blank_end(rows[0]))
    n_columns = _width(rows)[0] if names is None else max(len(names), _usual_width(rows[1:], len(names)))
    return Dialect(
        delimiter,
        readings[delimiter].quote,
        header is not None,
        names,
        n_columns,
        skip=records[header][0] - 1 if header else int(stated is not None),
    )


def _rows(reading: Reading) -> list[list[str]]:
    return [cells for _, cells in reading.records]


def _from_names(rows: list[list[str]], columns: Columns) -> list[list[str]]:
    """Records from the one on that names the columns asked for; all of them where none does."""
    first = next(
        (index for index, row in enumerate(rows[:_HEADER_WITHIN]) if columns.names and _names(row, columns)), 0
    )
    return rows[first:]


def _say_what_was_found(
    header: int | None,
    records: Sequence[tuple[int, Sequence[str]]],
    columns: Columns,
    options: ReadOptions,
    path: str,
) -> None:
    """Log what the first lines were taken for, where nobody has said it."""
    if header:
        logger.info("The lines of %s above line %s are passed over.", path, f"{records[header][0]:,}")
    if header is not None and not columns.names and options.header is None:
        number, names = records[header]
        logger.info("Line %s of %s is taken for the names of its columns: %r", f"{number:,}", path, names)
    if header is None and options.header is None:
        _warn_of_names([cells for _, cells in records], columns, path)


def _header(rows: Sequence[Sequence[str]], columns: Columns, options: ReadOptions) -> int | None:
    """The index of the record that names the columns; None where there is none.

    Lines above it are no rows; where columns are asked for by position, they have to have fewer cells or more.
    """
    if options.header is False and not columns.names:
        return None
    if columns.names:
        found = next((index for index, row in enumerate(rows[:_HEADER_WITHIN]) if _names(row, columns)), 0)
        return found if options.header is not False else None
    if options.header or _has_header(rows):
        return 0
    width = _width(rows)[0]
    first = next((index for index, row in enumerate(rows[:_HEADER_WITHIN]) if len(row) == width), 0)
    return first if first and _has_header(rows[first:]) else None


def _names(row: Sequence[str], columns: Columns) -> bool:
    return set(columns.names) <= {name.strip() for name in row} | set(row)


def _without_blank_end(names: Sequence[str]) -> Sequence[str]:
    """Names without those that delimiters at the end of their line make."""
    n_names = max((index + 1 for index, name in enumerate(names) if name.strip()), default=0)
    return names[:n_names]


def _usual_width(rows: Sequence[Sequence[str]], n_names: int) -> int:
    """The usual number of cells of rows that have no more than blanks after those with names."""
    widths = Counter(len(row) for row in rows if len(row) >= n_names and not any(map(str.strip, row[n_names:])))
    return widths.most_common(1)[0][0] if widths else n_names


def _as_asked(name: str, columns: Columns) -> str:
    """A name without the blanks around it, unless a column is asked for with them."""
    return name if name in columns.names else name.strip()


def _warn_of_names(rows: Sequence[Sequence[str]], columns: Columns, path: str) -> None:
    """Warn of a first line that is read as plays although its user and its item look like names of columns."""
    first, *below = rows
    indexes = [int(column) - 1 for column in (columns.user, columns.item)]
    if max(indexes) >= len(first):
        return
    cells = [first[index].strip() for index in indexes]
    others = [[row[index].strip() for row in below if index < len(row)] for index in indexes]
    if looks_like_names(cells, others):
        logger.warning(
            "line 1 of %s is read as plays, of the user %s and the item %s, and looks like names of columns. "
            "Pass header=True (--header) if it is that, header=False (--no-header) if not.",
            path,
            *map(shown, cells),
        )


def _width(rows: Sequence[Sequence[str]]) -> tuple[int, int]:
    """Most common number of cells, and how many lines have it."""
    return Counter(map(len, rows)).most_common(1)[0] if rows else (0, 0)


def _best(readings: dict[str, list[list[str]]], columns: Columns) -> str:
    fitting = [mark for mark, rows in readings.items() if _fits(rows, columns)]
    # Where blanks stand around another delimiter, as in "User , Artist", they divide nothing.
    fitting = [mark for mark in fitting if mark != " "] if any(mark != " " for mark in fitting) else fitting

    def merit(delimiter: str) -> tuple[float, bool, bool, int]:
        rows = readings[delimiter]
        width, n_lines = _width(rows)
        # Share of lines of the most common width (0 where that is one cell); among equals a tab first, a blank last.
        return n_lines / max(1, len(rows)) * (width > 1), delimiter == "\t", delimiter != " ", width

    return max(fitting or readings, key=merit)


def _fits(rows: list[list[str]], columns: Columns) -> bool:
    return bool(rows) and _names(rows[0], columns) and _width(rows)[0] >= columns.last_position


def _has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether a first record holds no number, and some column below it mostly numbers."""
    first, *below = rows
    return not any(are_mostly_numbers([cell.strip()]) for cell in first) and any(
        # Cells that are missing are none, as rows may be too short.
        are_mostly_numbers([row[index].strip() if index < len(row) else "" for row in below])
        for index in range(len(first))
    )
