"""Ranges of rows on threads: each once, alone where one thread is asked for, after forks, at once, and interrupted."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator

import numba
import numpy as np
import pytest

from deepcuts.kernels.compiling import kernel
from deepcuts.kernels.threads import over_ranges
from waiting import PATIENCE

N_THREADS = min(2, numba.config.NUMBA_NUM_THREADS)

needs_two = pytest.mark.skipif(N_THREADS < 2, reason="needs two processors")
needs_forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system with forks")


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    before = numba.get_num_threads()
    numba.set_num_threads(N_THREADS)
    yield
    numba.set_num_threads(before)


def visit(first: int, last: int, counts: np.ndarray, threads: set[int]) -> None:
    threads.add(threading.get_ident())
    counts[first:last] += 1
    time.sleep(0.002)


def visited(n: int) -> tuple[list[int], set[int]]:
    counts, threads = np.zeros(n, np.int64), set[int]()
    over_ranges(visit, n, counts, threads)
    return counts.tolist(), threads


class Meeting:
    """Has each thread wait in its first range for all others: on a busy machine, one may do everything otherwise."""

    def __init__(self) -> None:
        self.threads, self._barrier = set[int](), threading.Barrier(N_THREADS)

    def join(self) -> None:
        if threading.get_ident() not in self.threads:
            self.threads.add(threading.get_ident())
            self._barrier.wait(PATIENCE)


def meet(first: int, last: int, meeting: Meeting) -> None:
    meeting.join()


def met() -> set[int]:
    meeting = Meeting()
    over_ranges(meet, 1_000, meeting)
    return meeting.threads


@pytest.mark.parametrize("n", [1, 2, 3, 7, 8, 9, 1_000])
def test_every_number_is_in_one_range(n: int) -> None:
    assert visited(n)[0] == [1] * n


@needs_two
def test_two_threads_take_part_and_the_calling_one_is_one_of_them() -> None:
    threads = met()
    assert len(threads) == 2
    assert threading.get_ident() in threads


def test_one_thread_where_one_is_asked_for() -> None:
    numba.set_num_threads(1)
    assert visited(1_000) == ([1] * 1_000, {threading.get_ident()})


def test_threads_may_call_at_once() -> None:
    found: list[list[int]] = []
    numbers = [threading.Thread(target=lambda: found.append(visited(500)[0])) for _ in range(16)]
    for thread in numbers:
        thread.start()
    for thread in numbers:
        thread.join(60)
    assert found == [[1] * 500] * 16


@kernel()
def square_roots(first: int, last: int, out: np.ndarray) -> None:
    """Write the square root of every number of a range."""
    for row in range(first, last):
        out[row] = np.sqrt(row)


def roots() -> np.ndarray:
    out = np.empty(64)
    over_ranges(square_roots, 64, out)
    return out


def exit_status_of(child: Callable[[], bool]) -> int:
    """Run something in a forked process; 0 where it returns true."""
    pid = os.fork()
    if pid == 0:
        try:
            os._exit(0 if child() else 1)
        finally:
            os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@needs_forks
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
def test_a_forked_process_has_threads_of_its_own() -> None:
    expected = roots()
    np.testing.assert_array_equal(expected, np.sqrt(np.arange(64)))
    assert exit_status_of(lambda: np.array_equal(roots(), expected) and len(met()) == N_THREADS) == 0
    assert exit_status_of(lambda: exit_status_of(lambda: np.array_equal(roots(), expected)) == 0) == 0
    np.testing.assert_array_equal(roots(), expected)


@needs_forks
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
def test_forks_beside_a_thread_that_computes() -> None:
    busy = threading.Event()
    thread = threading.Thread(target=lambda: [visited(100) for _ in iter(busy.is_set, True)])
    thread.start()
    try:
        assert [exit_status_of(lambda: visited(100)[0] == [1] * 100) for _ in range(10)] == [0] * 10
    finally:
        busy.set()
        thread.join(60)


@needs_two
def test_an_error_of_any_range_is_raised_when_no_thread_works_any_more() -> None:
    working: set[int] = set()

    def fail(first: int, last: int, failing: bool, meeting: Meeting) -> None:
        working.add(first)
        meeting.join()
        time.sleep(0.01)
        working.remove(first)
        if (threading.current_thread() is threading.main_thread()) == failing:
            raise ZeroDivisionError(first)

    for failing in (True, False):
        with pytest.raises(ZeroDivisionError):
            over_ranges(fail, 100, failing, Meeting())
        assert working == set()


@needs_two
def test_after_an_interrupt_no_further_range_is_begun() -> None:
    begun: list[int] = []

    def interrupted(first: int, last: int) -> None:
        begun.append(first)
        if threading.current_thread() is threading.main_thread():
            raise KeyboardInterrupt
        time.sleep(0.05)

    with pytest.raises(KeyboardInterrupt):
        over_ranges(interrupted, 1_000)
    assert len(begun) <= 3
    time.sleep(0.1)
    assert len(begun) <= 3
