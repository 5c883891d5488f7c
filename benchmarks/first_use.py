"""Claim: from an empty cache of kernels, plays are read, fitted, listed and judged in 15 s of processor time.

Usage: python benchmarks/first_use.py [--kernels 30] [--before CHECKOUT]

Two processes do the same on Last.fm of HetRec 2011 with the defaults: the first one compiles all kernels that it calls,
the second one finds them. What Numba's events tell of the first is a table of compilations: seconds of a function
itself, without those of the functions it calls. With ``--before``, an older checkout does the same, and its seconds
stand beside those of today, kernel by kernel.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

STEPS = ("import", "read", "fit", "lists", "figures", "fold in")


def watch() -> list[tuple[str, float]]:
    """Have the seconds of every compilation noted, each by the name of its function."""
    from numba.core import event

    found: list[tuple[str, float]] = []

    class Listener(event.Listener):
        """Keep the time of functions that are called apart from that of their callers."""

        def __init__(self) -> None:
            self.under_way: list[list[float]] = []

        def on_start(self, _: Any) -> None:
            self.under_way.append([time.thread_time(), 0.0])

        def on_end(self, compiled: Any) -> None:
            start, of_others = self.under_way.pop()
            seconds = time.thread_time() - start
            if self.under_way:
                self.under_way[-1][1] += seconds
            function = compiled.data["dispatcher"].py_func
            found.append((f"{function.__module__}.{function.__qualname__}", seconds - of_others))

    event.register("numba:compile", Listener())
    return found


def first_use() -> dict[str, Any]:
    """Do every step once; return the processor time of each and what was compiled."""
    compiled, times = watch(), []
    from common import hetrec

    import deepcuts as dc

    def note() -> None:
        times.append(time.process_time())

    note()
    plays = hetrec()
    train, holdout = dc.split_holdout(plays, fraction=0.2, seed=0)
    note()
    model = dc.PersonaNMF().fit(train, seed=0)
    note()
    lists = model.recommend(k=100)
    note()
    dc.evaluate(lists, train, holdout)
    note()
    model.fold_in(dict.fromkeys(plays.item_ids.values.to_pylist()[:20], 5))
    note()
    seconds = [after - before for before, after in zip([0.0, *times], times, strict=False)]
    return {"steps": dict(zip(STEPS, seconds, strict=True)), "compiled": compiled}


def in_a_process(cache: str, source: Path | None = None) -> dict[str, Any]:
    """Do `first_use` in a process of its own, with the package of this folder or else the one that is installed."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": cache, "OMP_WAIT_POLICY": "passive"}
    if source is not None:
        environment["PYTHONPATH"] = str(source)
    command = [sys.executable, __file__, "--child"]
    finished = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    report: dict[str, Any] = json.loads(finished.stdout.splitlines()[-1])
    return report


def twice(source: Path | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Do `first_use` with an empty cache and with the one that this leaves."""
    with tempfile.TemporaryDirectory() as cache:
        return in_a_process(cache, source), in_a_process(cache, source)


def by_kernel(compiled: list[tuple[str, float]]) -> dict[str, list[float]]:
    """Seconds of the compilations of each kernel, and of all of Numba's own functions together."""
    of_function: dict[str, list[float]] = defaultdict(list)
    for name, seconds in compiled:
        short = name.removeprefix("deepcuts.kernels.") if name.startswith("deepcuts.") else "functions of Numba's own"
        of_function[short.replace(".<locals>", "")].append(seconds)
    return of_function


def kernel_rows(reports: list[dict[str, Any]], n_shown: int) -> list[list[str]]:
    """Rows of the table of kernels, by the seconds that they take most: compilations and seconds in each report."""
    found = [by_kernel(report["compiled"]) for report in reports]
    longest = {name: max(sum(each.get(name, ())) for each in found) for each in found for name in each}
    names = sorted(longest, key=lambda name: -longest[name])
    shown = [[name, *(cell for each in found for cell in _cells(each.get(name, [])))] for name in names[:n_shown]]
    others = [[seconds for name in names[n_shown:] for seconds in each.get(name, ())] for each in found]
    rest = [f"{len(names) - n_shown} others", *(cell for each in others for cell in _cells(each))]
    return [*shown, rest] if len(names) > n_shown else shown


def _cells(seconds: list[float]) -> list[str]:
    return [str(len(seconds)), f"{sum(seconds):.2f}"] if seconds else ["–", "–"]


def main() -> None:
    """Time and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kernels", type=int, default=30)
    parser.add_argument("--before", type=Path, metavar="CHECKOUT")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        print(json.dumps(first_use()))
        return
    from common import print_json, print_table, setting

    before = [] if args.before is None else [twice(args.before / "src")]
    runs = [*before, twice()]
    empty = [first for first, _ in runs]
    totals = [[sum(report["steps"].values()) for report in run] for run in runs]
    print("Seconds of processor time\n")
    print(setting("llvmlite"), "\n")
    when = ["before, ", "now, "] if before else [""]
    rows = [[step, *(f"{report['steps'][step]:.1f}" for run in runs for report in run)] for step in STEPS]
    header = ["step", *(f"{time}{cache} cache" for time in when for cache in ("empty", "full"))]
    print_table(header, [*rows, ["all", *(f"{total:.1f}" for run in totals for total in run)]])
    print(f"\n{' and '.join(str(len(report['compiled'])) for report in empty)} compilations, the longest:\n")
    header = ["kernel", *(f"{time}{what}" for time in when for what in ("compilations", "seconds"))]
    print_table(header, kernel_rows(empty, args.kernels))
    now = totals[-1]
    print_json(benchmark="first_use", empty=now[0], full=now[1], compilations=len(empty[-1]["compiled"]))


if __name__ == "__main__":
    main()
