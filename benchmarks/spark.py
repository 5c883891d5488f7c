"""Claim: an epoch on Spark takes a third of the processor time of MLlib's implicit ALS in the same session.

Usage: python benchmarks/spark.py [--users 100000] [--items 20000] [--factors 64] [--epochs 4] [--without-mllib]
           [--heavy-share 0.3] [--item-blocks 2 16 64]

Plays are those of a generated world with 25 items a user. All train in one session of Spark, on a cluster of two
executors of this machine, MLlib with the vector module of Java. Processor time is that of all processes of the session,
JVMs and Python workers, and an epoch is what training with all of them takes longer than with one, divided by how many
more they are; one epoch is run beforehand, as Java compiles what it runs often. Plain local training stands beside
them, in a process of its own, as the driver is to hold no plays. Peaks are those of the driver's two processes after
training and lists. With --heavy-share, one item more is played by so many of the users, and nothing but the times of
epochs and of their item tasks is taken, with heavy items and without, for each number of blocks. Of the tasks there are
two figures: of a whole epoch, in which one may happen to be slow, and of each task's median.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter, process_time
from typing import Any
from unittest.mock import patch

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from common import print_json, print_table, setting

import deepcuts as dc
from deepcuts import spark
from deepcuts.baselines import SparkALS
from deepcuts.baselines.spark_als import LOCAL, prepare, ratings
from deepcuts.shelf import sides
from deepcuts.shelf.files import Shelf

TIMED_EPOCHS = 5
TICKS = 100  # of the clock of Linux, a second
COLUMNS: dict[str, Any] = {"user": "user_id", "item": "item_id", "plays": "plays"}


def family() -> dict[int, list[str]]:
    """Fields of /proc/PID/stat, from the third on, of what runs of this process and of all that it has begun."""
    fields = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields[int(status.parent.name)] = status.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
    line = [os.getpid()]
    for pid in line:
        line += [child for child, its in fields.items() if int(its[1]) == pid]
    return {pid: fields[pid] for pid in line}


def spent() -> float:
    """Processor seconds of this process and of all that it has begun."""
    return sum(sum(map(int, fields[11:15])) for fields in family().values()) / TICKS


def peak_megabytes(pid: int) -> float:
    """The most memory that a process has held."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def java_of_driver() -> int:
    """Number of the Java process of the driver: the only child that runs a class of spark-submit."""
    commands = {pid: Path(f"/proc/{pid}/cmdline").read_text() for pid in family()}
    return next(pid for pid, command in commands.items() if "SparkSubmit" in command)


def of_epoch(train: Callable[[int], object], n_epochs: int) -> float:
    """Processor seconds of an epoch, beyond what comes before the first."""
    found = []
    for n in (1, 1, n_epochs):
        start = spent()
        train(n)
        found.append(spent() - start)
    return (found[2] - found[1]) / (n_epochs - 1)


def with_heavy_item(plays: dc.Interactions, share: float) -> dc.Interactions:
    """Add an item that so many of the users play once."""
    users = plays.user_ids.take(np.flatnonzero(np.random.default_rng(0).random(plays.n_users) < share))
    heavy = pa.table({"user_id": users, "item_id": ["heavy"] * len(users), "plays": np.ones(len(users), np.float32)})
    return dc.read_plays(pa.concat_tables([plays.to_arrow(), heavy.cast(plays.to_arrow().schema)]), **COLUMNS)


def write_plays(folder: Path, args: argparse.Namespace) -> int:
    """Write the plays for all, and return the number of pairs."""
    plays = dc.generate_world(args.users, args.items, items_per_user=25, seed=0).plays
    if args.heavy_share:
        plays = with_heavy_item(plays, args.heavy_share)
    plays.save(folder / "plays.safetensors")
    pq.write_table(plays.to_arrow(), folder / "plays.parquet")
    pq.write_table(ratings(plays), folder / "ratings.parquet")
    return plays.n_pairs


