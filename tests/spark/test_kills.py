"""On a cluster whose executors and drivers are killed, everything is that of the local mode, to the bit."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from time import sleep

import pytest

import deepcuts as dc
from process_tree import descendants, text
from shelf.small import has_lists
from spark.cluster import SETTINGS
from waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")]

TESTS = Path(__file__).parents[1]
N_EPOCHS = 16
JOBS = ("users", "items", "lists")  # in each of which an executor dies once its first task is half done


@pytest.fixture
def folder(shelf, tmp_path) -> Path:
    """A folder with a shelf on which nothing was trained."""
    shutil.copytree(shelf, tmp_path / "shelf", ignore=shutil.ignore_patterns("trainings", "model.json"))
    return tmp_path


def begin(folder: Path) -> subprocess.Popen[str]:
    """Begin a driver that trains and makes lists."""
    paths = os.pathsep.join(filter(None, [str(TESTS), os.environ.get("PYTHONPATH")]))
    with (folder / "errors.log").open("a") as errors:
        return subprocess.Popen(
            [sys.executable, "-m", "spark.cluster", str(folder), str(N_EPOCHS), *(f"{job}-executor" for job in JOBS)],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=os.environ | {"PYTHONPATH": paths},
        )


def next_epoch(driver: subprocess.Popen[str], folder: Path) -> int:
    """Wait for the next epoch to end."""
    assert driver.stdout is not None
    line = driver.stdout.readline()
    assert line.startswith("epoch "), f"the driver ended too early:\n{(folder / 'errors.log').read_text()[-4_000:]}"
    return int(line.partition(" ")[2])


def kill_an_executor(driver: subprocess.Popen[str], rng: random.Random) -> None:
    """Wait until a driver has executors, and kill one; another where that has ended by itself meanwhile."""

    def is_killed() -> bool:
        executors = [pid for pid in descendants(driver.pid) if is_executor(pid)]
        with suppress(ProcessLookupError):
            if executors:
                os.kill(rng.choice(sorted(executors)), signal.SIGKILL)
                return True
        return False

    wait_until(is_killed)


def is_executor(pid: int) -> bool:
    return "CoarseGrainedExecutorBackend" in text(Path(f"/proc/{pid}/cmdline"))


def assert_local(folder: Path, plays: dc.Interactions) -> None:
    """Compare losses and lists with those of one machine."""
    local = dc.PersonaNMF(**SETTINGS, base_epochs=N_EPOCHS).fit(plays, seed=5)
    trained = json.loads((folder / "shelf" / "model.json").read_text())
    assert [epoch["accuracy"] for epoch in trained["epochs"]] == [epoch.accuracy for epoch in local.epochs]
    assert has_lists(folder / "lists", local.recommend(k=10, rarity=0.3))


def test_ten_kills_in_a_row_change_nothing(folder, plays):
    rng = random.Random(17)
    driver, epochs = begin(folder), []
    for victim in rng.sample(["driver"] * 2 + ["executor"] * 5, 7):
        epochs += [next_epoch(driver, folder) for _ in range(rng.randint(1, 2))]
        sleep(rng.uniform(0, 0.3))  # somewhere in the next epoch
        if victim == "executor":
            kill_an_executor(driver, rng)
            continue
        driver.kill()
        driver.communicate()
        assert driver.returncode == -signal.SIGKILL
        driver = begin(folder)
    while epochs[-1] < N_EPOCHS:
        epochs.append(next_epoch(driver, folder))
    driver.communicate(timeout=1_200)
    assert driver.returncode == 0
    assert epochs == sorted(set(epochs))  # none that was whole is run again
    assert sorted(path.name for path in folder.glob("*.met")) == sorted(f"{job}-executor.met" for job in JOBS)
    assert_local(folder, plays)
