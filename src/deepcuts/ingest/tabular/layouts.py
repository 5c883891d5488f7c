"""Candidates of how a text may be laid out: the records of its beginning for each delimiter that there may be."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass

from deepcuts.ingest.tabular.csv_records import read_csv_records
from deepcuts.ingest.tabular.numbers import are_mostly_numbers

DELIMITERS = "\t,;|"
_LINES = 100  # that are looked at
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
    """The quote that is usual with a delimiter, or another that stands around cells of every line.

    That is " between tabs where it stands around every cell of the first line, and ' where every line, but for a first
    one without numbers, which may be names, has cells that begin with it, as many that end with it, and then as many
    cells as the first.
    """
    cells = text.lstrip().partition("\n")[0].rstrip("\r").split(delimiter)
    if len(cells) > 1 and all(len(cell) > 1 and cell[0] == cell[-1] == '"' for cell in cells):
        return '"'
    return "'" if _in_single_quotes(text, delimiter) else quote_of(delimiter)


def _in_single_quotes(text: str, delimiter: str) -> bool:
    if "'" not in text:
        return False
    lines = [line.rstrip("\r") for line in text.split("\n", _LINES)[:_LINES] if line.strip()]
    lines = lines[1:] if stated_delimiter(text) else lines
    mark = re.escape(delimiter)
    begins, ends = re.compile(rf"(?:^|{mark}) *'(?!')"), re.compile(rf"(?<!')' *(?={mark}|$)")
    n_each = [(len(begins.findall(line)), len(ends.findall(line))) for line in lines]
    if len(lines) < 2 or not all(n == n_ends > 0 for n, n_ends in n_each[1:]):
        return False
    cells = [cells or () for _, _, cells in read_csv_records(lines, delimiter, "'")]
    if not any(n_each[0]) and any(are_mostly_numbers([cell]) for cell in cells[0]):
        return False
    return all(len(each) == len(cells[0]) > 1 for each in cells)


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
