"""Claim: top-100 lists of one vector come at three times implicit's pace, and those of personas faster than these.

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
from typing import Any, NamedTuple

os.environ.setdefault("NUMBA_NUM_THREADS", "2")

import numpy as np
from common import print_json, print_table, setting
from scipy import sparse
from threadpoolctl import threadpool_limits

import deepcuts as dc

THREADS, K, FORMS = 2, 100, ("norm", "shift", "power")
SIZES = {"users": 100_000, "items": 40_000, "factors": 64, "epochs": 10, "asked": 20_000, "runs": 5}
Lists = Callable[[], object]


class Times(NamedTuple):
    """Wall and processor time, seconds."""

    wall: float
    processor: float


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


def at_half(model: dc.PersonaModel, names: list[str], form: str) -> Lists:
    """Lists with the dial half-way to deep cuts, as each form takes it there."""
    return lambda: model.recommend(names, k=K, rarity=0.5, dial=form)


def seconds(make: Lists) -> Times:
    """Time one run."""
    wall, processor = perf_counter(), process_time()
    make()
    return Times(perf_counter() - wall, process_time() - processor)


def timed(model: dc.PersonaModel, n_asked: int, n_runs: int) -> tuple[dict[str, Times], float]:
    """Time all systems alternately; median wall and processor time of each, and the share of items they agree on."""
    names = model.user_ids.values[:n_asked].to_pylist()
    with threadpool_limits(1, "blas"):
        by_implicit = implicit_lists(model.base, n_asked)
        systems: dict[str, Lists] = {
            "implicit": by_implicit,
            "deepcuts, one persona": lambda: model.base.recommend(names, k=K),
            "deepcuts, 4 personas": lambda: model.recommend(names, k=K),
            "deepcuts, 4 personas, rarity 0.2": lambda: model.recommend(names, k=K, rarity=0.2),
            **{f"deepcuts, 4 personas, rarity 0.5 by {form}": at_half(model, names, form) for form in FORMS},
        }
        shared = agreement(model.base, names[:500], by_implicit()[0])
        runs = [{name: seconds(make) for name, make in systems.items()} for _ in range(n_runs + 1)][1:]
    medians = {name: Times(*(median(run[name][clock] for run in runs) for clock in (0, 1))) for name in systems}
    return medians, shared


def main() -> None:
    """Train, time, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, value in SIZES.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--json", type=Path, metavar="FILE", help="file for the figures")
    args = parser.parse_args()
    plays = dc.generate_world(args.users, args.items, items_per_user=25, seed=0).plays
    model = dc.PersonaNMF(n_factors=args.factors, n_personas=4, base_epochs=args.epochs).fit(plays, seed=0)
    n_asked = min(args.asked, args.users)
    times, shared = timed(model, n_asked, args.runs)
    print(
        f"{plays}, {args.factors} factors, lists of {K} for {n_asked:,} users, median of {args.runs} runs, seed 0;\n"
        f"{shared:.2%} of the items of one persona are those of implicit\n"
    )
    print(setting("implicit"), "\n")
    figures: dict[str, Any] = {
        "benchmark": "lists",
        "sizes": {name: getattr(args, name) for name in SIZES},
        "setting": setting("implicit"),
        "same_items": shared,
        **rates(times, n_asked),
    }
    columns = [figures[name] for name in ("users_per_second", "ratio_by_wall", "ratio_by_processor")]
    header = ["system", "users per second", "ratio to implicit", "by processor time"]
    rows = [[name, f"{columns[0][name]:,.0f}", *(f"{one[name]:.2f}" for one in columns[1:])] for name in times]
    print_table(header, rows)
    print_json(**figures)
    if args.json:
        args.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def rates(times: dict[str, Times], n_asked: int) -> dict[str, dict[str, float]]:
    """Users per second, and by both clocks how many times those of implicit."""
    peer = times["implicit"]
    return {
        "users_per_second": {name: n_asked / own.wall for name, own in times.items()},
        "ratio_by_wall": {name: peer.wall / own.wall for name, own in times.items()},
        "ratio_by_processor": {name: peer.processor / own.processor for name, own in times.items()},
    }


if __name__ == "__main__":
    main()
