"""Threads that compute responses beside the event loop.

A request is small, and many come at once: they are computed side by side, each on one thread, which is faster than to
spread each over all cores. Kernels still run through Numba's threading layer, even on one thread. Of its layers, GNU
OpenMP and TBB may be entered from several threads at a time; "workqueue", which Numba falls back to where neither is
there, ends the process. Which one is used is known after the first kernel has run, so a lock lets one request compute
at a time until then, and for good where it is "workqueue". GNU OpenMP in turn does not survive a fork, which is why
several workers are spawned.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import TypeVar

import numba
from threadpoolctl import threadpool_limits

from deepcuts.web.problems import Problem, ProblemError

Result = TypeVar("Result")

_CONCURRENT_LAYERS = frozenset({"omp", "tbb"})

OVERLOADED = Problem(
    503, "The service is busier than it can be. Come back in a second.", "overloaded", headers={"Retry-After": "1"}
)


class Compute:
    """Threads that compute results, and a bounded queue of requests in front of them.

    Parameters
    ----------
    n_threads
        Results that are computed at a time.
    waiting
        Requests that may be queued; those beyond are refused.
    """

    def __init__(self, n_threads: int, waiting: int) -> None:
        self.n_threads, self.waiting = n_threads, waiting
        self.n_under_way = 0
        self._lock = threading.Lock()
        self._one_by_one = True
        self._pool: ThreadPoolExecutor | None = None
        self._blas: threadpool_limits | None = None

    def start(self) -> None:
        """Make the threads; let a matrix product take one thread, as every request has one already."""
        self._pool = ThreadPoolExecutor(self.n_threads, "compute")
        self._blas = threadpool_limits(limits=1, user_api="blas")

    def stop(self) -> None:
        """Finish what is under way."""
        if self._pool is not None:
            self._pool.shutdown(wait=True)
            self._pool = None
        if self._blas is not None:
            self._blas.restore_original_limits()
            self._blas = None

    async def run(self, work: Callable[[], Result]) -> Result:
        """Compute a result in one of the threads.

        Raises
        ------
        ProblemError
            If too many are waiting already, or the service is ending.
        """
        if self._pool is None or self.n_under_way >= self.n_threads + self.waiting:
            raise ProblemError(OVERLOADED)
        self.n_under_way += 1  # on the event loop only, so no lock is needed
        try:
            context = contextvars.copy_context()  # the id of the request, for its log lines
            return await asyncio.get_running_loop().run_in_executor(self._pool, context.run, self.do, work)
        finally:
            self.n_under_way -= 1

    def do(self, work: Callable[[], Result]) -> Result:
        """Compute a result in this thread, with no other at the same time where the threading layer needs that."""
        with self._lock if self._one_by_one else nullcontext():
            numba.set_num_threads(1)  # of this thread alone
            return work()

    def note_layer(self) -> None:
        """Check, once a kernel has run, whether the threading layer allows several at a time."""
        try:
            self._one_by_one = numba.threading_layer() not in _CONCURRENT_LAYERS
        except ValueError:  # no layer is loaded, as where the JIT is off: plain Python needs no lock
            self._one_by_one = False
