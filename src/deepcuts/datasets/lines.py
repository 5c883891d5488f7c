"""Small text files beside the plays, line by line into a table: names, aliases, the tracks of songs.

They have up to two million lines. Malformed lines are counted and left out, and the warning shows the first of them.
The plays themselves, tens of millions of lines, are read by `deepcuts.ingest`.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TypeAlias

import duckdb

from deepcuts.errors import DataError
from deepcuts.ingest.tabular.files import take_sample
from deepcuts.ingest.tabular.line_reader import Line, fill_table, is_utf8
from deepcuts.ingest.tabular.scan import Cell
from deepcuts.storage import StrPath
from deepcuts.wording import counted

logger = logging.getLogger(__name__)

# The rows that a line holds; None where it is malformed.
Parse: TypeAlias = Callable[[str], Iterable[Sequence[str]] | None]

_SHOWN = 80


def read_lines(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    path: StrPath,
    fields: Sequence[str],
    parse: Parse,
    *,
    encoding: str = "utf-8",
) -> int:
    """Read a file into a new table with one text column for each field; return how many lines were malformed.

    Parameters
    ----------
    connection
        The database.
    table
        Name of the new table.
    path
        The file: text, also compressed by gzip or zstd, with or without a byte order mark, with any line ends.
    fields
        Names of the columns.
    parse
        Splits a line, without its end, into rows.
    encoding
        "utf-8", or the name of a single-byte encoding.

    Raises
    ------
    DataError
        If there is no such file, or all of its lines are malformed.
    FileFormatError
        If it is truncated, damaged or binary, or a line has no end.
    """
    path = os.fspath(path)
    cells = {field: Cell(field, "VARCHAR") for field in fields}
    parser = partial(_parsed_lines, parse=parse, n_fields=len(fields), encoding=encoding)
    fill_table(
        connection,
        table,
        {path: parser},
        take_sample(path, None if encoding == "utf-8" else encoding).compression,
        cells,
        range(len(fields)),
    )
    n_bad = _warn_of_malformed(connection, table, path)
    connection.execute(f"DELETE FROM {table} WHERE problem IS NOT NULL")
    return n_bad


def _parsed_lines(text: Iterator[str], parse: Parse, n_fields: int, encoding: str) -> Iterator[Line]:
    nothing = [""] * n_fields
    for number, raw in enumerate(text, start=1):
        line = raw.rstrip("\r\n")
        if not line.strip():
            continue
        if encoding != "utf-8":
            # Back to its bytes, and decoded as what it is.
            line = line.encode("utf-8", "surrogateescape").decode(encoding)
        rows = parse(line) if is_utf8(line) else None
        if rows is None:
            yield number, "malformed", line[: _SHOWN * 2], nothing
            continue
        for row in rows:
            yield number, None, None, row


def _warn_of_malformed(connection: duckdb.DuckDBPyConnection, table: str, path: str) -> int:
    n_bad, n_good, first = connection.execute(f"""
        SELECT count(problem), count(*) - count(problem), arg_min((row, line), row) FILTER (problem IS NOT NULL)
        FROM {table}""").fetchall()[0]
    if not n_bad:
        return 0
    row, line = first.values() if isinstance(first, dict) else first
    shown = line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"
    where = f"the first is line {row:,}: {shown!r}"
    if not n_good:
        raise DataError(
            f"{path}: all of its {counted(n_bad, 'line is', 'lines are')} malformed; {where}. Is it the right file?"
        )
    logger.warning("Left out %s of %s; %s.", counted(n_bad, "malformed line"), path, where)
    return int(n_bad)
