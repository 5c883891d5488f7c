"""Tables as files: Parquet, CSV or JSON lines by the ending of the name, streamed both ways."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.json as pa_json
import pyarrow.parquet as pq

from deepcuts.errors import DataError
from deepcuts.storage import (
    StrPath,
    check_input,
    check_outputs,
    check_text_name,
    not_found,
    path_with_ending,
    replacing,
)

ENDINGS = (".parquet", ".csv", ".jsonl")

_ROW_GROUP = 1 << 20  # rows; small groups compress badly
_ROWS_OF_PYTHON = 10_000  # rows as dicts take a hundred times the memory
_TEXT = pa.schema([("user_id", pa.string()), ("item_id", pa.string())])  # 007 is an id, not a number


def check_table_output(
    path: Path, read: Iterable[StrPath | None] = (), *, force: bool, endings: Iterable[str] = ENDINGS
) -> None:
    """Refuse an output, before the work for it, whose ending does not say its format, that is read or exists already.

    Raises
    ------
    SettingsError
        If the ending is none of those given.
    OutputError
        If the file is one of those that are read, it exists and `force` is false, or nothing can be written there.
    """
    path_with_ending(path, endings)
    check_outputs([path], read, force=force)


def write_table(path: Path, parts: Iterable[pa.Table], *, force: bool = False, private: bool = False) -> int:
    """Write tables of one schema into one file, whole or not at all; return the number of rows.

    Nobody but the owner may read a private file.

    Raises
    ------
    OutputError
        If the file exists and `force` is false, or if it cannot be written.
    """
    with replacing(path, force=force, private=private) as temporary:
        return _WRITERS[path.suffix](temporary, iter(parts))


@contextmanager
def open_table(path: Path) -> Iterator[pa.RecordBatchReader]:
    """Read a file as a stream of batches, for as long as the block runs.

    Raises
    ------
    DataError
        If there is no such file or, at the beginning or anywhere later, it is not of the format that its ending says.
    """
    check_input(path)
    check_text_name(path)
    try:
        yield _READERS[path.suffix](path)
    except FileNotFoundError:
        raise DataError(not_found(path)) from None
    except (pa.ArrowException, UnicodeDecodeError, OSError) as error:
        if number := getattr(error, "errno", None):  # of the system; Arrow puts words of its own around it
            raise DataError(f"{path} cannot be read: {os.strerror(number)}.") from error
        raise DataError(f"{path} cannot be read as {path.suffix[1:]}: {error}.") from error


def _write_with(open_writer: Callable[[Path, pa.Schema], Any], path: Path, parts: Iterator[pa.Table]) -> int:
    first, n_rows = next(parts), 0  # its schema is that of the file
    with open_writer(path, first.schema) as writer:
        for part in chain([first], parts):
            writer.write_table(part)
            n_rows += part.num_rows
    return n_rows


def _gathered(parts: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Join small tables, so that a file has few row groups."""
    waiting: list[pa.Table] = []
    n_rows = 0
    for part in parts:
        waiting.append(part)
        n_rows += part.num_rows
        if n_rows >= _ROW_GROUP:
            yield pa.concat_tables(waiting)
            waiting, n_rows = [part.slice(0, 0)], 0  # no rows, but the schema, for the case that nothing follows
    yield pa.concat_tables(waiting)


def _write_parquet(path: Path, parts: Iterator[pa.Table]) -> int:
    return _write_with(lambda path, schema: pq.ParquetWriter(path, schema, compression="zstd"), path, _gathered(parts))


def _write_csv(path: Path, parts: Iterator[pa.Table]) -> int:
    return _write_with(pa_csv.CSVWriter, path, parts)


def _write_json_lines(path: Path, parts: Iterator[pa.Table]) -> int:
    n_rows = 0
    with path.open("w", encoding="utf-8") as file:
        for batch in (batch for part in parts for batch in part.to_batches(max_chunksize=_ROWS_OF_PYTHON)):
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in batch.to_pylist())
            n_rows += batch.num_rows
    return n_rows


def _read_parquet(path: Path) -> pa.RecordBatchReader:
    file = pq.ParquetFile(path)
    return pa.RecordBatchReader.from_batches(file.schema_arrow, file.iter_batches())


def _read_csv(path: Path) -> pa.RecordBatchReader:
    return pa_csv.open_csv(
        path,
        parse_options=pa_csv.ParseOptions(newlines_in_values=True),  # a name may hold a line break
        convert_options=pa_csv.ConvertOptions(column_types=_TEXT),
    )


def _read_json_lines(path: Path) -> pa.RecordBatchReader:
    return pa_json.open_json(path, parse_options=pa_json.ParseOptions(explicit_schema=_TEXT))


_WRITERS = {".parquet": _write_parquet, ".csv": _write_csv, ".jsonl": _write_json_lines}
_READERS = {".parquet": _read_parquet, ".csv": _read_csv, ".jsonl": _read_json_lines}
