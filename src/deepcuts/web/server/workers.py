"""Processes that serve one port: started, watched, started again when they die or hang, and ended together.

A worker says that it runs by writing the time of the clock that all processes share into memory that they share. It
does so from its event loop, so one that computes is alive, and one whose loop does not turn is not.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import socket
import threading
from collections.abc import Callable
from ctypes import c_double
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from time import monotonic, sleep
from typing import NamedTuple

from uvicorn.config import STARTUP_FAILURE

from deepcuts.errors import OutputError
from deepcuts.web.server import logs

logger = logging.getLogger(__name__)

_POLL_SECONDS = 0.1
_RESTART_SECONDS = 1.0  # from one start of a worker to the next, at the least


Work = Callable[[socket.socket, Callable[[], None]], None]


class _Worker(NamedTuple):
    """A process, when it was started, and when it last said that it runs, both in seconds; 0 before it has."""

    process: SpawnProcess
    began: float
    pulse: c_double


class Workers:
    """Some processes that run one function.

    Parameters
    ----------
    work
        What a worker does until SIGTERM or SIGINT ends it; picklable. It takes the listener and a function that says
        that it runs. It exits with the status `STARTUP_FAILURE` of uvicorn where it cannot begin, and is not started
        again then.
    listener
        The socket that they accept from.
    n
        How many.
    patience
        Seconds from a signal to the time when a worker that has not ended is killed.
    hang_seconds
        Seconds after which a worker that has said that it runs, and does not say so any more, is killed; 0 for never.
    """

    def __init__(self, work: Work, listener: socket.socket, n: int, patience: float, hang_seconds: float) -> None:
        self.work, self.listener, self.n, self.patience = work, listener, n, patience
        self.hang_seconds = hang_seconds or float("inf")
        self._signals: list[int] = []

    def take_signal(self, number: int, frame: object = None) -> None:
        """Pass a signal to end on to the workers; a second one makes haste."""
        self._signals.append(number)

    def run(self) -> None:
        """Run them until a signal has come and all have ended.

        Raises
        ------
        OutputError
            If a worker cannot begin.
        """
        running = [self._started() for _ in range(self.n)]
        while not self._signals:
            wait([worker.process.sentinel for worker in running], _POLL_SECONDS)
            for index, worker in enumerate(running):
                self._kill_if_hung(worker)
                if worker.process.exitcode is None or self._signals:
                    continue
                if worker.process.exitcode == STARTUP_FAILURE:
                    self._end([worker.process for worker in running], signal.SIGINT)
                    raise OutputError("The service cannot start: its log, above, says why. Mend that, and start again.")
                logger.error("a worker died, and another is started", extra={logs.FIELDS: _fate(worker.process)})
                sleep(max(0.0, worker.began + _RESTART_SECONDS - monotonic()))
                running[index] = self._started()
        self._end([worker.process for worker in running], self._signals[0])

    def _started(self) -> _Worker:
        context = multiprocessing.get_context("spawn")
        pulse = context.RawValue("d", 0.0)
        process = context.Process(target=_run, args=(self.work, self.listener, pulse))
        process.start()
        logger.info("a worker was started", extra={logs.FIELDS: {"pid": process.pid}})
        return _Worker(process, monotonic(), pulse)

    def _kill_if_hung(self, worker: _Worker) -> None:
        """Kill a worker that ran and does not any more; one that has not begun may take as long as it needs."""
        silent = monotonic() - worker.pulse.value
        if worker.pulse.value and silent > self.hang_seconds and worker.process.exitcode is None:
            fields = {"pid": worker.process.pid, "seconds": round(silent, 1)}
            logger.error("a worker hangs, and is killed", extra={logs.FIELDS: fields})
            worker.process.kill()
            worker.process.join()

    def _end(self, workers: list[SpawnProcess], number: int) -> None:
        """Pass signals on until all have ended, and kill those that do not."""
        self.listener.close()  # theirs are copies; the port is closed with the last of them
        deadline, n_passed = monotonic() + self.patience, 0
        for worker in workers:
            _send(worker, number)
        while alive := [worker for worker in workers if worker.exitcode is None]:
            if len(self._signals) > 1 + n_passed:
                n_passed += 1
                for worker in alive:
                    _send(worker, signal.SIGINT)
            if monotonic() > deadline:
                for worker in alive:
                    logger.error("a worker does not end, and is killed", extra={logs.FIELDS: {"pid": worker.pid}})
                    worker.kill()
                deadline += self.patience
            wait([worker.sentinel for worker in alive], _POLL_SECONDS)
        for worker in workers:
            logger.info("a worker has ended", extra={logs.FIELDS: _fate(worker)})


def _run(work: Work, listener: socket.socket, pulse: c_double) -> None:
    """Do the work of a worker, and end it where the process that watches over it is gone."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    work(listener, lambda: setattr(pulse, "value", monotonic()))


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os.kill(os.getpid(), signal.SIGTERM)


def _send(worker: SpawnProcess, number: int) -> None:
    if worker.exitcode is None and worker.pid is not None:
        os.kill(worker.pid, signal.SIGTERM if number == signal.SIGTERM or os.name == "nt" else signal.SIGINT)


def _fate(worker: SpawnProcess) -> dict[str, object]:
    """Say which worker it was and how it ended."""
    code = worker.exitcode or 0
    ended = {"signal": signal.Signals(-code).name} if code < 0 else {"exit_status": code}
    return {"pid": worker.pid, **ended}
