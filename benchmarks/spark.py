"""Claim: an epoch on Spark takes less processor time than one of MLlib's implicit ALS in the same session.

Usage: python benchmarks/spark.py [--users 100000] [--items 20000] [--factors 64] [--epochs 3]

Plays are those of a generated world with 25 items a user. Both train in one session of Spark on this machine, MLlib
with the vector module of Java. Processor time is that of all processes of the session, JVM and Python workers, and an
epoch is what training with all of them takes longer than with one, divided by how many more they are. Plain local
training stands beside them. The peak of the driver's Python process is that of the whole run.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time

import pyarrow.parquet as pq
from common import print_json, print_table, setting

import deepcuts as dc
from deepcuts import spark
from deepcuts.baselines import SparkALS
from deepcuts.baselines.spark_als import LOCAL, prepare

TICKS = 100  # of the clock of Linux, a second


def spent() -> float:
    """Processor seconds of this process and of all that it has begun, from /proc, living ones included."""
    parents, seconds = {}, {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        pid = int(status.parent.name)
        parents[pid], seconds[pid] = int(fields[1]), sum(map(int, fields[11:15])) / TICKS
    own = Path("/proc/self").resolve().name
    family, before = {int(own)}, 0
    while len(family) > before:
        before, family = len(family), family | {pid for pid, parent in parents.items() if parent in family}
    return sum(seconds[pid] for pid in family)


def of_epoch(train: Callable[[int], object], n_epochs: int) -> float:
    """Processor seconds of an epoch, beyond what comes before the first."""
    found = []
    for n in (1, n_epochs):
        start = spent()
        train(n)
        found.append(spent() - start)
    return (found[1] - found[0]) / (n_epochs - 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--factors", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--without-mllib", action="store_true")
    args = parser.parse_args()
    plays = dc.generate_world(args.users, args.items, items_per_user=25, seed=0).plays
    with tempfile.TemporaryDirectory() as folder:
        measured = measure(plays, args, Path(folder))
    print_table(["figure", "value"], [[name, f"{value:,.2f}"] for name, value in measured.items()])
    print_json(benchmark="spark", **setting("pyspark"), pairs=plays.n_pairs, **vars(args), figures=measured)


def measure(plays: dc.Interactions, args: argparse.Namespace, folder: Path) -> dict[str, float]:
    from pyspark.sql import SparkSession

    prepare()
    builder = SparkSession.builder.master("local[2]")
    for name, value in {**LOCAL, "spark.driver.memory": "2g"}.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    pq.write_table(plays.to_arrow(), folder / "plays.parquet")
    columns, shelf = {"user": "user_id", "item": "item_id", "plays": "plays"}, str(folder / "shelf")

    def ours(n_epochs: int) -> object:
        asked = dc.PersonaNMF(n_factors=args.factors, base_epochs=n_epochs, tolerance=0.0, early_stopping="off")
        return spark.fit(shelf, asked)

    def local(n_epochs: int) -> object:
        start = process_time()
        asked = dc.PersonaNMF(n_factors=args.factors, n_personas=1, base_epochs=n_epochs, early_stopping="off")
        epochs = asked.fit(plays).epochs
        return process_time() - start if not epochs else sum(epoch.seconds for epoch in epochs)

    start, wall = spent(), perf_counter()
    spark.ingest(str(folder / "plays.parquet"), **columns, shelf=shelf)
    found = {"ingest, processor s": spent() - start, "ingest, s": perf_counter() - wall}
    found["ours, processor s an epoch"] = of_epoch(ours, args.epochs)
    found["local, processor s an epoch"] = of_epoch(local, 1 + 4 * (args.epochs - 1))
    if not args.without_mllib:
        rival = of_epoch(lambda n: SparkALS(n_factors=args.factors, n_epochs=n).fit(plays), args.epochs)
        found["MLlib, processor s an epoch"] = rival
        found["ours over MLlib"] = found["ours, processor s an epoch"] / rival
    found["driver, peak MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    session.stop()
    return found


if __name__ == "__main__":
    main()
