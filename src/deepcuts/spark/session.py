"""Spark as an engine: it runs tasks on threads of their own, and tells their failures in plain words."""

from __future__ import annotations

import inspect
import pickle
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property, partial, wraps
from typing import Any, Concatenate, ParamSpec

import numba
import numpy as np
import pyarrow as pa

from deepcuts import errors
from deepcuts.baselines.peers import import_peer
from deepcuts.baselines.spark_als import spark_session
from deepcuts.blas_threads import one_blas_thread
from deepcuts.shelf.engine import Engine, Result

Batches = Iterator[pa.RecordBatch]
Task = Callable[[Batches], Batches]
Given = ParamSpec("Given")

_FAILURE = re.compile(r"deepcuts\.errors\.(\w+): (.*)")
_BATCH = ("spark.sql.execution.arrow.maxRecordsPerBatch", "500000")  # rows that are worth a database
_GOLDEN = (np.sqrt(5) - 1) / 2


@dataclass(frozen=True)
class SparkEngine:
    """A session of Spark, which begins with the first task and ends with a block, unless there was one before."""

    block: ExitStack

    @cached_property
    def session(self) -> Any:
        """The active session, or one of this machine."""
        return self.block.enter_context(_session())

    def each(self, n: int, task: Callable[[int], Result]) -> list[Result]:
        """Return what a task returns for each number from 0 to n − 1, which is to be small, in order.

        Numbers that one task of Spark gets are far apart, as neighbours are alike in length.
        """
        rows = self.mapped(self.session.range(n), partial(_each_number, task, n), "number long, result binary")
        return [pickle.loads(result) for result in rows.toArrow().sort_by("number")["result"].to_pylist()]

    def mapped(self, frame: Any, task: Task, schema: str) -> Any:
        """Return what a task, which can be pickled, makes of the batches of each partition of a DataFrame."""
        return frame.mapInArrow(partial(_on_own_threads, task), schema)


@contextmanager
def working() -> Iterator[SparkEngine]:
    """Give an engine for a block.

    Raises
    ------
    DeepcutsError
        What a task raised.
    """
    failure = import_peer("pyspark.errors", "spark").PySparkException
    try:
        with one_blas_thread(), ExitStack() as block:  # bits of products on the driver hang on it, too
            yield SparkEngine(block)
    except failure as error:
        found = _FAILURE.search(str(error))
        if found is None or not hasattr(errors, found[1]):
            raise
        raise getattr(errors, found[1])(found[2]) from error


def on_spark(call: Callable[Concatenate[Engine, Given], Result]) -> Callable[Given, Result]:
    """Return a call of `deepcuts.shelf` that takes no engine any more: its tasks run on Spark."""

    @wraps(call)
    def run(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        with working() as engine:
            return call(engine, *args, **kwargs)

    run.__module__ = __package__
    signature = inspect.signature(call)
    run.__signature__ = signature.replace(parameters=[*signature.parameters.values()][1:])  # type: ignore[attr-defined]
    return run


@contextmanager
def _session() -> Iterator[Any]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas")  # which nothing here uses
        with spark_session() as session:
            before = session.conf.get(_BATCH[0])
            session.conf.set(*_BATCH)
            try:
                yield session
            finally:
                session.conf.set(_BATCH[0], before)


def partition() -> int:
    """Number of the partition that this task of Spark works on."""
    return int(_task().partitionId())


def _on_own_threads(task: Task, batches: Batches) -> Batches:
    """Have kernels run on as many threads as this task has cores; results do not depend on it."""
    numba.set_num_threads(min(max(1, _task().cpus()), numba.config.NUMBA_NUM_THREADS))
    with one_blas_thread():
        yield from task(batches)


def _each_number(task: Callable[[int], Any], n: int, batches: Batches) -> Batches:
    spread = np.argsort(np.arange(n) * _GOLDEN % 1, kind="stable")
    for batch in batches:
        for number in spread[batch["id"].to_numpy()].tolist():
            yield pa.record_batch({"number": [number], "result": [pickle.dumps(task(number))]})


def _task() -> Any:
    return import_peer("pyspark", "spark").TaskContext.get()
