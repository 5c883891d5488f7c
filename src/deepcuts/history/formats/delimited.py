"""Delimited text into the table `raw`: fast where nothing is wrong with it, else line by line."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from deepcuts.history.documents import Document
from deepcuts.ingest.tabular.csv_records import read_csv_records
from deepcuts.ingest.tabular.line_reader import is_utf8

_STRINGS = pa.string()


@dataclass(frozen=True)
class Layout:
    """How the lines of a document are laid out.

    Parameters
    ----------
    delimiter, quote
        Character between cells, and around them ("" for none).
    n_cells
        Numbers of cells that a line may have; it may have more where these are blank.
    columns
        For each column that is wanted, the index of its cell, from 0 on.
    header
        The number of the line that names the columns; 0 where none does.
    """

    delimiter: str
    quote: str
    n_cells: tuple[int, ...]
    columns: Mapping[str, int]
    header: int = 0

    def holds(self, cells: list[str]) -> bool:
        """Whether a line has the cells of a row."""
        most = max(self.n_cells)
        return len(cells) in self.n_cells or (len(cells) > most and not any(cell.strip() for cell in cells[most:]))


def load_delimited(connection: duckdb.DuckDBPyConnection, document: Document, *, layout: Layout) -> Iterator[None]:
    """Put lines into `raw`: row (its number), problem (null where there is none) and a text for each column.

    What is above the header is passed over, and so are lines whose cells are all blank, and lines that begin with #
    and do not have the cells of a row.
    """
    for number, block in document.blocks():
        first, offset = _below_header(number, block, layout.header)
        table = _fast(first, block[offset:], layout)
        if table is None:
            table = _slow(first, block[offset:], layout)
        connection.register("lines", table)
        filled = " OR ".join(f"filled({column}) IS NOT NULL" for column in layout.columns)
        connection.execute(f"""
            CREATE OR REPLACE TEMP TABLE raw AS SELECT * FROM lines WHERE problem IS NOT NULL OR {filled}""")
        connection.unregister("lines")
        yield


def _below_header(number: int, block: bytes, header: int) -> tuple[int, int]:
    """The number of the first line below the header, and where it begins; comments that begin a block are above it."""
    offset = 0
    while number <= header and offset < len(block):
        end = block.find(b"\n", offset) + 1
        number, offset = number + 1, end or len(block)
    return number, offset


def _fast(number: int, block: bytes, layout: Layout) -> pa.Table | None:
    """Every line as a row by Arrow's parser; None if it finds, or may have overlooked, anything wrong."""
    # Other numbers of cells fail here and are read line by line.
    names = [f"c{index}" for index in range(layout.n_cells[0])]
    if not block or (block.startswith(b"#") and layout.header == 0) or _has_stray_quotes(block, layout):
        return None
    try:
        table = pa_csv.read_csv(
            pa.BufferReader(block),
            pa_csv.ReadOptions(use_threads=False, block_size=len(block) + 1, column_names=names),
            pa_csv.ParseOptions(
                delimiter=layout.delimiter,
                quote_char=layout.quote or False,
                ignore_empty_lines=False,
            ),
            pa_csv.ConvertOptions(column_types=dict.fromkeys(names, _STRINGS), strings_can_be_null=False),
        )
    except pa.ArrowException:
        return None
    n_lines = block.count(b"\n") + (not block.endswith(b"\n"))
    # Fewer where a quoted cell runs over lines: the numbers of the rows after it would be wrong.
    if table.num_rows != n_lines:
        return None
    texts = {column: table.column(index) for column, index in layout.columns.items()}
    return _table(pa.array(np.arange(number, number + n_lines)), pa.nulls(n_lines, _STRINGS), texts)


def _has_stray_quotes(block: bytes, layout: Layout) -> bool:
    """Whether a quote stands within a cell and is not doubled: Arrow's parser takes some of these as it likes."""
    if not layout.quote or layout.quote.encode() not in block:
        return False
    quote, delimiter = (re.escape(mark.encode()) for mark in (layout.quote, layout.delimiter))
    return re.search(rb"[^%b%b\r\n]%b[^%b%b\r\n]" % (quote, delimiter, quote, quote, delimiter), block) is not None


def _slow(number: int, block: bytes, layout: Layout) -> pa.Table:
    """Every line as a row, with what is wrong with it."""
    text = io.StringIO(block.decode("utf-8", "surrogateescape"), newline="")
    numbers: list[int] = []
    problems: list[str | None] = []
    texts: dict[str, list[str]] = {column: [] for column in layout.columns}
    for line_number, line, cells in read_csv_records(text, layout.delimiter, layout.quote):
        problem = _problem(line, cells, layout)
        if problem and line.lstrip().startswith("#"):
            continue
        if cells is not None and not any(map(str.strip, cells)):
            continue
        numbers.append(number + line_number - 1)
        problems.append(problem)
        for column, each in texts.items():
            each.append("" if problem or cells is None else cells[layout.columns[column]])
    columns = {column: pa.array(each, _STRINGS) for column, each in texts.items()}
    return _table(pa.array(numbers, pa.int64()), pa.array(problems, _STRINGS), columns)


def _problem(line: str, cells: list[str] | None, layout: Layout) -> str | None:
    if cells is None:
        return "it has a quote without its pair"
    if not layout.holds(cells):
        expected = " or ".join(map(str, sorted(set(layout.n_cells))))
        return f"it does not have {expected} cells"
    return None if is_utf8(line) else "it is not UTF-8 text"


def _table(rows: pa.Array, problems: pa.Array, texts: Mapping[str, pa.ChunkedArray | pa.Array]) -> pa.Table:
    return pa.table({"row": rows, "problem": problems, **texts})
