"""Claim: one list takes a millisecond, a visitor's fold-in two, and a loaded model answers within half a second.

Usage: python benchmarks/latency.py [--users 100000] [--items 40000] [--factors 64] [--epochs 10] [--requests 500]
                                    [--loads 5] [--json FILE]

A model of a generated world (25 items a user), saved and loaded again. Requests come one after the other for users, and
for visitors with 50 items, at random. Processor time is given as well: on a busy machine, the rest is waiting.
Loading is timed in processes of their own, from the call of `load` to the first list, with deepcuts imported and
kernels compiled.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
from common import print_json, print_table, setting

import deepcuts as dc

WARM = 30  # requests that are not counted
N_HISTORY = 50
FIRST_LIST = """
import sys
from time import perf_counter, process_time
import deepcuts as dc
import deepcuts.model.persona_model, deepcuts.recommendation.lists
wall, processor = perf_counter(), process_time()
model = dc.load(sys.argv[1])
model.recommend(sys.argv[2], k=20)
print(perf_counter() - wall, process_time() - processor)
"""


def milliseconds(request: Callable[[], object], n_requests: int) -> dict[str, float]:
    """Median and 99th percentile of requests one after the other, by wall and by processor time."""
    times = np.empty((n_requests + WARM, 2))
    for number in range(len(times)):
        wall, processor = perf_counter(), process_time()
        request()
        times[number] = perf_counter() - wall, process_time() - processor
    p50, p99 = np.quantile(1000 * times[WARM:], [0.5, 0.99], axis=0)
    return {"p50": p50[0], "p99": p99[0], "processor p50": p50[1], "processor p99": p99[1]}


def histories(model: dc.PersonaModel, n: int) -> list[dict[str, float]]:
    """Plays of visitors: items drawn by popularity."""
    rng = np.random.default_rng(0)
    chances = model.item_listeners / model.item_listeners.sum()
    visits = []
    for _ in range(n):
        items = rng.choice(len(chances), N_HISTORY, replace=False, p=chances)
        counts = rng.integers(1, 99, N_HISTORY).tolist()
        visits.append(dict(zip(model.item_ids.take(items).to_pylist(), counts, strict=True)))
    return visits


def first_list(path: Path, user: str, n_loads: int) -> dict[str, float]:
    """Median milliseconds from loading to the first list, each time in a new process."""
    command = [sys.executable, "-c", FIRST_LIST, str(path), user]
    printed = [subprocess.run(command, check=True, capture_output=True, text=True).stdout for _ in range(n_loads + 1)]
    times = 1000 * np.array([line.split() for line in printed[1:]], float)
    return dict(zip(("p50", "processor p50"), np.median(times, axis=0).tolist(), strict=True))


def main() -> None:
    """Train, time, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    sizes = {"users": 100_000, "items": 40_000, "factors": 64, "epochs": 10, "requests": 500, "loads": 5}
    for name, value in sizes.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--json", type=Path, metavar="FILE", help="file for the figures")
    args = parser.parse_args()
    plays = dc.generate_world(args.users, args.items, items_per_user=25, seed=0).plays
    settings = dc.PersonaNMF(n_factors=args.factors, n_personas=4, base_epochs=args.epochs)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        settings.fit(plays, seed=0).save(path)
        model = dc.load(path)
        users, rng = model.user_ids.values.to_pylist(), np.random.default_rng(1)
        visits = histories(model, 100)
        requests: dict[str, Callable[[], object]] = {
            "list of 20": lambda: model.recommend(users[rng.integers(len(users))], k=20),
            "list of 100": lambda: model.recommend(users[rng.integers(len(users))], k=100),
            "list of 100, rarity 0.2": lambda: model.recommend(users[rng.integers(len(users))], k=100, rarity=0.2),
            "list of 100, mix max": lambda: model.recommend(users[rng.integers(len(users))], k=100, mix="max"),
            f"fold-in of {N_HISTORY} items": lambda: model.fold_in(visits[rng.integers(len(visits))]),
            "fold-in and list of 20": lambda: model.fold_in(visits[rng.integers(len(visits))]).recommend(k=20),
        }
        figures = {name: milliseconds(request, args.requests) for name, request in requests.items()}
        figures["load and first list"] = first_list(path, users[0], args.loads)
    print(f"{model}, {args.requests} requests of each kind, {args.loads} loads, seed 0\n")
    print(setting(), "\n")
    header = ["milliseconds", "p50", "p99", "processor p50", "processor p99"]
    print_table(
        header,
        [[name, *(f"{found[h]:.2f}" if h in found else "" for h in header[1:])] for name, found in figures.items()],
    )
    summary = {"benchmark": "latency", "sizes": {name: getattr(args, name) for name in sizes}, "setting": setting()}
    print_json(**summary, milliseconds=figures)
    if args.json:
        args.json.write_text(json.dumps({**summary, "milliseconds": figures}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
