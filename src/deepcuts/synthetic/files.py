"""The files of a world, and tables as Parquet files in one folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from deepcuts.storage import StrPath, check_output, make_folder, replacing, together

PLAYS, ARTISTS, PERSONAS = "plays.parquet", "artists.parquet", "personas.parquet"


def write_tables(folder: StrPath, tables: Mapping[str, Iterator[pa.RecordBatch]], *, force: bool) -> None:
    """Write each table, batch by batch, into the file of its name, all of them or none.

    Raises
    ------
    OutputError
        If the folder cannot be made, a file exists and `force` is false, or writing fails.
    """
    with together():
        path = make_folder(folder)
        for name in tables:
            check_output(path / name, force=force)
        for name, batches in tables.items():
            _write(path / name, batches, force=force)


def _write(path: Path, batches: Iterator[pa.RecordBatch], *, force: bool) -> None:
    first = next(batches)
    # Without the Arrow schema inside, the columns are read as plain strings, not as dictionaries.
    with (
        replacing(path, force=force) as temporary,
        pq.ParquetWriter(temporary, first.schema, compression="zstd", store_schema=False) as writer,
    ):
        writer.write_batch(first)
        for batch in batches:
            writer.write_batch(batch)
