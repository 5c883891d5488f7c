"""Rows that tasks leave in files of a shelf for those that come after them, in place of a cache."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import pyarrow as pa

from deepcuts.spark.session import Batches, batch_of, over, partition
from deepcuts.spark.shelf import Shelf

STAGING = "staging"  # the folder of all of it

_STAGED = "name string, n long"


@dataclass(frozen=True)
class Staging:
    """Rows in files; `table` has their names and lengths, in order of the names."""

    shelf: Shelf
    table: pa.Table

    @classmethod
    def of(cls, shelf: Shelf, step: str, frame: Any) -> Staging:
        """Write the rows of a DataFrame, a file for each of its partitions."""
        staged = frame.mapInArrow(partial(_stage_partition, shelf, step), _STAGED)
        return cls(shelf, staged.toArrow().sort_by("name"))

    @classmethod
    def made(cls, session: Any, shelf: Shelf, step: str, n: int, task: Callable[[int], Batches]) -> Staging:
        """Write the rows that a task yields for each number from 0 to n − 1, a file for each."""
        staged = over(session, n, partial(_stage_number, shelf, step, task), _STAGED)
        return cls(shelf, staged.toArrow().sort_by("name"))

    @cached_property
    def files(self) -> list[str]:
        """Names of the files."""
        found: list[str] = self.table["name"].to_pylist()
        return found

    @property
    def n_rows(self) -> int:
        """Rows of all files."""
        return sum(self.table["n"].to_pylist())

    def batches(self, number: int) -> Iterator[pa.RecordBatch]:
        """Rows of a file."""
        file = self.shelf.open(self.files[number])
        yield from map(file.get_batch, range(file.num_record_batches))

    def rows(self, number: int) -> pa.Table:
        """All rows of a file at once."""
        return pa.Table.from_batches(self.batches(number))

    def each(self, session: Any, task: Callable[[pa.Table], Batches], schema: str) -> Any:
        """Return what a task makes of the rows of each file."""
        return over(session, len(self.files), partial(_of_file, self, task), schema)

    def slices(self, first: int, last: int) -> Iterator[pa.RecordBatch]:
        """Rows `first` to `last` − 1 of all files in their order."""
        start = 0
        for number, n in enumerate(self.table["n"].to_pylist()):
            if start < last and first < start + n:
                for batch in self.batches(number):
                    begin, end = max(first - start, 0), min(last - start, len(batch))
                    if begin < end:
                        yield batch.slice(begin, end - begin)
                    start += len(batch)
            else:
                start += n


def _of_file(staged: Staging, task: Callable[[pa.Table], Batches], number: int) -> Batches:
    yield from task(staged.rows(number))


def _stage_number(shelf: Shelf, step: str, task: Callable[[int], Batches], number: int) -> Batches:
    yield from _stage(shelf, f"{STAGING}/{step}/{number:05}.arrow", task(number))


def _stage_partition(shelf: Shelf, step: str, batches: Batches) -> Batches:
    yield from _stage(shelf, f"{STAGING}/{step}/{partition():05}.arrow", batches)


def _stage(shelf: Shelf, name: str, batches: Batches) -> Batches:
    n = 0
    with ExitStack() as stack:
        writer = None
        for batch in batches:
            if len(batch):
                sink = None if writer else stack.enter_context(shelf.writing(name))
                writer = writer or stack.enter_context(pa.ipc.new_file(sink, batch.schema))
                writer.write_batch(batch)
                n += len(batch)
    yield batch_of(_STAGED, [name] * bool(n), [n] * bool(n))
