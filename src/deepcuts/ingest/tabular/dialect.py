"""The dialect of delimited text: delimiter, quote, and whether the first line is a header."""

from __future__ import annotations

import io
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from deepcuts.checks import shown
from deepcuts.errors import DataError
from deepcuts.ingest.tabular.columns import Columns
from deepcuts.ingest.tabular.csv_records import read_csv_records
from deepcuts.ingest.tabular.files import Sample
from deepcuts.ingest.tabular.header_doubt import looks_like_names
from deepcuts.ingest.tabular.layouts import stated_delimiter
from deepcuts.ingest.tabular.options import ReadOptions

logger = logging.getLogger(__name__)

_DELIMITERS = "\t,;| "
_UNQUOTED = "\t "  # names that hold quotes are common between tabs, and cells in quotes are not


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
        Lines above the first record: 1 where the first line says the delimiter, as spreadsheets write it ("sep=;").
    """

    delimiter: str
    quote: str
    header: bool
    names: tuple[str, ...] | None
    n_columns: int
    skip: int = 0


def find_dialect(sample: Sample, columns: Columns, options: ReadOptions) -> Dialect:
    """Find out how a text file is laid out, from its first lines, the columns asked for and what the options say.

    The delimiter is the one that gives most lines the same number of cells, among those that give the columns asked
    for. The first line names the columns where a column is asked for by name, or where it holds no number and some
    column below holds mostly numbers.

    Raises
    ------
    DataError
        If the file has no rows, or nothing divides them into cells.
    """
    stated = stated_delimiter(sample.text)
    delimiters = options.delimiter or stated or _DELIMITERS
    text = sample.text.partition("\n")[2] if stated else sample.text
    readings = {mark: _first_records(text, mark, _quote_for(mark, options)) for mark in delimiters}
    delimiter = _best(readings, columns)
    first = readings[delimiter]
    header = _has_header(first, columns) if options.header is None else options.header
    if not first:
        raise DataError(f"There are no rows in {sample.path}.")
    if _width(first)[0] == 1:
        wanted = repr(options.delimiter) if options.delimiter else "tab, comma, semicolon, bar or blank"
        raise DataError(
            f"No {wanted} divides the lines of {sample.path} into cells. Pass delimiter=... with what does."
        )
    if header and not columns.names and options.header is None:
        logger.info("Line 1 of %s is taken for the names of its columns: %r", sample.path, first[0])
    if not header and options.header is None:
        _warn_of_names(first, columns, sample.path)
    names = tuple(_as_asked(name, columns) for name in first[0]) if header else None
    n_columns = len(first[0]) if header else _width(first)[0]
    return Dialect(delimiter, _quote_for(delimiter, options), header, names, n_columns, skip=int(stated is not None))


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


def _quote_for(delimiter: str, options: ReadOptions) -> str:
    if options.quote is not None:
        return options.quote
    return "" if delimiter in _UNQUOTED else '"'


def _first_records(text: str, delimiter: str, quote: str) -> list[list[str]]:
    """Cells of the first lines, of those that can be split."""
    return [cells for _, _, cells in read_csv_records(io.StringIO(text, ""), delimiter, quote) if cells]


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
    named = bool(rows) and set(columns.names) <= {name.strip() for name in rows[0]} | set(rows[0])
    return named and _width(rows)[0] >= columns.last_position


def _has_header(rows: Sequence[Sequence[str]], columns: Columns) -> bool:
    if columns.names or not rows:
        return bool(columns.names)
    first, *below = rows
    return not any(map(_is_number, first)) and any(
        # A slice, as rows may be too short.
        sum(_is_number(cell) for row in below for cell in row[index : index + 1]) > len(below) / 2
        for index in range(len(first))
    )


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
