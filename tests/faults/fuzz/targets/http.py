"""The service on loopback: raw bytes, or a method, a path and a body; the first byte says which."""

from __future__ import annotations

import logging
import re
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from faults.fuzz.targets.settings import small_model
from serving_help import served

PATHS = ("/recommend", "/recommend/batch", "/fold-in", "/explain")
MOST_SECONDS, IDLE_SECONDS = 9.0, 0.1


class _Faults(logging.Handler):
    """Keep what the service logs of exceptions that nobody expected."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(self.format(record))


FAULTS = _Faults()
ADDRESS: list[Any] = []  # host and port, for as long as a session lasts


@contextmanager
def session() -> Iterator[None]:
    """Serve a small model."""
    loggers = [logging.getLogger(name) for name in ("uvicorn.error", "deepcuts", "asyncio")]
    with tempfile.TemporaryDirectory() as folder:
        small_model().save(Path(folder, "model.safetensors"))
        for logger in loggers:
            logger.addHandler(FAULTS)
        try:
            with served(Path(folder, "model.safetensors")) as url:
                parts = urlsplit(url)
                ADDRESS[:] = [str(parts.hostname), int(parts.port or 0)]
                yield
        finally:
            for logger in loggers:
                logger.removeHandler(FAULTS)


def feed(data: bytes, folder: Path) -> None:
    way, content = data[0] if data else 0, data[1:]
    is_raw = bool(way & 128)
    FAULTS.found.clear()
    answer = exchanged(content, way & 1) if is_raw else exchanged(request(content, way), 1)
    assert not FAULTS.found, FAULTS.found[0][-2_000:]
    assert not answer.startswith(b"HTTP/1.1 5"), answer[:2_000]
    assert is_raw or re.match(rb"HTTP/1.1 [234]\d\d .*\r\n\r\n", answer, re.DOTALL), answer[:200]


def request(content: bytes, way: int) -> bytes:
    """Make a request: of JSON to an endpoint, or of what is asked for in the first line."""
    host, port = ADDRESS
    end = f"Host: {host}:{port}\r\nConnection: close\r\n".encode()
    if way < len(PATHS):
        first = b"POST " + PATHS[way].encode()
    else:
        line, _, content = content.partition(b"\n")
        line = bytes(byte for byte in line if 32 < byte < 127)
        first = (b"GET", b"POST", b"DELETE", b"OPTIONS")[way % 4] + b" /" + line.lstrip(b"/")
    kind = b"Content-Type: application/json\r\n" if way & 64 == 0 else b"Content-Type: text/plain; charset=x\r\n"
    return first + b" HTTP/1.1\r\n" + end + kind + b"Content-Length: %d\r\n\r\n" % len(content) + content


def exchanged(request: bytes, is_patient: int) -> bytes:
    """Send bytes, and return the answer; the end of the stream is sent at once, or where no answer ends by itself."""
    answer = b""
    with socket.create_connection((ADDRESS[0], ADDRESS[1]), timeout=MOST_SECONDS) as connection:
        try:
            connection.sendall(request)
            if is_patient and b"Connection: close" not in request:
                connection.settimeout(IDLE_SECONDS)
                with suppress(TimeoutError):
                    answer += connection.recv(1 << 16)
                connection.settimeout(MOST_SECONDS)
            if not is_patient or b"Connection: close" not in request:
                connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(1 << 16):
                answer += part
        except (ConnectionResetError, BrokenPipeError):  # the service may hang up on what it refuses
            pass
    return answer
