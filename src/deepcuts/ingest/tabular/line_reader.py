"""The line reader: text once more, line by line, into a table with the number of every line and what is wrong with it.

It takes some four seconds for a million lines, many times what DuckDB's own parser takes, and is used only where that
parser finds something wrong: it cannot say on which line.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count, islice
from operator import itemgetter
from typing import TypeAlias

import duckdb
import pyarrow as pa

from deepcuts.errors import FileFormatError
from deepcuts.ingest.tabular.scan import Cell, Scan

_BATCH = 65_536  # lines to an INSERT
_LONGEST_LINE = 16 << 20  # no row is that long, and what goes on without end must not fill the memory


# The number of the line a record begins on, from 1; what is wrong with it, and its text where something is; its cells.
Line: TypeAlias = tuple[int, str | None, str | None, Sequence[str]]
Parser: TypeAlias = Callable[[Iterator[str]], Iterator[Line]]


def fill_table(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    parsers: Mapping[str, Parser],
    compression: str | None,
    cells: Mapping[str, Cell],
    indexes: Sequence[int],
) -> Scan:
    """Read text files into a new table.

    Parameters
    ----------
    connection
        The database.
    table
        Name of the new table.
    parsers
        For each path, the function that makes records of its lines.
    compression
        How the files are compressed.
    cells
        For each column asked for, its name in the table and its type.
    indexes
        For each of these, the index of its cell in a record.

    Raises
    ------
    FileFormatError
        If a file is truncated or damaged, or has a line without end.
    """
    columns = "".join(f", {cell.sql} {cell.type}" for cell in cells.values())
    connection.execute(f"CREATE TEMP TABLE {table} (file VARCHAR, row BIGINT, problem VARCHAR, line VARCHAR{columns})")
    for path, parser in parsers.items():
        try:
            with pa.input_stream(path, compression=compression) as stream:
                _insert(connection, table, path, parser(_lines(path, stream)), indexes)
        except OSError as error:
            raise FileFormatError(f"{path} is truncated or damaged: {error}.") from error
    return Scan(table, cells, file="file", row="row", unit="line", problem="problem", line="line")


def is_utf8(text: str) -> bool:
    """Whether text decoded by `fill_table` was UTF-8 on disk."""
    return text.isascii() or not any("\udc80" <= character <= "\udcff" for character in text)


def _lines(path: str, stream: pa.NativeFile) -> Iterator[str]:
    # Bytes that are not UTF-8 become U+DC80 to U+DCFF and spoil one line, not the file; newline="" keeps the line ends.
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")
    for number in count(1):
        line = text.readline(_LONGEST_LINE)
        if len(line) == _LONGEST_LINE and line[-1] not in "\r\n":
            raise FileFormatError(
                f"Line {number:,} of {path} is longer than {_LONGEST_LINE:,} characters. "
                "Is it a text file of one row a line?"
            )
        if not line:
            return
        yield line


def _insert(
    connection: duckdb.DuckDBPyConnection, table: str, path: str, lines: Iterator[Line], indexes: Sequence[int]
) -> None:
    while batch := list(islice(lines, _BATCH)):
        numbers, problems, texts, records = zip(*batch, strict=True)
        cells = [list(map(itemgetter(index), records)) for index in indexes]
        strings = [[path] * len(batch), problems, list(map(_readable, texts)), *cells]
        file, *others = (pa.array(column, pa.string()) for column in strings)
        arrays = [file, pa.array(numbers, pa.int64()), *others]
        connection.register("batch", pa.table(arrays, [f"c{index}" for index in range(len(arrays))]))
        connection.execute(f"INSERT INTO {table} FROM batch")
        connection.unregister("batch")


def _readable(text: str | None) -> str | None:
    """Text without its line end, bytes that are not UTF-8 replaced."""
    if text is None:
        return None
    return text.rstrip("\r\n").encode("utf-8", "surrogateescape").decode("utf-8", "replace")
