"""One thread for matrix products, for as long as anything in the process needs it.

Products within threads of ours would each start a team of BLAS threads, which is the classic hundredfold slowdown. The
number of threads is the process's: limits that overlap without knowing of each other would each restore what they
found, and the last to end would leave the process at one thread. So they are counted.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits


class _Limit:
    """The limit, and the blocks that it is held for, each by its thread."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.holders: dict[object, int] = {}  # from a mark of every block to its thread
        self.in_force: threadpool_limits | None = None

    def take(self, block: object) -> None:
        with self.lock:
            if self.in_force is None:
                _in_short_thread(self._begin)
            self.holders[block] = threading.get_ident()

    def give_back(self, block: object) -> None:
        """End a block, also one that was interrupted as it took the limit."""
        with self.lock:
            self.holders.pop(block, None)
            self._end_if_unused()

    def after_fork(self) -> None:
        """Forget the threads that a fork does not copy."""
        self.holders = {block: thread for block, thread in self.holders.items() if thread == threading.get_ident()}
        self._end_if_unused()
        self.lock.release()

    def _begin(self) -> None:
        self.in_force = threadpool_limits(limits=1, user_api="blas")

    def _end_if_unused(self) -> None:
        if self.in_force is not None and not self.holders:
            _in_short_thread(self.in_force.restore_original_limits)
            self.in_force = None


def _in_short_thread(work: Callable[[], None]) -> None:
    """Do something in a thread that ends with it.

    As long as the thread that has last set a limit lives, threadpoolctl ignores those that other threads set.
    """
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


_limit = _Limit()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_limit.lock.acquire, after_in_parent=_limit.lock.release, after_in_child=_limit.after_fork
    )


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Let matrix products take one thread within this block; the last block to end restores what the first found."""
    block = object()
    try:
        _limit.take(block)  # within: an interrupt as it returns gives it back, too
        yield
    finally:
        _limit.give_back(block)
