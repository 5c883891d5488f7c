"""Threads that compute responses beside the event loop.

A request is small, and many come at once: they are computed side by side, each on one thread, which is faster than to
spread each over all cores: kernels run in the thread that calls them (`deepcuts.kernels.threads`).
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import TypeVar

import numba

from deepcuts.blas_threads import one_blas_thread
from deepcuts.web.problems import Problem, ProblemError

Result = TypeVar("Result")

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
        self._pool: ThreadPoolExecutor | None = None
        self._blas: AbstractContextManager[None] | None = None

    def start(self) -> None:
        """Make the threads; let a matrix product take one thread, as every request has one already."""
        self._pool = ThreadPoolExecutor(self.n_threads, "compute")
        self._blas = one_blas_thread()
        self._blas.__enter__()

    def stop(self) -> None:
        """Finish what is under way."""
        if self._pool is not None:
            self._pool.shutdown(wait=True)
            self._pool = None
        if self._blas is not None:
            self._blas.__exit__(None, None, None)
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
        """Compute a result in this thread."""
        numba.set_num_threads(1)  # of this thread alone
        return work()
