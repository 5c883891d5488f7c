"""Candidates of how a text may be laid out: the records of its beginning for each delimiter that there may be."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass

from deepcuts.ingest.tabular.csv_records import read_csv_records

DELIMITERS = "\t,;|"
_UNQUOTED = "\t "  # names that hold quotes are common between tabs, and cells in quotes are not
_SEPARATOR = re.compile(r"\s*\"?sep=(.)\"?\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class Reading:
    """The beginning of a text, split by one delimiter.

    Parameters
    ----------
    delimiter, quote
        Character between cells, and around them ("" for none).
    records
        The line that a record begins on, from 1, and its cells; of those that can be split.
    """

    delimiter: str
    quote: str
    records: list[tuple[int, list[str]]]


def quote_of(delimiter: str) -> str:
    """The quote that is usual with a delimiter."""
    return "" if delimiter in _UNQUOTED else '"'


def stated_delimiter(text: str) -> str | None:
    r"""The delimiter that the first line states, as spreadsheets do: "sep=;"."""
    found = _SEPARATOR.match(text.partition("\n")[0].rstrip("\r"))
    if not found:
        return None
    return found[1]


def _quote_in(text: str, delimiter: str) -> str:
    """The quote that is usual with a delimiter; between tabs, the one that stands around every cell of a first line."""
    cells = text.lstrip().partition("\n")[0].rstrip("\r").split(delimiter)
    all_quoted = len(cells) > 1 and all(len(cell) > 1 and cell[0] == cell[-1] == '"' for cell in cells)
    return '"' if all_quoted else quote_of(delimiter)


def reading_of(text: str, delimiter: str, quote: str | None = None, most: int = 10_000) -> Reading:
    """Split the beginning of a text by a delimiter."""
    mark = _quote_in(text, delimiter) if quote is None else quote
    skipped = 1 if stated_delimiter(text) else 0
    found = []
    for number, _, cells in read_csv_records(io.StringIO(text, newline=""), delimiter, mark):
        if cells and number > skipped:
            found.append((number, cells))
            if len(found) == most:
                break
    return Reading(delimiter, mark, found)
