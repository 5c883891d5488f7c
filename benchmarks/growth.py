"""Claim: time and memory of training grow in proportion to users, pairs, factors and personas.

Usage: python benchmarks/growth.py [--full] [--json FILE]

Every row is a training run in a process of its own, on plays of a generated world that are mapped from a file, on two
threads: seconds of an epoch of the base (the median of those after the first), of solving for all users, and the most
memory the process held beyond what it held before training. One quantity changes at a time, around 50,000 users, 20,000
items, 25 items a user, 64 factors, 4 personas; --full goes up to a million users.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

os.environ.setdefault("NUMBA_NUM_THREADS", "2")

import numpy as np
from common import print_json, print_table, setting

import deepcuts as dc

CENTRE = {"users": 50_000, "items": 20_000, "items_per_user": 25, "factors": 64, "personas": 4}
AXES = {
    "users": (25_000, 50_000, 100_000, 200_000),
    "items": (10_000, 20_000, 40_000),
    "items_per_user": (12, 25, 50),
    "factors": (32, 64, 128, 256),
    "personas": (1, 2, 4, 8),
}
FULL = [{**CENTRE, "users": users, "items": 40_000} for users in (100_000, 1_000_000)]
N_EPOCHS = 8


def measure(path: Path, factors: int, personas: int) -> dict[str, float]:
    """Train in this process; seconds of an epoch and of solving for all users, and peak memory in GB."""
    plays = dc.Interactions.load(path)
    warm = dc.generate_world(200, 300, items_per_user=10, seed=0).plays
    dc.PersonaNMF(n_factors=8, n_personas=2, base_epochs=1).fit(warm, seed=0)
    before = resident()
    untrained = dc.PersonaNMF(n_factors=factors, n_personas=personas, base_epochs=N_EPOCHS, tolerance=0)
    start = perf_counter()
    model = untrained.fit(plays, seed=0)
    total = perf_counter() - start
    seconds = [epoch.seconds for epoch in model.epochs]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "epoch": median(seconds[1:]),
        "solve_users": total - sum(seconds),
        "peak_gb": (1024 * peak - before) / 2**30,
        "pairs": plays.n_pairs,
    }


def resident() -> int:
    """Bytes that this process holds now; what it held while reading the plays is not part of them."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def in_own_process(size: dict[str, int], folder: Path) -> dict[str, float]:
    """Generate the plays once, train in a new process, return what it measured."""
    world = {name: size[name] for name in ("users", "items", "items_per_user")}
    path = folder / f"{'-'.join(map(str, world.values()))}.safetensors"
    if not path.exists():
        plays = dc.generate_world(world["users"], world["items"], items_per_user=world["items_per_user"], seed=0).plays
        plays.save(path)
    command = [sys.executable, __file__, "--measure", str(path), str(size["factors"]), str(size["personas"])]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def slope(sizes: tuple[int, ...], values: list[float]) -> str:
    """Exponent of the power law through the points, by least squares of logarithms; "–" where one is too small."""
    if min(values) < 0.01:
        return "–"
    return f"{np.polyfit(np.log(sizes), np.log(values), 1)[0]:.2f}"


def table(rows: list[tuple[dict[str, int], dict[str, float]]]) -> list[list[str]]:
    """Cells of one line for every run."""
    return [
        [
            *(f"{size[name]:,}" for name in CENTRE),
            f"{found['epoch']:.2f}",
            f"{found['solve_users']:.1f}",
            f"{found['peak_gb']:.2f}",
        ]
        for size, found in rows
    ]


def predictions(tenth: dict[str, float], whole: dict[str, float]) -> list[list[str]]:
    """Cells of lines for 10 and 100 million users, if they go on to grow as from 100,000 to a million.

    Growth by less than ten is that of what does not grow at all, such as space to work in: from there on, it is ten.
    """
    names = ("epoch", "solve_users", "peak_gb")
    ratios = {name: whole[name] / tenth[name] for name in names}
    grown = [["ratio", "", "", "", "", *(f"{ratio:.1f} ×" for ratio in ratios.values())]]
    for power, users in ((1, 10_000_000), (2, 100_000_000)):
        cells = (f"{whole[name] * max(ratios[name], 10) ** power:,.0f}" for name in names)
        grown.append([f"{users:,} (predicted)", *(f"{FULL[1][name]:,}" for name in list(CENTRE)[1:]), *cells])
    return grown


def main() -> None:
    """Train, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--full", action="store_true", help="up to a million users")
    parser.add_argument("--measure", nargs=3, metavar=("PLAYS", "FACTORS", "PERSONAS"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.measure:
        path, factors, personas = args.measure
        print(json.dumps(measure(Path(path), int(factors), int(personas))))
        return
    header = ["users", "items", "items a user", "factors", "personas", "epoch, s", "solving, s", "peak, GB"]
    figures: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        print(f"{N_EPOCHS} epochs of the base, 2 threads, seed 0\n")
        print(setting(), "\n")
        slopes = []
        for axis, sizes in AXES.items():
            rows = [(size := {**CENTRE, axis: value}, in_own_process(size, Path(folder))) for value in sizes]
            print_table(header, table(rows))
            print()
            figures[axis] = [{**size, **found} for size, found in rows]
            columns = ([found[name] for _, found in rows] for name in ("epoch", "solve_users", "peak_gb"))
            slopes.append([axis, *(slope(sizes, column) for column in columns)])
        print("Exponents of the power laws through these points: 1 is growth in proportion.\n")
        print_table(["grows with", "epoch", "solving", "peak"], slopes)
        if args.full:
            rows = [(size, in_own_process(size, Path(folder))) for size in FULL]
            figures["full"] = [{**size, **found} for size, found in rows]
            print("\nTen times the users, 40,000 items, and what that growth makes of 10 and 100 times more:\n")
            print_table(header, table(rows) + predictions(*(found for _, found in rows)))
    print_json(benchmark="growth", axes=figures)


if __name__ == "__main__":
    main()
