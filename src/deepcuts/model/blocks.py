"""Work on blocks of rows side by side, whose results come in one order, so that they do not depend on the threads."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from numba import get_num_threads

_BLOCK = 8_192

Result = TypeVar("Result")


def over_blocks(work: Callable[[slice], Result], n_rows: int) -> list[Result]:
    """Call ``work(rows)`` for slices of all rows, which lets go of the interpreter, and return what each gave."""
    blocks = [slice(start, start + _BLOCK) for start in range(0, n_rows, _BLOCK)]
    if len(blocks) < 2:
        return [work(block) for block in blocks]
    with ThreadPoolExecutor(get_num_threads()) as pool:
        return list(pool.map(work, blocks))