def local(folder: Path, asked: dc.PersonaNMF, n_epochs: int) -> float:
    """Processor seconds of an epoch on one machine."""
    plays = dc.Interactions.load(folder / "plays.safetensors")
    return of_epoch(lambda n: replace(asked, base_epochs=n).fit(plays), n_epochs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--factors", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--item-blocks", type=int, nargs="+", default=[None])
    parser.add_argument("--heavy-share", type=float, default=0.0)
    parser.add_argument("--master", default="local-cluster[2,1,2048]")
    parser.add_argument("--without-mllib", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, ProcessPoolExecutor(1, get_context("spawn")) as beside:
        folder = Path(name)
        n_pairs = beside.submit(write_plays, folder, args).result()
        session = begin(args.master)
        figures = measure(beside, session, args, folder)
        session.stop()
    print_table(["figure", "value"], [[name, f"{value:,.2f}"] for name, value in figures.items()])
    print_json(benchmark="spark", **setting("pyspark"), pairs=n_pairs, **vars(args), figures=figures)


def begin(master: str) -> Any:
    from pyspark.sql import SparkSession

    prepare()
    builder = SparkSession.builder.master(master)
    for name, value in {**LOCAL, "spark.driver.memory": "1g", "spark.executor.memory": "2g"}.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def timed_items(folder: Path, train: Callable[..., object]) -> tuple[Any, Any]:
    """Processor seconds of epochs, and of their tasks of items, (TIMED_EPOCHS, n_blocks), after a first epoch."""
    folder.mkdir()
    ends: list[float] = []
    with patch.object(sides, "_move_block", partial(timed, folder, sides._move_block)):
        train(1 + TIMED_EPOCHS, on_epoch=lambda epoch: ends.append(spent()))
    seconds = [float(path.read_text()) for path in sorted(folder.iterdir())]  # by block, then by epoch
    return np.diff(ends), np.reshape(seconds, (-1, 1 + TIMED_EPOCHS)).T[1:]


def gigabytes_sent(shelf: Path, n_factors: int) -> float:
    """Bytes of the vectors that units leave for blocks in an epoch of the training on a shelf, without pseudo-pairs."""
    n_sent = sum(len(Shelf.at(path.parent).read(path.name)["needed"]) for path in shelf.glob("trainings/*/units/*"))
    return n_sent * n_factors * 4 / 1e9


def longest_over_median(times: Any) -> Any:
    """How many times as long the longest task of an epoch takes as the median one."""
    return times.max(axis=-1) / np.median(times, axis=-1)


def timed(folder: Path, move: Callable[..., Any], training: Any, n_epochs: int, sums: Any, number: int) -> Any:
    """Move a block of items, and leave in a file how long that took."""
    start = process_time()
    moved = move(training, n_epochs, sums, number)
    (folder / f"{number:04} {n_epochs:02}").write_text(str(process_time() - start))
    return moved


def measure(beside: Executor, session: Any, args: argparse.Namespace, folder: Path) -> dict[str, float]:
    shelf = str(folder / "shelf")
    asked = dc.PersonaNMF(n_factors=args.factors, n_personas=1, tolerance=0.0, early_stopping="off")

    found: dict[str, float] = {}

    def ours(n_epochs: int, item_blocks: int | None = args.item_blocks[0], **how: Any) -> object:
        shutil.rmtree(folder / "shelf" / "trainings", ignore_errors=True)  # or it would go on after the epochs there
        return spark.fit(shelf, replace(asked, base_epochs=n_epochs), item_blocks=item_blocks, **how)

    def mllib(n_epochs: int) -> object:
        rival = SparkALS(n_factors=args.factors, n_epochs=n_epochs).estimator(0)
        return rival.fit(session.read.parquet(str(folder / "ratings.parquet"))).itemFactors.toArrow()

    if args.heavy_share:
        spark.ingest(str(folder / "plays.parquet"), **COLUMNS, shelf=shelf)
        for item_blocks, heavy_items in product(args.item_blocks, ("auto", None)):
            train = partial(ours, item_blocks=item_blocks, heavy_items=heavy_items)
            epochs, times = timed_items(folder / f"times-{item_blocks}-{heavy_items}", train)
            name = f"{times.shape[1]} item blocks, heavy_items={heavy_items}: "
            found[name + "median epoch, processor s"] = float(np.median(epochs))
            found[name + "vectors sent in an epoch, GB"] = gigabytes_sent(folder / "shelf", args.factors)
            found[name + "median task, processor s"] = float(np.median(times))
            found[name + "longest task over median, in the median epoch"] = float(np.median(longest_over_median(times)))
            found[name + "longest over median, of each task's median"] = float(longest_over_median(np.median(times, 0)))
            print(name, longest_over_median(times).round(2), "in each epoch", flush=True)
        return found
    for which in ("first ingest", "ingest"):  # the first one starts all processes, and Java compiles
        start, wall = spent(), perf_counter()
        spark.ingest(str(folder / "plays.parquet"), **COLUMNS, shelf=shelf, force=True)
        found |= {f"{which}, processor s": spent() - start, f"{which}, s": perf_counter() - wall}
    found["ours, processor s an epoch"] = of_epoch(ours, args.epochs)
    found["ingest, in epochs"] = found["ingest, processor s"] / found["ours, processor s an epoch"]
    spark.recommend(shelf, out=str(folder / "lists"), k=10)
    found["driver, peak MB of Java"] = peak_megabytes(java_of_driver())
    found["driver, peak MB of Python"] = peak_megabytes(os.getpid())
    more = 1 + 4 * (args.epochs - 1)  # they are short, beside the end of a fit
    found["local, processor s an epoch"] = beside.submit(local, folder, asked, more).result()
    found["ours over local"] = found["ours, processor s an epoch"] / found["local, processor s an epoch"]
    if not args.without_mllib:
        found["MLlib, processor s an epoch"] = of_epoch(mllib, args.epochs)
        found["ours over MLlib"] = found["ours, processor s an epoch"] / found["MLlib, processor s an epoch"]
    return found


if __name__ == "__main__":
    main()
