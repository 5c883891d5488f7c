"""Scans of tables in memory, and of streams of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from deepcuts.checks import shown
from deepcuts.data.arrow_columns import ArrowTable
from deepcuts.data.foreign import what_to_call
from deepcuts.data.given_tables import stream_of
from deepcuts.data.id_text import to_text
from deepcuts.errors import DataError
from deepcuts.ingest.tabular.columns import Columns
from deepcuts.ingest.tabular.scan import Cell, Scan, check_types

_WHERE = "the table"
_IDS = ("user", "item")


def scan_table(connection: duckdb.DuckDBPyConnection, table: ArrowTable, columns: Columns) -> Scan:
    """Keep the columns asked for, as many streams can be read only once, and scan what was kept.

    Whatever types the other columns have is of no account.

    Raises
    ------
    DataError
        If the table is no Arrow data, does not have the columns asked for, or their types do not fit.
    """
    stream = _stream_of(table, columns)
    names = stream.schema.names
    indexes = columns.find(names, len(names), _WHERE)
    refuse_extensions(stream.schema, indexes.values(), _WHERE)
    # Columns are named by their role: their own names may repeat, or differ in case only, which SQL ignores.
    connection.register("stream", _of_roles(stream, indexes))
    connection.execute("CREATE TEMP TABLE kept AS SELECT * FROM stream")
    types = {name: kind for name, kind, *_ in connection.execute("DESCRIBE kept").fetchall()}
    cells = {role: Cell(f"{role}_cell", types[f"{role}_cell"]) for role in indexes}
    check_types(cells, {role: names[index] for role, index in indexes.items()}, _WHERE)
    return Scan("(SELECT rowid + 1 AS row, * FROM kept)", cells, file="'Table'", row="row", unit="row")


def _stream_of(table: Any, columns: Columns) -> pa.RecordBatchReader:
    def asked(names: Sequence[str]) -> Mapping[int, str]:
        return {index: role for role, index in columns.find(names, len(names), _WHERE).items()}

    stream = stream_of(table, asked)
    if stream is None:
        raise DataError(what_to_call(table))
    return stream


def refuse_extensions(schema: pa.Schema, indexes: Iterable[int], where: str) -> None:
    """Refuse columns that mean something else than what they are stored as: periods of pandas are kept as integers.

    Raises
    ------
    DataError
        Naming the column and its type.
    """
    for field in map(schema.field, indexes):
        kind = _extension(field)
        if kind not in {None, "arrow.uuid"}:
            raise DataError(
                f"Column {field.name!r} of {where} is of the type {shown(kind)[1:-1]}. Turn it into text or numbers "
                "first, such as by astype(str)."
            )


def _extension(field: pa.Field) -> str | None:
    """Name of the extension type of a column; Arrow knows some, and hands others on in the metadata."""
    if isinstance(field.type, pa.BaseExtensionType):
        return str(field.type.extension_name)
    name: bytes | None = (field.metadata or {}).get(b"ARROW:extension:name")
    return None if name is None else name.decode(errors="replace")


def _of_roles(stream: pa.RecordBatchReader, indexes: Mapping[str, int]) -> pa.RecordBatchReader:
    """Columns asked for, named by their roles; of types that DuckDB does not have, ids are text and others float64."""
    kinds = {role: stream.schema.field(index).type for role, index in indexes.items()}
    foreign = {role for role, kind in kinds.items() if is_foreign(kind)}
    taken = {role: pa.string() if role in _IDS else pa.float64() for role in foreign}
    schema = pa.schema([(f"{role}_cell", taken.get(role, kind)) for role, kind in kinds.items()])

    def value(batch: pa.RecordBatch, role: str) -> pa.Array:
        column = batch.column(indexes[role])
        if role not in foreign:
            return column
        return to_text(column, role, allow_missing=True) if role in _IDS else column.cast(pa.float64())

    batches = (pa.RecordBatch.from_arrays([value(batch, role) for role in indexes], schema=schema) for batch in stream)
    return pa.RecordBatchReader.from_batches(schema, batches)


def is_foreign(kind: pa.DataType) -> bool:
    """Whether DuckDB has no type that holds the same numbers: decimals of more than 38 digits, and half floats."""
    return bool(pa.types.is_decimal256(kind) or pa.types.is_float16(kind))
