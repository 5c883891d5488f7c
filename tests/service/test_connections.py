"""Connections of clients that say nothing for long, or no HTTP."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from deepcuts.web.server import connections
from serving_help import served, small_model

SECONDS = 0.4
HOST = b"Host: 127.0.0.1\r\n"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    path: Path = tmp_path_factory.mktemp("service") / "model.safetensors"
    small_model().save(path)
    with served(path) as url:
        parts = urlsplit(url)
        yield str(parts.hostname), int(parts.port or 0)


@pytest.fixture(autouse=True)
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", SECONDS)
    monkeypatch.setattr(connections, "BODY_SECONDS", SECONDS)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET /heal",
        b"GET /healthz HTTP/1.1\r\n" + HOST,
        b"POST /recommend HTTP/1.1\r\n" + HOST + b"Content-Length: 50\r\n\r\n{",
        b"POST /recommend HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{",
    ],
    ids=["nothing", "half a line", "half of the headers", "half of a body", "half of a chunk"],
)
def test_half_open_connections_are_closed(address: tuple[str, int], sent: bytes) -> None:
    with socket.create_connection(address, timeout=10) as connection:
        began = time.monotonic()
        connection.sendall(sent)
        while connection.recv(1 << 16):
            pass
    assert SECONDS / 2 < time.monotonic() - began < 5


def test_a_slow_client_that_goes_on_is_waited_for(address: tuple[str, int]) -> None:
    body = b'{"user": "nobody"}'
    with socket.create_connection(address, timeout=10) as connection:
        head = b"Content-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
        connection.sendall(b"POST /recommend HTTP/1.1\r\n" + HOST + head)
        for byte in body:
            time.sleep(SECONDS / 10)
            connection.sendall(bytes([byte]))
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 404")


def test_requests_follow_on_one_connection(address: tuple[str, int]) -> None:
    request = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"
    with socket.create_connection(address, timeout=10) as connection:
        for _ in range(3):
            connection.sendall(request)
            assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200")
            time.sleep(1.5 * SECONDS)  # kept alive, as no request has begun
        connection.sendall(request[:12])
        while connection.recv(1 << 16):
            pass


@pytest.mark.parametrize("end", [b"\r\r\n", b"zz\r\n", b"5\r\n{}zzzzzz\r\n"])
@pytest.mark.parametrize("host", [b"Host:\r\n", HOST])
def test_a_body_that_is_no_http_is_no_fault(
    address: tuple[str, int], caplog: pytest.LogCaptureFixture, host: bytes, end: bytes
) -> None:
    caplog.set_level(logging.ERROR)
    with socket.create_connection(address, timeout=10) as connection:
        connection.sendall(b"POST /recommend HTTP/1.1\r\n" + host + b"Transfer-Encoding: chunked\r\n\r\n" + end)
        answer = b""
        while part := connection.recv(1 << 16):
            answer += part
    assert answer.startswith(b"HTTP/1.1 4")
    assert answer.count(b"HTTP/1.1") == 1
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []
