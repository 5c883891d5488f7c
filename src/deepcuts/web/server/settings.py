"""Settings of the service: address, access, and limits of requests."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from deepcuts.checks import in_full, real_number, shown, texts, truth, whole_number
from deepcuts.errors import SettingsError
from deepcuts.setting_names import refusing_unknown

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
_SHORTEST_TOKEN = 16
_RANGES: Mapping[str, tuple[float, float]] = {
    "port": (0, 65_535),
    "workers": (1, 256),
    "threads": (0, 256),
    "waiting": (0, 65_536),
    "body_bytes": (1_024, 1 << 30),
    "upload_bytes": (1_024, 1 << 32),
    "rate": (0, 1e6),
    "burst": (1, 1 << 20),
    "connections": (0, 65_536),
    "drain_seconds": (0, 3_600),
    "shutdown_seconds": (0, 3_600),
    "hang_seconds": (0, 3_600),
    "poll_seconds": (0.01, 3_600),
    "share": (0, 1),
    "min_overlap": (0, 1),
}
_HOST_NAME = re.compile(r"[\w-]+(\.[\w-]+)*\.?", re.ASCII)
_ORIGIN = re.compile(r"(?P<scheme>https?)://(?P<host>[\w.-]+|\[[0-9a-f:]+\])(:(?P<port>[0-9]{1,5}))?", re.ASCII)
_USUAL_PORTS = {"http": 80, "https": 443}
_REAL = ("share", "min_overlap", "rate", "drain_seconds", "shutdown_seconds", "hang_seconds", "poll_seconds")


@refusing_unknown
@dataclass(frozen=True)
class ServiceSettings:
    """Settings of one process of the service.

    Parameters
    ----------
    host
        Address to listen on. Anything but loopback needs a token, unless `open_to_all` is set.
    port
        TCP port; 0 takes a free one.
    workers
        Processes that share the port and the memory-mapped model.
    threads
        Requests that one process computes at a time; 0 takes one per core.
    waiting
        Requests that may wait for a thread; those beyond get status 503.
    token
        Secret that every request has to bring; None lets requests in without one.
    open_to_all
        Whether to serve other machines without a token.
    allowed_hosts
        Names under which the service may be addressed, besides those of loopback; empty lets any name pass, unless it
        listens on loopback.
    trusted_proxies
        Addresses of proxies whose X-Forwarded-For is believed, or networks such as 10.0.0.0/8; * believes all.
    body_bytes
        Largest body of a request.
    upload_bytes
        Largest body of a request to the page, which takes files.
    rate
        Requests a second that one client may make for long; 0 sets no limit.
    burst
        Requests that one client may make at once.
    connections
        Connections that one address may hold; 0 sets no limit. Trusted proxies have none.
    drain_seconds
        How long after SIGTERM requests are still taken, while `/readyz` tells balancers to send them elsewhere.
    shutdown_seconds
        How long requests under way may take to finish after that, or after SIGINT.
    hang_seconds
        How long a worker may not say that it runs, which it does ten times a second, before it is killed and another
        started; 0 never kills one.
    poll_seconds
        How often to look whether the model file has been replaced.
    second
        Name of a further model that answers a share of the people; empty for none.
    share
        Share of the people that it answers.
    min_overlap
        Share of the items of a model that its replacement is expected to have; with fewer, a warning is logged.
    cors_origins
        Origins whose pages may ask, such as https://music.example; * lets all.

    Raises
    ------
    SettingsError
        If a value is out of its range, or other machines could connect without a token.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    threads: int = 0
    waiting: int = 256
    token: str | None = field(default=None, repr=False)
    open_to_all: bool = False
    allowed_hosts: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    body_bytes: int = 1 << 20
    upload_bytes: int = 64 << 20
    rate: float = 50.0
    burst: int = 100
    connections: int = 256
    drain_seconds: float = 5.0
    shutdown_seconds: int = 10
    hang_seconds: float = 60.0
    poll_seconds: float = 1.0
    second: str = ""
    share: float = 0.1
    min_overlap: float = 0.5
    cors_origins: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, (least, most) in _RANGES.items():
            value, advice = getattr(self, name), f"Give a number from {in_full(least)} to {in_full(most)}."
            if name in _REAL:
                value = real_number(name, value, least, most, advice)
            else:
                value = whole_number(name, value, int(least), int(most), advice)
            object.__setattr__(self, name, value)
        object.__setattr__(self, "open_to_all", truth("open_to_all", self.open_to_all))
        for name in ("allowed_hosts", "trusted_proxies", "cors_origins"):
            object.__setattr__(self, name, texts(name, getattr(self, name)))
        _check_each(self.cors_origins, origin_of, "origin", "https://music.example, or *")
        object.__setattr__(self, "cors_origins", tuple(origin_of(each) or each for each in self.cors_origins))
        _check_each(self.allowed_hosts, _is_host, "name of a host", "music.example, without https:// and a port")
        _check_each(self.trusted_proxies, networks_of, "address of a proxy", "10.0.0.5, a network (10.0.0.0/8), or *")
        if not isinstance(self.host, str):
            raise SettingsError(f"host is {shown(self.host)}. Give the name or the address of this machine as text.")
        if self.token is not None:
            _check_token(self.token)
        if not (self.on_loopback or self.token or self.open_to_all):
            raise SettingsError(
                f"host is {self.host!r}: other machines could ask. Set a token in DEEPCUTS_TOKEN, or write it to a "
                "file and pass --token-file FILE; or pass --no-auth to let everyone in."
            )

    @property
    def on_loopback(self) -> bool:
        """Whether only programs of this machine can connect."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def known_hosts(self) -> frozenset[str] | None:
        """Names that the Host header may hold, in small letters; None lets any pass."""
        if not self.allowed_hosts and not self.on_loopback:
            return None
        return frozenset(name.lower() for name in (*LOCAL_NAMES, self.host, *self.allowed_hosts))

    @property
    def n_threads(self) -> int:
        """Requests that are computed at a time."""
        return self.threads or os.cpu_count() or 1


def networks_of(proxy: str) -> tuple[Network, ...]:
    """Networks of a trusted proxy: that of its address alone, one that is given, or all; none where it is neither."""
    try:
        return tuple(map(ipaddress.ip_network, ("0.0.0.0/0", "::/0") if proxy == "*" else (proxy,)))
    except ValueError:
        return ()


def origin_of(text: str) -> str | None:
    """An origin as browsers send it: in small letters, without the usual port; None for what is none, and * for all."""
    if text == "*":
        return text
    match = _ORIGIN.fullmatch(text.lower())
    if match is None:
        return None
    port = int(match["port"] or _USUAL_PORTS[match["scheme"]])
    shown_port = "" if port == _USUAL_PORTS[match["scheme"]] else f":{port}"
    return f"{match['scheme']}://{match['host']}{shown_port}"


def _is_host(name: str) -> bool:
    return bool(_HOST_NAME.fullmatch(name) or networks_of(name)) and "/" not in name


def _check_each(given: Iterable[str], fits: Callable[[str], object], what: str, such_as: str) -> None:
    for text in given:
        if not fits(text):
            raise SettingsError(f"{shown(text)} is no {what}. Give one such as {such_as}.")


def _check_token(token: object) -> None:
    if not isinstance(token, str):
        raise SettingsError(f"The token is of the type {type(token).__name__}. Give text.")
    if len(token) < _SHORTEST_TOKEN or not token.isascii() or not token.isprintable():
        raise SettingsError(
            f"The token is too short, or not plain ASCII. Give {_SHORTEST_TOKEN} characters or more, such as those "
            "that `openssl rand -hex 32` prints."
        )
