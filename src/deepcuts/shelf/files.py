"""A shelf: the folder that all machines reach, on any file system of pyarrow, in which plays, factors and lists lie.

Nothing is changed once it is written: a file is whole or not there, and a task that runs twice writes it again with the
same bytes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from secrets import token_hex
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np
import pyarrow as pa
from pyarrow import fs

from deepcuts.array_types import AnyArray
from deepcuts.errors import DataError, OutputError
from deepcuts.storage import check_apart
from deepcuts.storage.nested_text import parse_json

MANIFEST = "shelf.json"
FORMAT = 5
_RENAMING = ("local", "hdfs")  # other file systems are stores of objects, of which each appears when it is whole


@dataclass(frozen=True)
class Shelf:
    """A folder, by its path or its address.

    Parameters
    ----------
    url
        A path, or an address that pyarrow takes, such as ``s3://bucket/plays?region=eu-west-1``.
    """

    url: str

    @classmethod
    def at(cls, url: str | os.PathLike[str]) -> Shelf:
        """Return the shelf at a path or an address, whether there is one or not."""
        text = os.fspath(url)
        shelf = cls(text if "://" in text else os.path.abspath(text))
        location(shelf.url)
        return shelf

    def manifest(self) -> dict[str, Any]:
        """Return the sizes of the plays.

        Raises
        ------
        DataError
            If nothing was ingested here, or by a newer version.
        """
        if not self.holds(MANIFEST):
            raise DataError(f"There are no plays on the shelf {self.url}. Run deepcuts.spark.ingest first.")
        found = self.read_json(MANIFEST)
        if found.get("format") != FORMAT:
            raise DataError(f"The shelf {self.url} is of another version of deepcuts. Ingest the plays again.")
        return found

    def clear(self, read: Iterable[str], *, force: bool) -> None:
        """Make room for what is new and is made of what lies at some paths or addresses.

        Raises
        ------
        OutputError
            If something is there and `force` is false, or what is read would be lost.
        """
        check_apart(address(self.url), [], map(address, read))
        system, folder = location(self.url)
        entries = system.get_file_info(fs.FileSelector(folder, allow_not_found=True))
        if entries and not force:
            raise OutputError(f"{self.url} exists already. Name another shelf, or pass force=True (--force).")
        if entries:
            system.delete_dir(folder)

    def write(self, name: str, parts: Iterable[Mapping[str, Any]]) -> None:
        """Write a file of parts that are read one at a time: arrays, and texts of Arrow, the same in all parts."""
        with self.writing(name) as sink, ExitStack() as stack:
            writer = None
            for part in parts:
                batch = pa.record_batch({key: _as_cell(values) for key, values in part.items()})
                writer = writer or stack.enter_context(pa.ipc.new_file(sink, batch.schema))
                writer.write_batch(batch)

    def read(self, name: str, part: int = 0) -> dict[str, Any]:
        """Read a part of a file; on a local file system its arrays stay in the file, mapped into memory."""
        (found,) = self.read_parts(name, [part])
        return found

    def read_parts(self, name: str, parts: Iterable[int]) -> Iterator[dict[str, Any]]:
        """Read parts of a file one at a time; on a store of objects, to open it takes more requests than a part."""
        system, path = self.locate(name)
        source = pa.memory_map(path) if system.type_name == "local" else system.open_input_file(path)
        file = pa.ipc.open_file(source)
        for part in parts:
            batch = file.get_batch(part)
            yield {key: _from_cell(cell) for key, cell in zip(batch.schema.names, batch.columns, strict=True)}

    def deal(self, name: str, rows: pa.Table, part_of_row: AnyArray, n: int) -> None:
        """Write the rows of a table to a file of n parts, in order within each."""
        order = np.argsort(part_of_row, kind="stable")
        ends = np.searchsorted(part_of_row[order], np.arange(n + 1)).tolist()
        dealt = rows.take(order).combine_chunks()
        self.write(name, (columns_of(dealt[first:last]) for first, last in pairwise(ends)))

    def gather(self, folder: str, n: int, part: int) -> pa.Table:
        """Read the rows that all of n tasks, at least one, have dealt to a part."""
        return pa.concat_tables([pa.table(self.read(numbered(folder, number), part)) for number in range(n)])

    @contextmanager
    def writing(self, name: str) -> Iterator[Any]:
        """Give a stream whose file is there, whole, once the block has ended well."""
        system, path = self.locate(name)
        folder, _, file = path.rpartition("/")
        renames = system.type_name in _RENAMING
        if renames:
            system.create_dir(folder)
        # Readers of a folder leave names out that begin so: a task that is killed leaves its file behind.
        aside = f"{folder}/.{file}.{token_hex(8)}.tmp" if renames else path
        try:
            with system.open_output_stream(aside) as sink:
                yield sink
            if renames:
                system.move(aside, path)
        except BaseException:
            if renames and system.get_file_info(aside).type == fs.FileType.File:
                system.delete_file(aside)
            raise

    def write_json(self, name: str, content: Mapping[str, Any]) -> None:
        """Write an object of JSON."""
        with self.writing(name) as sink:
            sink.write(json.dumps(content).encode())

    def read_json(self, name: str) -> dict[str, Any]:
        """Read an object of JSON."""
        system, path = self.locate(name)
        with system.open_input_stream(path) as source:
            found: dict[str, Any] = parse_json(source.read())
        return found

    def holds(self, name: str) -> bool:
        """Whether a file or a folder of this name is there."""
        system, path = self.locate(name)
        return bool(system.get_file_info(path).type != fs.FileType.NotFound)

    def remove(self, folder: str) -> None:
        """Remove a folder, if it is there."""
        system, path = self.locate(folder)
        if self.holds(folder):
            system.delete_dir(path)

    def locate(self, name: str) -> tuple[Any, str]:
        """Return the file system, and the path of a file there."""
        system, folder = location(self.url)
        return system, f"{folder}/{name}"


@lru_cache(maxsize=8)
def location(url: str) -> tuple[Any, str]:
    """Return the file system of a path or an address, and the path there."""
    try:
        system, folder = fs.FileSystem.from_uri(url if "://" in url else os.path.abspath(url))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DataError(f"{url} cannot be reached: {error}") from error
    return system, folder.rstrip("/")


def address(url: str) -> str:
    """Return a path or an address without what only says how to reach it, so that one place has one address."""
    parts = urlsplit(url) if "://" in url else None
    if parts is None or parts.scheme == "file":
        return url if parts is None else unquote(parts.path)
    return f"{parts.scheme.removesuffix('a')}://{parts.netloc.rpartition('@')[2]}{parts.path}"  # s3a is s3


def columns_of(table: pa.Table) -> dict[str, pa.Array]:
    """Columns of a table as a part of a file."""
    return {name: column.combine_chunks() for name, column in zip(table.column_names, table.columns, strict=True)}


def numbered(folder: str, number: int) -> str:
    """Name of the file of one of several tasks."""
    return f"{folder}/{number:05}.arrow"


def _as_cell(values: Any) -> pa.Array:
    """All values as one cell, as columns of a batch are of one length; rows of a matrix are lists in it."""
    if isinstance(values, np.ndarray) and values.ndim > 1:
        values = pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), values.shape[1])
    return pa.LargeListArray.from_arrays(pa.array([0, len(values)], pa.int64()), pa.array(values))


def _from_cell(cell: pa.Array) -> Any:
    values = cell.flatten()
    if pa.types.is_fixed_size_list(values.type):
        return values.flatten().to_numpy().reshape(len(values), values.type.list_size)
    return values.to_numpy() if pa.types.is_primitive(values.type) else values
