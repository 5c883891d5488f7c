"""Vectors that units leave for a block of items lie in memory that tasks use in turn."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Thread

import numpy as np
import pytest

from deepcuts.shelf.sides import joined


def parts(*n_rows: int, width: int = 4) -> list[np.ndarray]:
    return [np.full((n, width), number, np.float32) for number, n in enumerate(n_rows)]


@pytest.mark.parametrize("given", [parts(3), parts(2, 0, 5), parts(1, 30), parts(9, 1, width=7)])
def test_parts_stand_below_one_another(given):
    found = joined(given)
    np.testing.assert_array_equal(found, np.concatenate(given))
    assert found.flags["C_CONTIGUOUS"]


def test_the_next_task_of_a_worker_finds_no_new_memory_but_for_more_vectors():
    def tasks() -> None:
        first = joined(parts(50, 50))
        assert np.shares_memory(joined(parts(40, 60)), first)
        assert np.shares_memory(joined(parts(3, width=9)), first)
        larger = joined(parts(5_000))
        assert not np.shares_memory(larger, first)
        assert np.shares_memory(joined(parts(4, 5)), larger)

    with ThreadPoolExecutor(1) as worker:  # a thread of its own has no memory of tests before this one
        worker.submit(tasks).result()


def test_tasks_on_other_threads_have_their_own():
    mine, theirs = joined(parts(20)), list[np.ndarray]()
    thread = Thread(target=lambda: theirs.append(joined(parts(10, 10))))
    thread.start()
    thread.join()
    assert not np.shares_memory(mine, theirs[0])
