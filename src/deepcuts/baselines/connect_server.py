"""The server of Spark Connect that a session is to use: whether it answers, before PySpark looks for it for long."""

from __future__ import annotations

import os
import socket
from contextlib import closing
from time import monotonic, sleep
from urllib.parse import urlsplit

from deepcuts.errors import SettingsError

REMOTE = "SPARK_REMOTE"  # the variable that PySpark takes the server from
_PORT = 15002  # where Connect listens if none is named
_PATIENCE = 20.0  # seconds for a server that is just starting; PySpark itself looks for some ten minutes
_PROXIES = {"grpc_proxy", "https_proxy", "http_proxy"}  # by which gRPC reaches servers that this machine does not


def check_server(patience: float = _PATIENCE) -> None:
    """Wait until the server that the environment names takes connections; none is named, or a proxy is: nothing to do.

    Parameters
    ----------
    patience
        Seconds to wait.

    Raises
    ------
    SettingsError
        If there is no such server, or it takes no connection by then.
    """
    remote = os.environ.get(REMOTE, "")
    if not remote.startswith("sc://") or os.environ.keys() & _PROXIES:
        return
    end = monotonic() + patience
    while (failure := _failure(remote)) is not None:
        if monotonic() > end:
            raise SettingsError(
                f"{REMOTE} is {remote}, where no server of Spark Connect answers: {failure}. Start one there, name "
                f"another, or unset {REMOTE} to run on this machine."
            )
        sleep(0.2)


def _failure(remote: str) -> str | None:
    """Say why no connection is made, or return None where one is."""
    try:
        parts = urlsplit(remote)
        connection = socket.create_connection((parts.hostname or "", parts.port or _PORT), timeout=5)
    except (OSError, ValueError) as error:  # ValueError: a port that is no number
        return getattr(error, "strerror", None) or str(error)
    with closing(connection):
        return None
