"""Work as Spark runs it: tasks on threads of their own, sums in one order, and failures in plain words."""

from __future__ import annotations

import pickle
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numba
import numpy as np
import pyarrow as pa

from deepcuts import errors
from deepcuts.baselines.peers import import_peer
from deepcuts.baselines.spark_als import spark_session
from deepcuts.blas_threads import one_blas_thread

Batches = Iterator[pa.RecordBatch]
Task = Callable[[Batches], Batches]

_FAILURE = re.compile(r"deepcuts\.errors\.(\w+): (.*)")
_BATCH = ("spark.sql.execution.arrow.maxRecordsPerBatch", "500000")  # rows that are worth a database
_GOLDEN = (np.sqrt(5) - 1) / 2


class ByFields:
    """A dataclass that tasks take along as its fields alone: what it keeps besides can be computed from these."""

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(getattr(self, name) for name in self.__dataclass_fields__)  # type: ignore[attr-defined]


@contextmanager
def working() -> Iterator[Any]:
    """Give the active session of Spark, or one of this machine.

    Raises
    ------
    DeepcutsError
        What a task raised.
    """
    failure = import_peer("pyspark.errors", "spark").PySparkException
    with spark_session() as session, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas")  # which nothing here uses
        before = session.conf.get(_BATCH[0])
        session.conf.set(*_BATCH)
        try:
            yield session
        except failure as error:
            found = _FAILURE.search(str(error))
            if found is None or not hasattr(errors, found[1]):
                raise
            raise getattr(errors, found[1])(found[2]) from error
        finally:
            session.conf.set(_BATCH[0], before)


def mapped(frame: Any, task: Task, schema: str) -> Any:
    """Return what a task, which can be pickled, makes of the batches of each partition."""
    return frame.mapInArrow(partial(_on_own_threads, task), schema)


def over(session: Any, n: int, task: Callable[[int], pa.RecordBatch], schema: str) -> Any:
    """Return what a task makes of each number from 0 to n − 1, in no order.

    Numbers that one task of Spark gets are far apart, as neighbours are alike in length.
    """
    return mapped(session.range(n), partial(_each_number, task, n), schema)


def each(session: Any, n: int, task: Callable[[int], Any]) -> list[Any]:
    """Return what a task returns for each number from 0 to n − 1, which is to be small, in order."""
    rows = over(session, n, partial(_pickled, task), "number long, result binary").toArrow().sort_by("number")
    return [pickle.loads(result) for result in rows["result"].to_pylist()]


def summed(rows: Any, *by: str) -> pa.Table:
    """Add up all other columns, each from the least, as sums of doubles depend on the order."""
    total = "aggregate(array_sort(collect_list({0})), 0D, (sum, part) -> sum + part) AS {0}"
    sums = map(import_peer("pyspark.sql.functions", "spark").expr, map(total.format, rows.columns[len(by) :]))
    return rows.groupBy(*by).agg(*sums).toArrow()


def partition() -> int:
    """Number of the partition that this task of Spark works on."""
    return int(_task().partitionId())


def _on_own_threads(task: Task, batches: Batches) -> Batches:
    """Have kernels run on as many threads as this task has cores; results do not depend on it."""
    numba.set_num_threads(min(max(1, _task().cpus()), numba.config.NUMBA_NUM_THREADS))
    with one_blas_thread():
        yield from task(batches)


def _each_number(task: Callable[[int], pa.RecordBatch], n: int, batches: Batches) -> Batches:
    spread = np.argsort(np.arange(n) * _GOLDEN % 1, kind="stable")
    for batch in batches:
        yield from (task(int(spread[number])) for number in batch["id"].to_pylist())


def _pickled(task: Callable[[int], Any], number: int) -> pa.RecordBatch:
    return pa.record_batch({"number": [number], "result": [pickle.dumps(task(number))]})


def _task() -> Any:
    return import_peer("pyspark", "spark").TaskContext.get()
