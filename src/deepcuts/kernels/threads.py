"""How many threads the kernels run in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numba

_WORTH_A_TEAM = 2_000  # pairs: some forty users, three groups of sixteen, a few milliseconds


@contextmanager
def as_many_as_worth_it(n_pairs: int) -> Iterator[None]:
    """Run the kernels within this block in the calling thread alone where the work is small.

    On a busy machine, a team of threads may wait for milliseconds until its last one is scheduled. Answers do not
    depend on the number of threads.
    """
    before = numba.get_num_threads()
    if n_pairs < _WORTH_A_TEAM:
        numba.set_num_threads(1)
    try:
        yield
    finally:
        numba.set_num_threads(before)
