"""A driver of its own on a cluster of two executors of this machine, and deaths of its processes that it asks for.

Run as a program, ``python -m spark.cluster FOLDER EPOCHS [DEATH …]`` trains on the shelf in a folder and makes lists.
A death is ``JOB-VICTIM``: after two epochs, or at the lists, the first task of the job that has written its files ends
an executor or the driver, with SIGKILL, as a system without memory does.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import deepcuts as dc
from deepcuts import spark as on_spark
from deepcuts.shelf import lists, sides
from spark.conftest import FEW_PARTS

SETTINGS = {"n_factors": 8, "n_personas": 3, "tolerance": 0.0}
CLUSTER = "local-cluster[2,1,2048]"


def main() -> None:
    folder, n_epochs, deaths = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    marks = {death.partition("-")[0]: folder / death for death in deaths}
    put_deaths_into_jobs(marks)
    session = start()

    def on_epoch(epoch: dc.Epoch) -> None:
        print(f"epoch {epoch.number}", flush=True)
        for mark in marks.values():
            if epoch.number >= 2 and not mark.with_suffix(".met").exists():
                mark.touch()

    asked = dc.PersonaNMF(**SETTINGS, base_epochs=n_epochs)
    on_spark.fit(str(folder / "shelf"), asked, seed=5, item_blocks=4, on_epoch=on_epoch)
    on_spark.recommend(str(folder / "shelf"), out=str(folder / "lists"), k=10, rarity=0.3, force=True)
    session.stop()


def start() -> Any:
    """Begin a session on the cluster."""
    from pyspark.sql import SparkSession

    from deepcuts.baselines.spark_als import LOCAL, prepare

    prepare()
    builder = SparkSession.builder.master(CLUSTER).appName("cluster")
    quick = FEW_PARTS["spark.driver.extraJavaOptions"]
    for name, value in {**LOCAL, **FEW_PARTS, "spark.executor.extraJavaOptions": quick}.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def put_deaths_into_jobs(marks: dict[str, Path]) -> None:
    """Have the tasks of each job look for a mark."""
    driver = os.getpid()
    tasks = {"users": (sides, "_move_unit"), "items": (sides, "_move_block"), "lists": (lists, "_lists_of_unit")}
    for job, mark in marks.items():
        module, name = tasks[job]
        setattr(module, name, partial(_die, mark, driver, getattr(module, name)))


def _die(mark: Path, driver: int, task: Callable[..., Any], *arguments: Any) -> Any:
    """Do the task; where the mark is there, take it and end a process before it is told that the task is done."""
    result = task(*arguments)
    if _took(mark):
        os.kill(driver if mark.name.endswith("driver") else _executor(), signal.SIGKILL)
    return result


def _took(mark: Path) -> bool:
    try:
        mark.rename(mark.with_suffix(".met"))
    except FileNotFoundError:
        return False
    return True


def _executor() -> int:
    """The Java process that this worker of Python belongs to."""
    daemon = Path(f"/proc/{os.getppid()}/stat").read_text()
    return int(daemon.rpartition(")")[2].split()[1])


if __name__ == "__main__":
    main()
