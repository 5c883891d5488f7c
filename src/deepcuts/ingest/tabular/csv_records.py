"""Delimited text, split record by record: by RFC 4180, with blanks allowed around quotes, and nothing else."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

# The number of the line a record begins on, from 1; its text; its cells, None where a quote has no pair.
Record: TypeAlias = tuple[int, str, list[str] | None]

_MOST_LINES = 1000  # in one record: past that, a quote without its pair is likelier than a name that long


def read_csv_records(lines: Iterable[str], delimiter: str, quote: str) -> Iterator[Record]:
    """Split lines into cells, as DuckDB's strict parser does; empty lines are passed over.

    Parameters
    ----------
    lines
        The lines with their ends.
    delimiter
        Character between cells.
    quote
        Character around cells, "" for none; doubled, it stands for itself.
    """
    found = _quoted(iter(lines), delimiter, quote) if quote else _unquoted(lines, delimiter)
    return (record for record in found if record[1].strip("\r\n"))


def _unquoted(lines: Iterable[str], delimiter: str) -> Iterator[Record]:
    for number, line in enumerate(lines, start=1):
        yield number, line, line.rstrip("\r\n").split(delimiter)


def _quoted(lines: Iterator[str], delimiter: str, quote: str) -> Iterator[Record]:
    """Records whose cells may be quoted; a line whose quotes do not match stands alone, and takes no other with it."""
    split = _splitter(delimiter, quote)
    ahead: deque[str] = deque()  # lines read in search of the end of a quote, and not yet split
    number = 1
    while (line := ahead.popleft() if ahead else next(lines, None)) is not None:
        n_lines = 1
        if quote not in line:
            cells: list[str] | None = line.rstrip("\r\n").split(delimiter)
        else:
            cells = split(line)
            if cells is None and line.count(quote) % 2:  # an odd number: a quote is open at the end of the line
                text, n_lines = _over_lines(line, lines, ahead, quote)
                cells = split(text)
                line, n_lines = (line, 1) if cells is None else (text, n_lines)
        for _ in range(n_lines - 1):
            ahead.popleft()
        yield number, line, cells
        number += n_lines


def _over_lines(line: str, lines: Iterator[str], ahead: deque[str], quote: str) -> tuple[str, int]:
    """Extend a line by those after it until its quotes come in pairs; return the text and how many lines it has."""
    text, n_lines = line, 1
    while text.count(quote) % 2 and n_lines < _MOST_LINES:
        if n_lines > len(ahead):
            following = next(lines, None)
            if following is None:
                break
            ahead.append(following)
        text += ahead[n_lines - 1]
        n_lines += 1
    return text, n_lines


def _splitter(delimiter: str, quote: str) -> Callable[[str], list[str] | None]:
    """Make the function that splits one record with quotes into cells; it returns None where they do not match."""
    mark, blanks = re.escape(quote), "" if delimiter == " " else " *"
    # One cell in quotes up to a delimiter or the end of the record, or one that does not begin with a quote.
    cell = re.compile(
        rf"{blanks}{mark}((?:[^{mark}]|{mark}{mark})*){mark}{blanks}(?={re.escape(delimiter)}|[\r\n]*\Z)"
        rf"|(?!{blanks}{mark})([^{re.escape(delimiter)}\r\n]*)"
    )

    def split(text: str) -> list[str] | None:
        cells, start = [], 0
        while match := cell.match(text, start):
            inside, plain = match.groups()
            cells.append(plain if inside is None else inside.replace(quote * 2, quote))
            # What follows a cell is a delimiter, or the end of the record; anything else is text after a closing quote.
            start = match.end() + 1
            if text[match.end() : start] != delimiter:
                return None if text[match.end() :].strip("\r\n") else cells
        return None

    return split
