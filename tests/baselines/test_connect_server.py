"""A server of Spark Connect that does not answer is told soon; one that does, or is just starting, is waited for."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from threading import Timer

import pytest

from deepcuts.baselines.connect_server import REMOTE, check_server
from deepcuts.errors import SettingsError

PROXIES = ("grpc_proxy", "https_proxy", "http_proxy")


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def closed(monkeypatch) -> Iterator[socket.socket]:
    """A port that is named as the server's, and taken, but does not listen."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv(REMOTE, f"sc://127.0.0.1:{taken.getsockname()[1]}/;user_id=ada")
        yield taken


def test_a_server_that_is_not_there_is_told_with_what_to_do(closed):
    with pytest.raises(SettingsError) as caught:
        check_server(patience=0)
    port = closed.getsockname()[1]
    assert str(caught.value) == (
        f"SPARK_REMOTE is sc://127.0.0.1:{port}/;user_id=ada, where no server of Spark Connect answers: Connection "
        "refused. Start one there, name another, or unset SPARK_REMOTE to run on this machine."
    )


@pytest.mark.parametrize("remote", ["sc://127.0.0.1:none", "sc://127.0.0.1:99999", "sc://[::1", "sc://"])
def test_an_address_that_is_none_is_told(monkeypatch, remote):
    monkeypatch.setenv(REMOTE, remote)
    with pytest.raises(SettingsError, match="no server of Spark Connect answers"):
        check_server(patience=0)


def test_a_server_that_is_just_starting_is_waited_for(closed):
    starts = Timer(0.3, closed.listen)
    starts.start()
    check_server(patience=60)
    starts.join()


@pytest.mark.parametrize("remote", ["", "local[2]"])
def test_without_a_server_there_is_nothing_to_wait_for(monkeypatch, remote):
    monkeypatch.setenv(REMOTE, remote)
    check_server(patience=0)


@pytest.mark.parametrize("name", PROXIES)
def test_behind_a_proxy_the_server_may_be_out_of_reach(closed, monkeypatch, name):
    monkeypatch.setenv(name, "http://proxy.example:3128")
    check_server(patience=0)
