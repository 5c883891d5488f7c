"""The dialect of delimited text: what stands between cells and around them, and whether names come first."""

from __future__ import annotations

import contextlib
import csv
import io
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from deepcuts.errors import DataError
from deepcuts.ingest.files import Sample
from deepcuts.ingest.options import Columns, ReadOptions

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
    """

    delimiter: str
    quote: str
    header: bool
    names: tuple[str, ...] | None
    n_columns: int


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
    delimiters = options.delimiter or _DELIMITERS
    readings = {mark: _records(sample.text, mark, _quote_for(mark, options)) for mark in delimiters}
    delimiter = _best(readings, columns)
    records = readings[delimiter]
    header = _has_header(records, columns) if options.header is None else options.header
    if not records:
        raise DataError(f"There are no rows in {sample.path}.")
    if _width(records)[0] == 1:
        wanted = repr(options.delimiter) if options.delimiter else "tab, comma, semicolon, bar or blank"
        raise DataError(
            f"No {wanted} divides the lines of {sample.path} into cells. Pass delimiter=... with what does."
        )
    if header and not columns.names and options.header is None:
        logger.info("Line 1 of %s is taken for the names of its columns: %r", sample.path, records[0])
    names = tuple(records[0]) if header else None
    n_columns = len(records[0]) if header else _width(records)[0]
    return Dialect(delimiter, _quote_for(delimiter, options), header, names, n_columns)


def csv_arguments(delimiter: str, quote: str) -> dict[str, Any]:
    """Arguments that make Python's csv module read this and nothing like it."""
    quoting = csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE
    return {"delimiter": delimiter, "quotechar": quote or None, "quoting": quoting, "strict": True}


def _quote_for(delimiter: str, options: ReadOptions) -> str:
    if options.quote is not None:
        return options.quote
    return "" if delimiter in _UNQUOTED else '"'


def _records(text: str, delimiter: str, quote: str) -> list[list[str]]:
    """Cells of the first lines, as far as they can be read."""
    records = csv.reader(io.StringIO(text, ""), **csv_arguments(delimiter, quote))
    found = []
    with contextlib.suppress(csv.Error):  # a quote that is never closed: whoever reads all of the file will say so
        for record in records:
            found.append(record)
    found = [record for record in found if record]
    return found if found or not quote else _records(text, delimiter, "")


def _width(records: Sequence[Sequence[str]]) -> tuple[int, int]:
    """Most common number of cells, and how many lines have it."""
    return Counter(map(len, records)).most_common(1)[0] if records else (0, 0)


def _best(readings: dict[str, list[list[str]]], columns: Columns) -> str:
    fitting = [mark for mark, records in readings.items() if _fits(records, columns)]

    def merit(delimiter: str) -> tuple[float, bool, bool, int]:
        records = readings[delimiter]
        width, n_lines = _width(records)
        return n_lines / max(1, len(records)) * (width > 1), delimiter == "\t", delimiter != " ", width

    return max(fitting or readings, key=merit)


def _fits(records: list[list[str]], columns: Columns) -> bool:
    named = bool(records) and set(columns.names) <= set(records[0])
    return named and _width(records)[0] >= columns.last_position


def _has_header(records: Sequence[Sequence[str]], columns: Columns) -> bool:
    if columns.names or not records:
        return bool(columns.names)
    first, *below = records
    return not any(map(_is_number, first)) and any(
        sum(_is_number(cell) for record in below for cell in record[place : place + 1]) > len(below) / 2
        for place in range(len(first))
    )


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
