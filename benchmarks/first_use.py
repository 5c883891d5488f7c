"""Claim: from an empty cache of kernels, plays are read, fitted, listed and judged in 15 s of processor time.

Usage: python benchmarks/first_use.py [--kernels 30]

Two processes do the same on Last.fm of HetRec 2011 with the defaults: the first one compiles all kernels that it calls,
the second one finds them. What Numba's events tell of the first is a table of compilations: seconds of a function
itself, without those of the functions it calls. Processor time hardly depends on what else runs.
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


def in_a_process(cache: str) -> dict[str, Any]:
    """Do `first_use` in a process of its own."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": cache, "OMP_WAIT_POLICY": "passive"}
    command = [sys.executable, __file__, "--child"]
    finished = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    report: dict[str, Any] = json.loads(finished.stdout.splitlines()[-1])
    return report


def kernel_rows(compiled: list[tuple[str, float]], n_shown: int) -> list[list[str]]:
    """Rows of the table of kernels: ours by their seconds, and all of Numba's own functions together."""
    of_function: dict[str, list[float]] = defaultdict(list)
    for name, seconds in compiled:
        short = name.removeprefix("deepcuts.kernels.") if name.startswith("deepcuts.") else "functions of Numba's own"
        of_function[short].append(seconds)
    by_seconds = sorted(of_function.items(), key=lambda item: -sum(item[1]))
    return [[name, str(len(seconds)), f"{sum(seconds):.2f}"] for name, seconds in by_seconds[:n_shown]]


def main() -> None:
    """Time and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kernels", type=int, default=30)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        print(json.dumps(first_use()))
        return
    from common import print_json, print_table, setting

    with tempfile.TemporaryDirectory() as cache:
        first, second = in_a_process(cache), in_a_process(cache)
    print("Seconds of processor time\n")
    print(setting("llvmlite"), "\n")
    rows = [[step, f"{first['steps'][step]:.1f}", f"{second['steps'][step]:.1f}"] for step in STEPS]
    totals = [sum(report["steps"].values()) for report in (first, second)]
    print_table(["step", "empty cache", "full cache"], [*rows, ["all", *(f"{total:.1f}" for total in totals)]])
    print(f"\n{len(first['compiled'])} compilations, the longest:\n")
    print_table(["kernel", "compilations", "seconds"], kernel_rows(first["compiled"], args.kernels))
    print_json(benchmark="first_use", empty=totals[0], full=totals[1], compilations=len(first["compiled"]))


if __name__ == "__main__":
    main()
