"""Connections of clients that say nothing for long, or no HTTP."""

from __future__ import annotations

import json
import logging
import re
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from deepcuts.errors import SettingsError
from deepcuts.web.server import connections
from deepcuts.web.server.settings import ServiceSettings
from serving_help import served, small_model
from waiting import wait_until

SECONDS = 0.4
PATIENT = 15.0  # seconds: less than the service would wait with the patience that it has without these tests
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
    with socket.create_connection(address, timeout=PATIENT) as connection:
        began = time.monotonic()
        connection.sendall(sent)
        while connection.recv(1 << 16):
            pass
    assert time.monotonic() - began > SECONDS / 2


def test_a_slow_client_that_goes_on_is_waited_for(address: tuple[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "BODY_SECONDS", 2.0)  # less than the body takes, far more than a part of it
    body = b'{"user": "nobody"}'
    with socket.create_connection(address, timeout=PATIENT) as connection:
        head = b"Content-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
        connection.sendall(b"POST /recommend HTTP/1.1\r\n" + HOST + head)
        for byte in body:
            time.sleep(0.15)
            connection.sendall(bytes([byte]))
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 404")


def test_requests_follow_on_one_connection(address: tuple[str, int]) -> None:
    request = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"
    with socket.create_connection(address, timeout=PATIENT) as connection:
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
    with socket.create_connection(address, timeout=PATIENT) as connection:
        connection.sendall(b"POST /recommend HTTP/1.1\r\n" + host + b"Transfer-Encoding: chunked\r\n\r\n" + end)
        answer = b""
        while part := connection.recv(1 << 16):
            answer += part
    assert answer.startswith(b"HTTP/1.1 4")
    assert answer.count(b"HTTP/1.1") == 1
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_headers_that_come_at_once_have_the_same_limit(address: tuple[str, int]) -> None:
    head = b"GET /healthz HTTP/1.1\r\nConnection: close\r\n" + HOST
    for n_bytes, status in ((30_000, b"200"), (33_000, b"431"), (60_000, b"431")):
        with socket.create_connection(address, timeout=PATIENT) as connection:
            connection.sendall(head + b"X: " + b"y" * n_bytes + b"\r\n\r\n")
            assert connection.recv(1 << 16).startswith(b"HTTP/1.1 " + status)


@pytest.mark.parametrize("sent", [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"GET /\0 HTTP/1.1\r\n\r\n"])
def test_what_is_no_http_gets_a_problem(address: tuple[str, int], sent: bytes) -> None:
    with socket.create_connection(address, timeout=PATIENT) as connection:
        connection.sendall(sent)
        head, _, body = connection.recv(1 << 16).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400")
    assert json.loads(body)["status"] == 400


def test_an_address_has_so_many_connections_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 30.0)
    small_model().save(tmp_path / "model.safetensors")
    with served(tmp_path / "model.safetensors", ServiceSettings(port=0, rate=0, connections=3)) as url:
        parts = urlsplit(url)
        place = str(parts.hostname), int(parts.port or 0)
        held = [socket.create_connection(place, timeout=PATIENT) for _ in range(3)]
        with socket.create_connection(place, timeout=PATIENT) as one_too_many:
            assert one_too_many.recv(1 << 16).startswith(b"HTTP/1.1 429")
        held.pop().close()
        wait_until(lambda: is_taken(place))  # once it is known that one has gone
        for connection in held:
            connection.close()


