"""Guards of the service: tokens, hosts, origins, sizes and rates."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import socket
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit

import pytest

import asking
from deepcuts.errors import SettingsError
from deepcuts.web.application import create_app
from deepcuts.web.server.guards.headers import STRICT_POLICY
from deepcuts.web.server.guards.hosts import HostGuard
from deepcuts.web.server.guards.rates import TokenBuckets, address_of, client_of
from deepcuts.web.server.guards.tokens import TokenGuard
from deepcuts.web.server.logs import JsonFormatter
from deepcuts.web.server.settings import ServiceSettings
from deepcuts.web.server.store import ModelStore
from serving_help import served, small_model
from waiting import PATIENCE

TOKEN = "0123456789abcdef-token"
PROBLEM = "urn:deepcuts:problem:"


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("service") / "model.safetensors"
    small_model().save(path)
    return path


@pytest.fixture(scope="module")
def address(path):
    settings = ServiceSettings(port=0, rate=0, token=TOKEN, body_bytes=2_000, allowed_hosts=("music.example",))
    with served(path, settings) as address:
        yield address


@pytest.fixture
def client(address):
    with asking.Client(base_url=address, headers={"authorization": f"Bearer {TOKEN}"}) as client:
        yield client


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": TOKEN},
        {"authorization": "Bearer"},
        {"authorization": f"Bearer {TOKEN}x"},
        {"authorization": f"Bearer {TOKEN[:-1]}"},
        {"authorization": "Bearer é".encode()},
        {"authorization": "Basic !"},
        {"authorization": f"Digest {TOKEN}"},
    ],
    ids=str,
)
def test_nobody_gets_in_without_the_token(address, headers):
    for path in ("/items?q=a", "/metrics", "/docs", "/openapi.json", "/nothing"):
        response = asking.get(address + path, headers=headers)
        assert (response.status_code, response.json()["type"]) == (401, f"{PROBLEM}token")
        assert response.headers["www-authenticate"].startswith("Basic" if path == "/nothing" else "Bearer")
    assert asking.get(f"{address}/healthz").status_code == 200


def test_the_token_lets_in(address, client):
    assert client.get("/items?q=a").status_code == 200
    assert asking.get(f"{address}/items?q=a", auth=("anyone", TOKEN)).status_code == 200


def test_a_request_for_another_host_is_refused(client):
    for host in ("evil.example", "127.0.0.1.evil.example", "evil.example:80", ""):
        assert client.get("/items?q=a", headers={"host": host}).status_code in (400, 421), host
    for host in ("localhost", "localhost:1234", "[::1]:80", "Music.Example"):
        assert client.get("/items?q=a", headers={"host": host}).status_code == 200, host


def test_a_page_of_another_host_cannot_ask(address, client):
    body = {"history": {"nobody": 1}}
    for origin in ("https://evil.example", "null", address.replace("127.0.0.1", "localhost"), "http://["):
        response = client.post("/recommend", json=body, headers={"origin": origin})
        assert (response.status_code, response.json()["type"]) == (403, f"{PROBLEM}origin"), origin
    assert client.post("/recommend", json=body, headers={"origin": address}).status_code == 404


def test_a_large_body_is_refused_before_it_is_read(client):
    json_type = {"content-type": "application/json"}
    announced = client.post("/recommend", content=b"x" * 2_001, headers=json_type)
    counted = client.post("/recommend", content=(b"x" * 100 for _ in range(21)), headers=json_type)
    for response in (announced, counted):
        assert (response.status_code, response.json()["type"]) == (413, f"{PROBLEM}body")
    assert client.post("/recommend", content=b"x" * 2_000, headers=json_type).status_code == 400


@pytest.mark.parametrize("length", ["-1", "1e3", "9" * 40, "٣"])
def test_a_length_that_is_none_is_refused(address, length):
    parts = urlsplit(address)
    with socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE) as connection:
        lines = ("POST /recommend HTTP/1.1", "Host: localhost", f"Content-Length: {length}", "Connection: close")
        connection.sendall("".join(f"{line}\r\n" for line in (*lines, "")).encode())
        assert int(connection.makefile("rb").readline().split()[1]) in (400, 401, 413)


def test_every_response_has_security_headers(client):
    for response in (client.get("/items?q=a"), client.get("/nothing"), client.post("/recommend", content=b"{")):
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["x-frame-options"] == "DENY"
        assert response.headers["referrer-policy"] == "no-referrer"
        assert response.headers["content-security-policy"] == STRICT_POLICY
        assert "server" not in response.headers
    assert client.get("/items?q=a").headers["cache-control"] == "no-store"


def test_the_page_has_a_policy_and_a_limit_of_its_own(path):
    settings = ServiceSettings(port=0, rate=0, body_bytes=2_000, upload_bytes=4_000)
    app = create_app(ModelStore(path), settings, page_policy="default-src 'self'")
    with served(path, settings, app) as address:
        assert asking.get(f"{address}/page").headers["content-security-policy"] == "default-src 'self'"
        assert asking.get(f"{address}/items?q=a").headers["content-security-policy"] == STRICT_POLICY
        assert asking.post(f"{address}/upload", content=b"x" * 3_000).status_code == 404
        assert asking.post(f"{address}/upload", content=b"x" * 5_000).status_code == 413


@pytest.mark.parametrize(
    ("host", "origin", "token", "is_open"),
    [
        ("127.0.0.1:8000", "http://127.0.0.1:8000", TOKEN, True),
        ("127.0.0.1:8000", "http://evil.example", TOKEN, False),
        ("evil.example", "http://evil.example", TOKEN, False),
        ("127.0.0.1:8000", "http://127.0.0.1:8000", "guessed", False),
    ],
)
def test_a_websocket_passes_the_same_guards(host, origin, token, is_open):
    async def accept(scope, receive, send) -> None:
        await send({"type": "websocket.accept"})

    async def receive() -> dict:
        return {"type": "websocket.connect"}

    async def send(message: dict) -> None:
        sent.append(message["type"])

    sent: list[str] = []
    guarded = HostGuard(TokenGuard(accept, TOKEN, {"items"}), ServiceSettings().known_hosts)
    headers = {"host": host, "origin": origin, "authorization": f"Bearer {token}"}
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    asyncio.run(guarded({"type": "websocket", "path": "/_socket", "headers": pairs}, receive, send))
    assert sent == ["websocket.accept" if is_open else "websocket.close"]


def test_who_asks_too_often_has_to_wait(path):
    with served(path, ServiceSettings(port=0, rate=0.001, burst=3)) as address:
        began = monotonic()
        responses = [asking.get(f"{address}/items?q=a") for _ in range(5)]
        assert [response.status_code for response in responses] == [200, 200, 200, 429, 429]
        assert 1_000 - (monotonic() - began) <= int(responses[-1].headers["retry-after"]) <= 1_000
        assert responses[-1].json()["type"] == f"{PROBLEM}rate"
        assert asking.get(f"{address}/healthz").status_code == 200


def test_buckets_fill_again_and_stay_few():
    now = [0.0]
    buckets = TokenBuckets(rate=2, burst=2, clock=lambda: now[0])
    assert [buckets.take("ada") for _ in range(3)] == [0, 0, 0.5]
    assert buckets.take("bob") == 0
    now[0] = 0.5
    assert [buckets.take("ada") for _ in range(2)] == [0, 0.5]
    now[0] = 100.0
    assert [buckets.take("ada") for _ in range(3)] == [0, 0, 0.5]
    for client in range(20_000):
        buckets.take(str(client))
    assert len(buckets) == 10_000


def test_addresses_of_one_network_are_one_client():
    homes = [client_of({"client": (host, 1)}) for host in ("2001:db8::1", "2001:db8::2:1", "2001:db8:0:1::1")]
    assert homes[0] == homes[1] != homes[2]
    assert client_of({"client": ("10.0.0.1", 1)}) == "10.0.0.1"


def test_logs_tell_the_route_and_nothing_personal(client):
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger("deepcuts")
    logger.addHandler(handler)
    level = logger.level
    logger.setLevel(logging.DEBUG)
    try:
        client.get("/personas/a%20secret%20listener")
        client.get("/items", params={"q": "a secret search"})
        client.post("/recommend", json={"history": {"a secret artist": 1}}, headers={"x-request-id": "id-1"})
        client.get("/a-secret-path")
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    asked = [line for line in lines if line["message"] == "request"]
    assert [line["route"] for line in asked] == ["/personas/{user}", "/items", "/recommend", "other"]
    assert [line["status"] for line in asked] == [404, 200, 404, 404]
    assert asked[2]["request_id"] == "id-1"
    assert "secret" not in written.getvalue()
    assert TOKEN not in written.getvalue()


def test_a_failure_is_logged_by_its_line_and_not_by_its_content(monkeypatch):
    monkeypatch.delenv("DEEPCUTS_TRACEBACK", raising=False)

    def logged() -> dict:
        try:
            raise KeyError("a secret artist")
        except KeyError as error:
            info = (KeyError, error, error.__traceback__)
            return json.loads(JsonFormatter().format(logging.LogRecord("x", logging.ERROR, "", 0, "m", (), info)))

    assert logged()["error"] == "KeyError"
    assert Path(__file__).name in logged()["at"][-1]
    assert "secret" not in json.dumps(logged())
    monkeypatch.setenv("DEEPCUTS_TRACEBACK", "1")
    assert "secret" in logged()["error_message"]


def test_settings_refuse_to_let_others_in_unasked():
    for host in ("0.0.0.0", "::", "192.168.0.7", "example.org"):
        with pytest.raises(SettingsError, match="Set a token in DEEPCUTS_TOKEN"):
            ServiceSettings(host=host)
        ServiceSettings(host=host, token=TOKEN)
        ServiceSettings(host=host, open_to_all=True)
    for host in ("127.0.0.1", "127.8.8.8", "::1", "localhost"):
        assert ServiceSettings(host=host).known_hosts >= {"localhost", host}
    assert ServiceSettings(host="0.0.0.0", token=TOKEN).known_hosts is None
    assert TOKEN not in repr(ServiceSettings(token=TOKEN))


@pytest.mark.parametrize(
    ("setting", "message"),
    [({"token": "short"}, "16 characters"), ({"port": 70_000}, "port is 70000"), ({"workers": 0}, "workers is 0")],
)
def test_settings_out_of_range(setting, message):
    with pytest.raises(SettingsError, match=message):
        ServiceSettings(**setting)


@pytest.mark.parametrize(
    ("given", "logged"),
    [("192.0.2.7", "192.0.2.7"), ("2001:db8::1", "2001:db8::/64"), ("a forwarded secret", ""), ("", "")],
)
def test_only_addresses_are_logged(given, logged):
    assert address_of({"type": "http", "client": (given, 0)}) == logged
    assert address_of({"type": "http", "client": None}) == ""
