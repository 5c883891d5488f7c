"""Scans of tables in memory, and of streams of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import duckdb
import pyarrow as pa

from deepcuts.checks import shown
from deepcuts.data.arrow_columns import ArrowTable
from deepcuts.data.id_text import to_text
from deepcuts.errors import DataError
from deepcuts.ingest.tabular.columns import Columns
from deepcuts.ingest.tabular.scan import Cell, Scan, check_types

_WHERE = "the table"
_IDS = ("user", "item")


def scan_table(connection: duckdb.DuckDBPyConnection, table: ArrowTable, columns: Columns) -> Scan:
    """Keep the columns asked for, as many streams can be read only once, and scan what was kept.

    Raises
    ------
    DataError
        If the table is no Arrow data, does not have the columns asked for, or their types do not fit.
    """
    stream = _stream_of(table, columns)
    names = stream.schema.names
    indexes = columns.find(names, len(names), _WHERE)
    refuse_extensions(stream.schema, indexes.values(), _WHERE)
    stream = _with_text_ids(stream, {role: index for role, index in indexes.items() if role in _IDS})
    aliases = ", ".join(f"c{index}" for index in range(len(names)))
    kept = ", ".join(f"c{index} AS {role}_cell" for role, index in indexes.items())
    connection.register("stream", stream)
    # Columns are named by their index: their own names may repeat, or differ in case only, which SQL ignores.
    connection.execute(f"CREATE TEMP TABLE kept AS SELECT {kept} FROM stream AS t({aliases})")
    types = {name: kind for name, kind, *_ in connection.execute("DESCRIBE kept").fetchall()}
    cells = {role: Cell(f"{role}_cell", types[f"{role}_cell"]) for role in indexes}
    check_types(cells, {role: names[index] for role, index in indexes.items()}, _WHERE)
    return Scan("(SELECT rowid + 1 AS row, * FROM kept)", cells, file="'Table'", row="row", unit="row")


def _stream_of(table: Any, columns: Columns) -> pa.RecordBatchReader:
    try:
        return pa.RecordBatchReader.from_stream(table)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        # A frame of pandas whose ids are objects of several types, which its reader of CSV files makes of 7 and "007".
        if hasattr(table, "isetitem") and (changed := _with_text_objects(table, columns)) is not None:
            return _stream_of(changed, columns)
        raise DataError(
            f"The table cannot be turned into Arrow data: {error}. Give each column values of one type that Arrow has."
        ) from error


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


def _with_text_objects(frame: Any, columns: Columns) -> Any | None:
    """A frame of pandas whose ids, where its columns hold objects, are text; None where there are no such columns."""
    names = list(map(str, frame.columns))
    indexes = {role: index for role, index in columns.find(names, len(names), _WHERE).items() if role in _IDS}
    objects = {role: index for role, index in indexes.items() if frame.dtypes.iloc[index].kind == "O"}
    if all(isinstance(value, str) for index in objects.values() for value in frame.iloc[:, index]):
        return None  # something else is the matter
    changed = frame.copy(deep=False)
    for role, index in objects.items():
        changed.isetitem(index, to_text(frame.iloc[:, index], role, allow_missing=True).to_pylist())
    return changed


def _with_text_ids(stream: pa.RecordBatchReader, indexes: Mapping[str, int]) -> pa.RecordBatchReader:
    """Turn ids of types that DuckDB does not have into text, batch by batch; `indexes` are those of users and items."""
    foreign = {index: role for role, index in indexes.items() if is_foreign(stream.schema.field(index).type)}
    if not foreign:
        return stream
    schema = stream.schema
    for index in foreign:
        schema = schema.set(index, pa.field(schema.field(index).name, pa.string()))

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in stream:
            columns = [
                to_text(column, foreign[index], allow_missing=True) if index in foreign else column
                for index, column in enumerate(batch.columns)
            ]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)

    return pa.RecordBatchReader.from_batches(schema, batches())


def is_foreign(kind: pa.DataType) -> bool:
    """Whether DuckDB has no type that holds the same numbers: decimals of more than 38 digits, and half floats."""
    return bool(pa.types.is_decimal256(kind) or pa.types.is_float16(kind))
