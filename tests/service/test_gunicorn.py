"""The application behind gunicorn, loaded and used before it is forked: workers respond."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import sys

import httpx
import pytest

from serving_help import USER, small_model, wait_until_ready

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
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    words = ("--preload", "--workers", "2", "--worker-class", "uvicorn_worker.UvicornWorker", "--bind", address)
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", *words, "service_app:app"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *filter(None, sys.path)])},
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until_ready(f"http://{address}")
        expected = model.recommend(USER, k=5)["item_id"].to_pylist()
        for _ in range(12):
            response = httpx.post(f"http://{address}/recommend", json={"user": USER, "k": 5}, timeout=60)
            assert [row["item_id"] for row in response.json()["items"]] == expected
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()
