"""Work as Spark runs it: a task for some of many numbers, its threads, and its failures in plain words."""

from __future__ import annotations

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

_TYPES = {
    "string": pa.string(),
    "int": pa.int32(),
    "long": pa.int64(),
    "double": pa.float64(),
    "binary": pa.binary(),
    "boolean": pa.bool_(),
}

_FAILURE = re.compile(r"deepcuts\.errors\.(\w+): (.*)")
_BATCH = "spark.sql.execution.arrow.maxRecordsPerBatch"


@contextmanager
def working(batch: int = 8_192) -> Iterator[Any]:
    """Give the active session of Spark, or one of this machine, with rows handed to Python so many at a time.

    Raises
    ------
    DeepcutsError
        What a task raised.
    """
    failure = import_peer("pyspark.errors", "spark").PySparkException
    with spark_session() as session, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas")  # which nothing here uses
        before = session.conf.get(_BATCH)
        session.conf.set(_BATCH, str(batch))
        try:
            yield session
        except failure as error:
            found = _FAILURE.search(str(error))
            if found is None or not hasattr(errors, found[1]):
                raise
            raise getattr(errors, found[1])(found[2]) from error
        finally:
            session.conf.set(_BATCH, before)


def over(session: Any, n: int, task: Callable[[int], Batches], schema: str) -> Any:
    """Return the rows that a task yields for each number from 0 to n − 1, in no order.

    The task has to be picklable. Numbers that a task of Spark gets are far apart, as neighbours are alike in length.
    """
    return session.range(0, n).mapInArrow(partial(_call, task, n), schema)


def _call(task: Callable[[int], Batches], n: int, batches: Batches) -> Batches:
    golden = (np.sqrt(5) - 1) / 2
    spread = np.argsort(np.arange(n) * golden % 1, kind="stable")
    with one_blas_thread():
        use_own_threads()
        for batch in batches:
            for number in batch["id"].to_pylist():
                yield from task(int(spread[number]))


def arrow_schema(schema: str) -> pa.Schema:
    """Return the columns of a schema, such as ``unit long, sums binary``, as Arrow has them."""
    return pa.schema([(name, _TYPES[kind]) for name, kind in map(str.split, schema.split(", "))])


def batch_of(schema: str, *columns: Any) -> pa.RecordBatch:
    """Make a batch of a schema of its columns, which may be lists or arrays."""
    types = arrow_schema(schema)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, types, strict=True)]
    return pa.record_batch(arrays, types)


def sql(expression: str) -> Any:
    """Return a column of an expression of SQL."""
    return import_peer("pyspark.sql.functions", "spark").expr(expression)


def use_own_threads() -> None:
    """Have kernels run on as many threads as this task of Spark has cores; results do not depend on it."""
    numba.set_num_threads(min(cores(), numba.config.NUMBA_NUM_THREADS))


def cores() -> int:
    """Cores of this task of Spark."""
    context = import_peer("pyspark", "spark").TaskContext.get()
    return max(1, context.cpus()) if context else 1


def partition() -> int:
    """Number of the partition that this task of Spark works on."""
    return int(import_peer("pyspark", "spark").TaskContext.get().partitionId())
