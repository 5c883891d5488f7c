"""Threads: how many the kernels run in, how rows are dealt out to them, and blocks of rows on threads of Python."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import numba

N_CHUNKS = 64  # chunk c of a kernel's rows is c, c + 64, …, so that every thread gets long rows and short ones
_LEAST_PAIRS = 2_000  # some forty users, three groups of sixteen, a few milliseconds
BLOCK_ROWS = 8_192  # of `over_blocks`: sums of blocks of rows depend on it

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
