"""A process that runs commands in forked children, each with one fault: a signal or an error at a call, or at a time.

It reads one JSON object a line, ``{"arguments": [...], "fault": {...} or null}``, and writes one a line: the exit
status, negative for a signal, and what the command said.
"""

from __future__ import annotations

import atexit
import builtins
import contextlib
import errno
import functools
import io
import json
import os
import signal
import sys
import tempfile
import threading
import time
from typing import Any

import pyarrow as pa
import typer

from deepcuts.cli.main import main
from deepcuts.cli.plays_files import read_interactions, write_interactions  # noqa: F401
from deepcuts.cli.program import app  # noqa: F401  # what `main` and commands import late
from deepcuts.data import split  # noqa: F401
from deepcuts.ingest import read_plays  # noqa: F401

MOST_SECONDS = 60


class FaultyFile:
    """A file that is opened for writing, whose writes are counted."""

    def __init__(self, file: Any, strike: Any) -> None:
        self._file, self._strike = file, strike

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> FaultyFile:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def write(self, data: Any) -> Any:
        self._strike()
        return self._file.write(data)


def inject(call: str, n: int, signal_number: int | None, error: str | None) -> None:
    """Have the n-th call of a function, from 0, send a signal to this process or raise an error."""
    left = [n]

    def strike() -> None:
        left[0] -= 1
        if left[0] != -1:
            return
        if signal_number is not None:
            os.kill(os.getpid(), signal_number)
        elif error is not None:
            number = getattr(errno, error)
            raise OSError(number, os.strerror(number))

    if call == "write":
        plain = io.open

        def opened(file: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
            found = plain(file, mode, *arguments, **options)
            return FaultyFile(found, strike) if "w" in mode else found

        builtins.open = io.open = opened
        return
    really = getattr(os, call)

    def counted(*arguments: Any, **options: Any) -> Any:
        strike()
        return really(*arguments, **options)

    setattr(os, call, counted)


def run_child(arguments: list[str], fault: dict[str, Any] | None, said: int) -> None:
    """Run one command in this process and end it."""
    status = 70
    try:
        os.dup2(said, 2)
        os.dup2(os.open(os.devnull, os.O_RDWR), 1)
        if fault and "call" in fault:
            inject(fault["call"], fault["n"], fault.get("signal"), fault.get("error"))
        sys.argv = ["deepcuts", *arguments]
        main()
        status = 0
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else int(error.code is not None)
    except KeyboardInterrupt:  # before the command was called: the signal ends the process as it ends any other
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException as error:
        os.write(2, f"foreign {error!r}".encode())
    finally:
        sys.stderr.flush()
        atexit._run_exitfuncs()
        os._exit(status)


def run(arguments: list[str], fault: dict[str, Any] | None) -> dict[str, Any]:
    """Run one command in a child; return how it ended."""
    with tempfile.TemporaryFile() as said:
        pid = os.fork()
        if pid == 0:
            run_child(arguments, fault, said.fileno())
        if fault and "seconds" in fault:
            time.sleep(fault["seconds"])
            os.kill(pid, fault["signal"])  # until it is waited for, the number is its own
        timer = threading.Timer(MOST_SECONDS, os.kill, (pid, signal.SIGABRT))
        timer.start()
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        timer.cancel()
        said.seek(0)
        return {"status": status, "said": said.read().decode(errors="replace")}


def prepare() -> None:
    """Have a command fail here, so that no child has to import what parses it, nor to make it of annotations."""
    pa.array([""])  # the first one imports pandas, where that is installed
    typer.main.get_command = functools.cache(typer.main.get_command)
    with contextlib.suppress(SystemExit), contextlib.redirect_stderr(io.StringIO()):
        main(["info", os.devnull])


if __name__ == "__main__":
    prepare()
    for line in sys.stdin:
        print(json.dumps(run(**json.loads(line))), flush=True)
