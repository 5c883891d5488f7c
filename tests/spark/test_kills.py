"""On a cluster whose executors and drivers are killed, everything is that of the local mode, to the bit."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow.dataset
import pytest

import deepcuts as dc
from spark.cluster import SETTINGS

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")]

TESTS = Path(__file__).parents[1]


@pytest.fixture
def folder(shelf, tmp_path) -> Path:
    """A folder with a shelf on which nothing was trained."""
    shutil.copytree(shelf, tmp_path / "shelf", ignore=shutil.ignore_patterns("trainings", "model.json"))
    return tmp_path


def begin(folder: Path, n_epochs: int, *deaths: str) -> subprocess.Popen[str]:
    """Begin a driver that trains and makes lists."""
    paths = os.pathsep.join(filter(None, [str(TESTS), os.environ.get("PYTHONPATH")]))
    with (folder / "errors.log").open("a") as errors:
        return subprocess.Popen(
            [sys.executable, "-m", "spark.cluster", str(folder), str(n_epochs), *deaths],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=os.environ | {"PYTHONPATH": paths},
        )


def epochs_of(driver: subprocess.Popen[str], ended: int) -> list[int]:
    """Wait for an end of a driver, and return the epochs that it ran."""
    out, _ = driver.communicate(timeout=1_200)
    assert driver.returncode == ended
    return [int(line.partition(" ")[2]) for line in out.splitlines() if line.startswith("epoch ")]


def assert_local(folder: Path, plays: dc.Interactions, n_epochs: int) -> None:
    """Compare losses and lists with those of one machine."""
    local = dc.PersonaNMF(**SETTINGS, base_epochs=n_epochs).fit(plays, seed=5)
    trained = json.loads((folder / "shelf" / "model.json").read_text())
    assert [epoch["accuracy"] for epoch in trained["epochs"]] == [epoch.accuracy for epoch in local.epochs]
    lists = pyarrow.dataset.dataset(folder / "lists", format="parquet").to_table()
    keys = [("user_id", "ascending"), ("rank", "ascending")]
    assert lists.sort_by(keys).equals(local.recommend(k=10, rarity=0.3).sort_by(keys))


def test_executors_that_die_in_each_of_the_jobs_change_nothing(folder, plays):
    jobs = ("users", "send", "items", "lists")
    driver = begin(folder, 4, *(f"{job}-executor" for job in jobs))
    assert epochs_of(driver, 0) == [1, 2, 3, 4]
    assert sorted(path.name for path in folder.glob("*-executor.met")) == sorted(f"{job}-executor.met" for job in jobs)
    assert_local(folder, plays, 4)


def test_drivers_that_die_within_an_epoch_are_followed_by_others(folder, plays):
    assert epochs_of(begin(folder, 5, "users-driver"), -signal.SIGKILL) == [1, 2]
    assert epochs_of(begin(folder, 5, "items-driver"), -signal.SIGKILL) == [3]
    assert epochs_of(begin(folder, 5), 0) == [4, 5]
    assert_local(folder, plays, 5)
