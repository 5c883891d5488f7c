"""The application behind gunicorn, loaded and used before it is forked: workers respond."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import asking
from command_line import import_paths
from logged_process import LoggedProcess, logged
from serving_help import USER, small_model, wait_until_ready
from waiting import PATIENCE

APPLICATION = """
from pathlib import Path

from deepcuts.web.server.settings import ServiceSettings
from deepcuts.web.serving import Service

app = Service(Path("model.safetensors"), ServiceSettings(rate=0))()
app.state.store.model.recommend(k=5)  # kernels run on several threads, which a fork does not copy
"""

pytestmark = [
    pytest.mark.slow,
    *(
        pytest.mark.skipif(importlib.util.find_spec(library) is None, reason=f"{library} is not installed")
        for library in ("gunicorn", "uvicorn_worker")
    ),
]


def test_workers_that_are_forked_from_a_loaded_application_respond(tmp_path):
    model = small_model()
    model.save(tmp_path / "model.safetensors")
    (tmp_path / "service_app.py").write_text(APPLICATION)
    with gunicorn(tmp_path) as (process, address):
        wait_until_ready(address)
        expected = model.recommend(USER, k=5)["item_id"].to_pylist()
        for _ in range(12):
            response = asking.post(f"{address}/recommend", json={"user": USER, "k": 5})
            assert [row["item_id"] for row in response.json()["items"]] == expected
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0


@contextmanager
def gunicorn(folder: Path) -> Iterator[tuple[LoggedProcess, str]]:
    """Run the application of a folder on a port that is taken for it; yield the process and its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        bound = f"fd://{listener.fileno()}"
        words = ("--preload", "--workers", "2", "--worker-class", "uvicorn_worker.UvicornWorker", "--bind", bound)
        with logged(
            [sys.executable, "-m", "gunicorn", *words, "service_app:app"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": import_paths(folder)},
            pass_fds=[listener.fileno()],
        ) as process:
            yield process, f"http://127.0.0.1:{listener.getsockname()[1]}"
