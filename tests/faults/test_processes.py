"""Forks and threads: every public call after a fork and in sixteen threads, on both of Numba's layers.

The result is the same to the last bit, or a DeepcutsError; no process is ended by a signal, and none hangs. The long
form (DEEPCUTS_FAULTS=long) makes the calls in every way, several times.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import import_paths
from faults import public_calls
from faults.table import add_row

LONG = os.environ.get("DEEPCUTS_FAULTS") == "long"
SHORT_WAYS = ("Pool", "fork of a fork", "16 threads, all calls")
PROGRAM = Path(public_calls.__file__)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system with forks")
@pytest.mark.parametrize("layer", ["omp", "workqueue"])
def test_every_public_call_after_forks_and_in_threads(layer: str) -> None:
    ways = [*public_calls.WAYS] * 3 if LONG else SHORT_WAYS
    environment = {
        "NUMBA_THREADING_LAYER": layer,
        "NUMBA_NUM_THREADS": "4",
        "NUMBA_DISABLE_JIT": "0",
        "IRSPACK_NUM_THREADS_DEFAULT": "1",  # in several, its sums are not always rounded alike
        "PYDANTIC_DISABLE_PLUGINS": "1",  # else typer sets and deletes it at each command, also in two threads at once
        "PYTHONPATH": import_paths(),
    }
    finished = subprocess.run(
        [sys.executable, str(PROGRAM), *ways],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=2_400 if LONG else 600,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr[-2_000:]
    report = json.loads(finished.stdout)
    assert report.pop("broken") == []
    for way, counts in report.items():
        add_row("forks, threads", f"{layer}: {way}", counts["tried"], len(counts["failed"]))
    assert [failure for counts in report.values() for failure in counts["failed"]] == []
    assert all(counts["tried"] >= len(public_calls.CALLS) for counts in report.values())
