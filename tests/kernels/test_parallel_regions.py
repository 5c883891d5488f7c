"""The guard of parallel loops: where it runs a loop in the calling thread alone, and that results are the same."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow  # each test starts a process that compiles

PROGRAM = """
import os, threading
import numba, numpy as np
from numba import prange
from deepcuts.kernels import parallel_regions
from deepcuts.kernels.compiling import kernel

@kernel(parallel=True)
def threads_of_rows(n_rounds, out):
    for row in prange(len(out)):
        total = 0.0
        for k in range(n_rounds):
            total += np.sqrt(row + k)
        out[row] = numba.get_thread_id() + 1000 * np.int64(total)

def run(n_rounds=20_000):
    out = np.zeros(64, np.int64)
    threads_of_rows(n_rounds, out)
    return set((out % 1000).tolist()), (out // 1000).tolist()
"""
IN_A_CHILD = """
threads, results = run()
pid = os.fork()
if pid == 0:
    again = run()
    os._exit(0 if again == ({0}, results) else 1)
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
print(len(threads), status, run()[1] == results)
"""
BEFORE_ANY_LOOP = """
pid = os.fork()
if pid == 0:
    os._exit(0 if len(run()[0]) > 1 else 1)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""
ALONE = """
wide, results = run()
numba.set_num_threads(1)
alone, again = run()
print(len(wide) > 1, alone == {0}, again == results)
"""
AT_ONCE = """
_, expected = run()
outcomes = []
threads = [threading.Thread(target=lambda: outcomes.append(run()[1])) for _ in range(16)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(len(outcomes), all(outcome == expected for outcome in outcomes), parallel_regions._busy.value)
"""


def outcome(program: str, layer: str) -> str:
    environment = {
        **os.environ,
        "NUMBA_THREADING_LAYER": layer,
        "NUMBA_NUM_THREADS": "4",
        "NUMBA_DISABLE_JIT": "0",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    finished = subprocess.run(
        [sys.executable, "-c", PROGRAM + program],
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr[-2_000:]
    return finished.stdout.strip()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system with forks")
@pytest.mark.parametrize("layer", ["omp", "workqueue"])
def test_a_forked_process_runs_loops_in_one_thread(layer: str) -> None:
    assert outcome(IN_A_CHILD, layer) == "4 0 True"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system with forks")
@pytest.mark.parametrize("layer", ["omp", "workqueue"])
def test_a_process_forked_before_any_loop_has_threads_of_its_own(layer: str) -> None:
    assert outcome(BEFORE_ANY_LOOP, layer) == "0"


@pytest.mark.parametrize("layer", ["omp", "workqueue"])
def test_one_thread_where_one_is_asked_for(layer: str) -> None:
    assert outcome(ALONE, layer) == "True True True"


@pytest.mark.parametrize("layer", ["omp", "workqueue"])
def test_threads_may_be_in_loops_at_once(layer: str) -> None:
    assert outcome(AT_ONCE, layer) == "16 True 0"
