"""Threads that compute responses beside the event loop.

A request is small, and many come at once: they are computed side by side, each on one thread, which is faster than to
spread each over all cores: kernels run in the thread that calls them (`deepcuts.kernels.threads`).
"""

from __future__ import annotations

import asyncio
import contextvars
import ctypes
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeVar

import numba

from deepcuts.blas_threads import one_blas_thread
from deepcuts.web.problems import Problem, ProblemError

Result = TypeVar("Result")

OVERLOADED = Problem(
    503, "The service is busier than it can be. Come back in a second.", "overloaded", headers={"Retry-After": "1"}
)
_PATIENCE = 0.5  # seconds that what is under way may take to finish by itself, and again to end when it is told to


class Ended(BaseException):
    """The service ends, and with it what is computed; nothing on the way is to take it for a failure."""


@contextmanager
def _callbacks_in_silence() -> Iterator[None]:
    """Print nothing of `Ended` in a callback of machine code, out of which no exception gets; it is raised again."""
    before = sys.unraisablehook
    sys.unraisablehook = lambda unraisable: None if issubclass(unraisable.exc_type, Ended) else before(unraisable)
    try:
        yield
    finally:
        sys.unraisablehook = before


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
        self._lock = threading.Lock()
        self._working: set[int] = set()  # threads with something under way
        self._submitted: set[Future[Any]] = set()

    def start(self) -> None:
        """Make the threads; let a matrix product take one thread, as every request has one already."""
        self._pool = ThreadPoolExecutor(self.n_threads, "compute")
        self._blas = one_blas_thread()
        self._blas.__enter__()

    def stop(self) -> None:
        """Finish what is under way; what takes longer is ended, as the compilation of kernels that nobody waits for."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            with _callbacks_in_silence():
                while wait_for(list(self._submitted), _PATIENCE).not_done:
                    self._end_all()
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
            future = self._pool.submit(context.run, self.do, work)
            self._submitted.add(future)
            future.add_done_callback(self._submitted.discard)
            return await asyncio.wrap_future(future)
        finally:
            self.n_under_way -= 1

    def do(self, work: Callable[[], Result]) -> Result:
        """Compute a result in this thread."""
        numba.set_num_threads(1)  # of this thread alone
        thread = threading.get_ident()
        with self._lock:
            self._working.add(thread)
        try:
            return work()
        finally:
            with self._lock:
                self._working.discard(thread)

    def _end_all(self) -> None:
        """Raise `Ended` in threads with something under way, as soon as they run Python again."""
        with self._lock:
            for thread in self._working:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(Ended))
