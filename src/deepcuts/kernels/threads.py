"""Threads: how many the kernels run in, how rows are dealt out to them, and blocks of rows on threads of Python.

Kernels release the interpreter's lock, so threads of Python run them side by side. Numba's own parallel loops would do
the same, but each of them takes one to three seconds more to compile.
"""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from contextvars import copy_context
from itertools import pairwise
from typing import Any, TypeVar

import numba

N_CHUNKS = 64  # chunk c of a kernel's rows is c, c + 64, …, so that every thread gets long rows and short ones
_LEAST_PAIRS = 2_000  # some forty users, three groups of sixteen, a few milliseconds
BLOCK_ROWS = 8_192  # of `over_blocks`: sums of blocks of rows depend on it
_RANGES_PER_THREAD = 4  # a thread that is held up leaves the next ranges to the others

Result = TypeVar("Result")


@contextmanager
def threads_for(n_pairs: int) -> Iterator[None]:
    """Run the kernels within this block in the calling thread alone where they have few pairs to work on.

    On a busy machine, a team of threads may wait for milliseconds until its last one is scheduled. Results do not
    depend on the number of threads.
    """
    before = numba.get_num_threads()
    if n_pairs < _LEAST_PAIRS:
        numba.set_num_threads(1)
    try:
        yield
    finally:
        numba.set_num_threads(before)


def over_blocks(work: Callable[[slice], Result], n_rows: int) -> list[Result]:
    """Call ``work(rows)`` for slices that cover all rows, on as many threads as the kernels have.

    Parameters
    ----------
    work
        A function that releases the interpreter's lock while it computes, as NumPy and the kernels do.
    n_rows
        Number of rows.

    Returns
    -------
    What each call returned, in the order of the slices, so that sums over it do not depend on the threads.
    """
    blocks = [slice(start, start + BLOCK_ROWS) for start in range(0, n_rows, BLOCK_ROWS)]
    if len(blocks) < 2:
        return [work(block) for block in blocks]
    with ThreadPoolExecutor(numba.get_num_threads()) as pool:
        return list(pool.map(work, blocks))


def over_ranges(
    kernel: Callable[..., None], n: int, *arguments: Any, scratch: Callable[[], tuple[Any, ...]] = tuple
) -> None:
    """Call ``kernel(first, last, *arguments)`` for ranges that cover 0 … n − 1, on as many threads as numba may use.

    Parameters
    ----------
    kernel
        A kernel whose results for a number in the range do not depend on the others: then the ranges do not matter.
    n
        Where the ranges end.
    arguments
        What every call is given; what it computes is written into arrays of these.
    scratch
        Makes further arguments, for each thread its own: arrays for intermediate results, which kernels that make
        them themselves take longer to compile.
    """
    n_threads = min(numba.get_num_threads(), n)
    if n_threads < 2:
        kernel(0, n, *arguments, *scratch())
        return
    if not getattr(kernel, "signatures", True):
        kernel(0, 0, *arguments, *scratch())  # compiled here: an interrupt of this thread waits for no other one
    n_ranges = min(n, n_threads * _RANGES_PER_THREAD)
    ends = [n * i // n_ranges for i in range(n_ranges + 1)]
    left = iter(list(pairwise(ends)))

    def work() -> None:
        own = scratch()
        for first, last in left:
            kernel(first, last, *arguments, *own)

    others = _in_other_threads(work, n_threads - 1)
    try:
        work()
    finally:
        list(left)  # after an interrupt, no thread begins another one
        begun = [future for future in others if not future.cancel()]
        wait(begun)
    for future in begun:
        future.result()


def _in_other_threads(work: Callable[[], None], n_threads: int) -> list[Future[None]]:
    """Start some work in so many threads, or in fewer where no more can be had, as at the end of the process."""
    futures = []
    with contextlib.suppress(RuntimeError):
        for _ in range(n_threads):
            futures.append(_pool().submit(copy_context().run, work))  # NumPy's handling of errors is of the context
    return futures


@functools.cache
def _pool() -> ThreadPoolExecutor:
    """Threads beside the calling one, started as they are needed."""
    return ThreadPoolExecutor(max(1, numba.config.NUMBA_NUM_THREADS - 1), "kernels")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # a forked process has none of the threads
