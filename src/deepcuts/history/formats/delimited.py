"""Delimited text into the table `raw`: fast where nothing is wrong with it, else line by line."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from deepcuts.history.documents import Document
from deepcuts.ingest.tabular.csv_records import read_csv_records
from deepcuts.ingest.tabular.line_reader import is_utf8

ROLES = ("artist", "track", "time", "plays", "rating")

_STRINGS = pa.string()


@dataclass(frozen=True)
class Layout:
    """How the lines of a document are laid out.

    Parameters
    ----------
    delimiter, quote
        Character between cells, and around them ("" for none).
    n_cells
        Numbers of cells that a line may have.
    cell_indexes
        For some of `ROLES`, the index of its cell, from 0 on.
    header
        The number of the line that names the columns; 0 where none does.
    """

    delimiter: str
    quote: str
    n_cells: tuple[int, ...]
    cell_indexes: Mapping[str, int]
    header: int = 0


def load_delimited(connection: duckdb.DuckDBPyConnection, document: Document, *, layout: Layout) -> Iterator[None]:
    """Put lines into `raw`: row (its number), problem (null where there is none) and a text for each role.

    Lines that begin with # and do not have the cells of a row are comments; empty lines are passed over.
    """
    for number, block in document.blocks():
        n_comments, offset = _leading_comments(block)
        table = _fast(number + n_comments, block[offset:], layout)
        if table is None:
            table = _slow(number, block, layout)
        connection.register("lines", table)
        connection.execute(f"CREATE OR REPLACE TEMP TABLE raw AS SELECT * FROM lines WHERE row <> {layout.header}")
        connection.unregister("lines")
        yield


def _leading_comments(block: bytes) -> tuple[int, int]:
    """Count the lines at the beginning that begin with #, and the bytes up to the first that does not."""
    n_comments = offset = 0
    while block.startswith(b"#", offset) and (end := block.find(b"\n", offset) + 1):
        n_comments, offset = n_comments + 1, end
    return n_comments, offset


def _fast(number: int, block: bytes, layout: Layout) -> pa.Table | None:
    """Every line as a row by Arrow's parser; None if it finds, or may have overlooked, anything wrong."""
    # Other numbers of cells fail here and are read line by line.
    names = [f"c{index}" for index in range(layout.n_cells[0])]
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
    texts = {role: table.column(index) for role, index in layout.cell_indexes.items()}
    return _table(pa.array(np.arange(number, number + n_lines)), pa.nulls(n_lines, _STRINGS), texts)


def _slow(number: int, block: bytes, layout: Layout) -> pa.Table:
    """Every line as a row, with what is wrong with it."""
    text = io.StringIO(block.decode("utf-8", "surrogateescape"), newline="")
    numbers: list[int] = []
    problems: list[str | None] = []
    texts: dict[str, list[str]] = {role: [] for role in layout.cell_indexes}
    for line_number, line, cells in read_csv_records(text, layout.delimiter, layout.quote):
        problem = _problem(line, cells, layout)
        if problem and line.startswith("#"):
            continue
        numbers.append(number + line_number - 1)
        problems.append(problem)
        for role, column in texts.items():
            column.append("" if problem or cells is None else cells[layout.cell_indexes[role]])
    columns = {role: pa.array(column, _STRINGS) for role, column in texts.items()}
    return _table(pa.array(numbers, pa.int64()), pa.array(problems, _STRINGS), columns)


def _problem(line: str, cells: list[str] | None, layout: Layout) -> str | None:
    if cells is None:
        return "it has a quote without its pair"
    if len(cells) not in layout.n_cells:
        expected = " or ".join(map(str, sorted(layout.n_cells)))
        return f"it does not have {expected} cells"
    return None if is_utf8(line) else "it is not UTF-8 text"


def _table(rows: pa.Array, problems: pa.Array, texts: Mapping[str, pa.ChunkedArray | pa.Array]) -> pa.Table:
    nothing = pa.nulls(len(rows), _STRINGS)
    return pa.table({"row": rows, "problem": problems, **{role: texts.get(role, nothing) for role in ROLES}})
