"""Processes that serve: their stderr is read all along, as a full pipe would stop them, and tells why a test failed."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from waiting import PATIENCE, wait_until


class LoggedProcess(subprocess.Popen[str]):
    """A process, and the lines that it has written to stderr so far."""

    def __init__(self, command: Sequence[str], **settings: Any) -> None:
        super().__init__(command, stderr=subprocess.PIPE, text=True, **settings)
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.stderr is not None
        with self.stderr:
            for line in self.stderr:
                self.lines.append(line)

    def line_with(self, words: str) -> str:
        """Wait for a line with some words, and return it."""
        wait_until(lambda: self._found(words) or not self._reader.is_alive())
        found = self._found(words)
        assert found, f"it ended without {words!r}:\n{''.join(self.lines)}"
        return found[0]

    def _found(self, words: str) -> list[str]:
        return [line for line in [*self.lines] if words in line]

    def all_lines(self) -> list[str]:
        """Lines of a process that is to end, once it has."""
        self.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return self.lines


@contextmanager
def logged(command: Sequence[str], how: signal.Signals = signal.SIGTERM, **settings: Any) -> Iterator[LoggedProcess]:
    """Run a process until the block ends, which a signal tells it; where that fails, print what it has said."""
    process = LoggedProcess(command, **settings)
    try:
        try:
            yield process
        finally:
            process.send_signal(how)
            try:
                process.wait(PATIENCE)
            finally:
                process.kill()
                process.all_lines()
    except BaseException:
        print("".join(process.lines))
        raise
