"""A small model, and servers of it on loopback, for the tests of the service."""

from __future__ import annotations

import functools
import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import uvicorn

import asking
import deepcuts as dc
from deepcuts.web.application import create_app
from deepcuts.web.server.connections import connections_of
from deepcuts.web.server.settings import ServiceSettings
from deepcuts.web.server.store import ModelStore
from deepcuts.web.serving import listen
from logged_process import LoggedProcess, logged
from waiting import wait_until

USER = "user 0000003"
HOSTILE = "<script>alert('x')</script> & \"Sons\""


@functools.cache
def small_model(seed: int = 0) -> dc.PersonaModel:
    """Train on a small world whose items have tags and whose first item has a name that is HTML."""
    plays = dc.generate_world(n_users=80, n_items=200, items_per_user=15, seed=3).plays
    items = plays.item_ids.values.to_pylist()
    tags = pa.table({"item_id": items, "tag": [f"tag {index % 5}" for index in range(len(items))]})
    plays = plays.with_labels(names={items[0]: HOSTILE}, tags=tags)
    return dc.PersonaNMF(n_factors=8, n_personas=3, base_epochs=3).fit(plays, seed=seed)


@contextmanager
def served(path: Path, settings: ServiceSettings | None = None, app: Any = None) -> Iterator[str]:
    """Serve a model from a thread; yield the address."""
    settings = settings or ServiceSettings(port=0, rate=0, poll_seconds=0.05)
    app = app or create_app(ModelStore(path), settings)
    listener = listen(settings)
    config = uvicorn.Config(
        app, http=connections_of(settings), log_config=None, server_header=False, timeout_graceful_shutdown=5
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        wait_until_ready(address)
        yield address
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@contextmanager
def spawned(path: Path, *options: str, **environment: str) -> Iterator[tuple[LoggedProcess, str]]:
    """Run ``deepcuts serve`` in a process of its own; yield it and its address."""
    command = [sys.executable, "-c", "from deepcuts.cli.main import main; main()", "serve", str(path), "--port", "0"]
    if "--drain-seconds" not in options:
        options = (*options, "--drain-seconds", "0")
    with logged([*command, *options], env={**os.environ, **environment}) as process:
        yield process, json.loads(process.line_with("Serving "))["address"]


def wait_until_ready(address: str) -> None:
    """Return once the service says that it is ready."""
    wait_until(lambda: is_ready(address))


def is_ready(address: str) -> bool:
    try:
        return asking.get(f"{address}/readyz").status_code == 200
    except httpx.TransportError:
        return False
