"""Claim: top-100 lists for all users come at twice the pace of implicit, from the same factors on two threads.

Usage: python benchmarks/lists.py [--users 100000] [--items 40000] [--factors 64] [--epochs 10] [--asked 20000]
                                  [--runs 5] [--json FILE]

A model of a generated world (25 items a user). implicit gets the factors of its one-persona model, and its BLAS one
thread, as it asks for itself. Lists leave out what was played; deepcuts returns tables with ids, implicit arrays of
indexes. All run in this process on two threads, alternately, so that a slow minute of the machine hits all of them;
ratios are those of medians, of wall time and of processor time.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

os.environ.setdefault("NUMBA_NUM_THREADS", "2")

import numpy as np
from common import print_json, print_table, setting
from scipy import sparse
from threadpoolctl import threadpool_limits

import deepcuts as dc

THREADS, K = 2, 100
Lists = Callable[[], object]


def implicit_lists(base: dc.PersonaModel, n_asked: int) -> Callable[[], tuple[np.ndarray, np.ndarray]]:
    """Lists of the first users by implicit, from the factors of a model."""
    from implicit.cpu.als import AlternatingLeastSquares

    model = AlternatingLeastSquares(factors=base.settings.n_factors, num_threads=THREADS)
    model.user_factors, model.item_factors = (
        np.array(factors) for factors in (base.persona_factors, base.item_factors)
    )
    seen, users = base.seen, np.arange(n_asked)
    ones, indptr = np.ones(seen.n_pairs, np.float32), seen.indptr.astype(np.int32)
    played = sparse.csr_matrix((ones, seen.indices.copy(), indptr), shape=seen.shape)[users]
    return lambda: model.recommend(users, played, N=K, filter_already_liked_items=True)


def agreement(base: dc.PersonaModel, names: list[str], others: np.ndarray) -> float:
    """Share of the items of lists that implicit lists too, for one persona."""
    table = base.recommend(names, k=K)
    user = np.repeat(np.arange(len(names)), np.unique(table["user_id"].to_numpy(), return_counts=True)[1])
    ours = user * len(base.item_ids) + base.item_ids.indexes_of(table["item_id"])
    theirs = (np.arange(len(names))[:, None] * len(base.item_ids) + others[: len(names)]).ravel()
    return float(np.isin(ours, theirs).mean())


def seconds(make: Lists) -> tuple[float, float]:
    """Wall and processor time of one run."""
    wall, processor = perf_counter(), process_time()
    make()
    return perf_counter() - wall, process_time() - processor


def main() -> None:
    """Train, time, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    sizes = {"users": 100_000, "items": 40_000, "factors": 64, "epochs": 10, "asked": 20_000, "runs": 5}
    for name, value in sizes.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--json", type=Path, metavar="FILE", help="file for the figures")
    args = parser.parse_args()
    plays = dc.generate_world(args.users, args.items, items_per_user=25, seed=0).plays
    model = dc.PersonaNMF(n_factors=args.factors, n_personas=4, base_epochs=args.epochs).fit(plays, seed=0)
    n_asked = min(args.asked, args.users)
    names = plays.user_ids.values[:n_asked].to_pylist()
    with threadpool_limits(1, "blas"):
        by_implicit = implicit_lists(model.base, n_asked)
    systems: dict[str, Lists] = {
        "implicit": by_implicit,
        "deepcuts, one persona": lambda: model.base.recommend(names, k=K),
        "deepcuts, 4 personas": lambda: model.recommend(names, k=K),
        "deepcuts, 4 personas, rarity 0.2": lambda: model.recommend(names, k=K, rarity=0.2),
    }
    with threadpool_limits(1, "blas"):
        shared = agreement(model.base, names[:500], by_implicit()[0])
        runs = [[seconds(make) for make in systems.values()] for _ in range(args.runs + 1)][1:]
    wall, processor = (
        [median(run[system][clock] for run in runs) for system in range(len(systems))] for clock in (0, 1)
    )
    print(
        f"{plays}, {args.factors} factors, lists of {K} for {n_asked:,} users, median of {args.runs} runs, seed 0;\n"
        f"{shared:.2%} of the items of one persona are those of implicit\n"
    )
    print(setting("implicit"), "\n")
    header = ["system", "users per second", "ratio to implicit", "by processor time"]
    rows = [
        [name, f"{n_asked / wall[i]:,.0f}", f"{wall[0] / wall[i]:.2f}", f"{processor[0] / processor[i]:.2f}"]
        for i, name in enumerate(systems)
    ]
    print_table(header, rows)
    figures = {
        "benchmark": "lists",
        "sizes": {name: getattr(args, name) for name in sizes},
        "setting": setting("implicit"),
        "users_per_second": {name: n_asked / wall[i] for i, name in enumerate(systems)},
        "ratio_by_wall": {name: wall[0] / wall[i] for i, name in enumerate(systems)},
        "ratio_by_processor": {name: processor[0] / processor[i] for i, name in enumerate(systems)},
        "same_items": shared,
    }
    print_json(**figures)
    if args.json:
        args.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
