"""Matrix products take one thread while anything needs it, and as many as before afterwards."""

from __future__ import annotations

import os
import sys
import threading
from types import FrameType

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from deepcuts.blas_threads import one_blas_thread


def blas_threads() -> set[int]:
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


BEFORE = blas_threads() if np.eye(2).any() else set()  # NumPy has loaded its BLAS
pytestmark = pytest.mark.skipif({1} == BEFORE, reason="needs a BLAS with several threads")


def test_it_is_one_within_and_as_before_afterwards() -> None:
    with one_blas_thread():
        assert blas_threads() == {1}
        with one_blas_thread():
            assert blas_threads() == {1}
        assert blas_threads() == {1}
    assert blas_threads() == BEFORE


def test_it_holds_for_threads_after_it_was_set_by_another() -> None:
    with one_blas_thread():
        pass
    seen = []

    def work() -> None:
        with one_blas_thread():
            seen.append(blas_threads())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [{1}]
    assert blas_threads() == BEFORE


def test_blocks_that_overlap_in_threads_restore_what_the_first_found() -> None:
    first_is_in, second_is_in, first_is_out = (threading.Event() for _ in range(3))
    seen = []

    def first() -> None:
        with one_blas_thread():
            first_is_in.set()
            second_is_in.wait(10)
        first_is_out.set()

    def second() -> None:
        first_is_in.wait(10)
        with one_blas_thread():
            second_is_in.set()
            first_is_out.wait(10)
            seen.append(blas_threads())

    threads = [threading.Thread(target=work) for work in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [{1}]
    assert blas_threads() == BEFORE


def test_an_error_ends_the_block() -> None:
    with pytest.raises(KeyError), one_blas_thread():
        raise KeyError
    assert blas_threads() == BEFORE


@pytest.mark.parametrize("event", ["call", "return"])
def test_an_interrupt_while_the_limit_is_taken_leaves_none(event: str) -> None:
    def interrupt(frame: FrameType, what: str, _: object) -> None:
        if what == event and frame.f_code.co_name == "take":
            sys.setprofile(None)
            raise KeyboardInterrupt

    sys.setprofile(interrupt)
    with pytest.raises(KeyboardInterrupt), one_blas_thread():
        pytest.fail("the block has begun")
    assert sys.getprofile() is None
    assert blas_threads() == BEFORE


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system with forks")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_fork_forgets_the_blocks_of_threads_that_it_does_not_copy() -> None:
    is_in, may_end = threading.Event(), threading.Event()

    def hold() -> None:
        with one_blas_thread():
            is_in.set()
            may_end.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    is_in.wait(10)
    child = os.fork()
    if child == 0:
        with one_blas_thread():
            is_one = blas_threads() == {1}
        os._exit(0 if is_one and blas_threads() == BEFORE else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    may_end.set()
    thread.join()
    assert blas_threads() == BEFORE
