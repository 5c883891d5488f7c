"""Scans of tables in memory, and of streams of them."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import duckdb
import pyarrow as pa

from deepcuts.errors import DataError
from deepcuts.ingest.tabular.columns import Columns
from deepcuts.ingest.tabular.scan import Cell, Scan, check_types

_WHERE = "the table"


@runtime_checkable
class ArrowTable(Protocol):
    """Anything with the Arrow PyCapsule interface: tables of pandas, polars and pyarrow, relations of DuckDB."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Stream of record batches."""


def scan_table(connection: duckdb.DuckDBPyConnection, table: ArrowTable, columns: Columns) -> Scan:
    """Keep the columns asked for, as many streams can be read only once, and scan what was kept.

    Raises
    ------
    DataError
        If the table is no Arrow data, does not have the columns asked for, or their types do not fit.
    """
    try:
        stream = pa.RecordBatchReader.from_stream(table)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise DataError(f"The table cannot be turned into Arrow data: {error}") from error
    names = stream.schema.names
    indexes = columns.find(names, len(names), _WHERE)
    aliases = ", ".join(f"c{index}" for index in range(len(names)))
    kept = ", ".join(f"c{index} AS {role}_cell" for role, index in indexes.items())
    connection.register("stream", stream)
    # Columns are named by their index: their own names may repeat, or differ in case only, which SQL ignores.
    connection.execute(f"CREATE TEMP TABLE kept AS SELECT {kept} FROM stream AS t({aliases})")
    types = {name: kind for name, kind, *_ in connection.execute("DESCRIBE kept").fetchall()}
    cells = {role: Cell(f"{role}_cell", types[f"{role}_cell"]) for role in indexes}
    check_types(cells, {role: names[index] for role, index in indexes.items()}, _WHERE)
    return Scan("(SELECT rowid + 1 AS row, * FROM kept)", cells, file="'Table'", row="row", unit="row")