def is_taken(place: tuple[str, int]) -> bool:
    """Ask on a connection of its own; return whether there was room for it."""
    with socket.create_connection(place, timeout=PATIENT) as connection, suppress(ConnectionError):
        connection.sendall(b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n")
        return connection.recv(1 << 16).startswith(b"HTTP/1.1 200")
    return False


def test_a_crowd_counts_networks_and_exempts_proxies() -> None:
    crowd = connections.Crowd(1, ("10.0.0.1",))
    assert [crowd.enter(address) for address in ("2001:db8::1", "2001:db8::2", "192.0.2.1")] == [False, True, False]
    assert [crowd.enter("10.0.0.1") for _ in range(3)] == [False] * 3
    for address in ("2001:db8::1", "2001:db8::2", "192.0.2.1", *["10.0.0.1"] * 3):
        crowd.leave(address)
    assert len(crowd) == 0


@pytest.mark.parametrize(("proxy", "exempt"), [("10.0.0.0/8", [True, False]), ("*", [True, True])])
def test_networks_of_proxies_are_exempt(proxy: str, exempt: list[bool]) -> None:
    crowd = connections.Crowd(1, (proxy,))
    for address in ("10.1.2.3", "192.0.2.1"):
        crowd.enter(address)
    assert [not crowd.enter(address) for address in ("10.1.2.3", "192.0.2.1")] == exempt


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"trusted_proxies": ("proxy.internal",)},
            "is no address of a proxy. Give one such as 10.0.0.5",
        ),
        ({"trusted_proxies": ("10.0.0.1/8",)}, "'10.0.0.1/8' is no address of a proxy"),
        (
            {"allowed_hosts": ("https://music.example",)},
            "is no name of a host. Give one such as music.example",
        ),
        ({"allowed_hosts": ("music.example:8000",)}, "is no name of a host"),
        ({"allowed_hosts": ("*.example",)}, "is no name of a host"),
        ({"burst": 0}, "burst is 0. Give a number from 1 to 1,048,576."),
    ],
)
def test_names_that_no_request_could_have_are_refused(settings: dict, message: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(message)):
        ServiceSettings(**settings)
    ServiceSettings(
        trusted_proxies=("10.0.0.0/8", "::1", "*"), allowed_hosts=("music.example", "::1", "a_b", "10.0.0.7")
    )


def asked(address: tuple[str, int], target: str, host: str, *more: str) -> tuple[str, dict]:
    """Ask for a target as it is given, and return the first line of the response and its document."""
    head = "\r\n".join([f"GET {target} HTTP/1.1", f"Host: {host}", "Connection: close", *more, "", ""])
    with socket.create_connection(address, timeout=PATIENT) as connection:
        connection.sendall(head.encode())
        response = b"".join(iter(lambda: connection.recv(65_536), b"")).decode()
    line, _, rest = response.partition("\r\n")
    return line, json.loads(rest.partition("\r\n\r\n")[2] or "{}")


def test_a_target_in_absolute_form_is_taken_with_its_host(address: tuple[str, int]) -> None:
    place = f"{address[0]}:{address[1]}"
    plain = asked(address, "/items?q=a&k=2", place)
    assert plain[0] == "HTTP/1.1 200 OK"
    for target in (f"http://{place}/items?q=a&k=2", f"HTTP://{place}/it%65ms?q=a&k=2"):
        assert asked(address, target, "evil.example") == plain  # the Host header does not count beside it
    assert asked(address, f"http://{place}", place)[0] == asked(address, "/", place)[0]
    for target in ("http://evil.example/items?q=a", "http:///items?q=a", "http://[/items"):
        line, problem = asked(address, target, place)
        assert line.split()[1] in ("400", "421")
        assert problem["type"] == "urn:deepcuts:problem:host"


@pytest.mark.parametrize(
    ("path", "host", "status"), [("/items", None, 404), ("/socket", None, 404), ("/items", "evil.example", 421)]
)
def test_a_refused_websocket_gets_a_problem(address: tuple[str, int], path: str, host: str | None, status: int) -> None:
    key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
    upgrade = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", key)
    head = [f"GET {path} HTTP/1.1", f"Host: {host or f'{address[0]}:{address[1]}'}", *upgrade, "", ""]
    with socket.create_connection(address, timeout=PATIENT) as connection:
        connection.sendall("\r\n".join(head).encode())
        response = b"".join(iter(lambda: connection.recv(65_536), b"")).decode()
    assert response.split()[1] == str(status)
    assert "application/problem+json" in response
    assert json.loads(response.partition("\r\n\r\n")[2])["status"] == status
