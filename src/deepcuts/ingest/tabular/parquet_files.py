"""Scans of Parquet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from deepcuts.errors import DataError, FileFormatError
from deepcuts.ingest.tabular.arrow_tables import is_foreign, refuse_extensions
from deepcuts.ingest.tabular.columns import Columns
from deepcuts.ingest.tabular.files import Sample
from deepcuts.ingest.tabular.scan import FILE, Cell, Scan, check_types
from deepcuts.ingest.tabular.text_files import listing


def scan_parquet(connection: duckdb.DuckDBPyConnection, samples: Sequence[Sample], columns: Columns) -> Iterator[Scan]:
    """Scans of Parquet files, one for all files that are laid out alike.

    Raises
    ------
    FileFormatError
        If a file is truncated or damaged.
    DataError
        If it does not have the columns asked for, or their types do not fit.
    """
    alike: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for sample in samples:
        alike.setdefault((names_of_parquet(sample.path), _types(connection, sample.path)), []).append(sample.path)
    for (names, types), paths in alike.items():
        indexes = columns.find(names, len(names), paths[0])
        cells = {role: Cell(f"c{index}", types[index]) for role, index in indexes.items()}
        check_types(cells, {role: names[index] for role, index in indexes.items()}, paths[0])
        for path in paths:
            refuse_extensions(_schema(path), indexes.values(), path)
            _refuse_foreign_ids(path, [indexes["user"], indexes["item"]])
        aliases = ", ".join(f"c{index}" for index in range(len(names)))
        source = f"(SELECT *, file_row_number + 1 AS row FROM {_read_parquet(paths)} AS t({aliases}))"
        yield Scan(source, cells, file=FILE, row="row", unit="row")


def names_of_parquet(path: str) -> tuple[str, ...]:
    """Names of the columns; DuckDB would change one that differs from another in case only."""
    return tuple(_schema(path).names)


def _refuse_foreign_ids(path: str, indexes: Sequence[int]) -> None:
    """Refuse columns of ids that DuckDB would round to floats.

    Raises
    ------
    DataError
        Naming the column and its type.
    """
    for field in map(_schema(path).field, indexes):
        if is_foreign(field.type):
            raise DataError(
                f"Column {field.name!r} of {path} holds {field.type}, which would be rounded. Write its ids as text or "
                "whole numbers, or as decimals of at most 38 digits."
            )


def _schema(path: str) -> pa.Schema:
    try:
        return pq.read_schema(path)
    except (OSError, pa.ArrowException) as error:
        raise FileFormatError(f"{path} is truncated or damaged, or no Parquet file: {error}") from error


def _types(connection: duckdb.DuckDBPyConnection, path: str) -> tuple[str, ...]:
    described = connection.execute(f"DESCRIBE FROM {_read_parquet([path])}").fetchall()
    return tuple(column[1] for column in described[:-1])  # the last is the file's name


def _read_parquet(paths: Sequence[str]) -> str:
    options = f"binary_as_string = true, hive_partitioning = false, filename = '{FILE}'"
    return f"read_parquet({listing(paths)}, {options})"
