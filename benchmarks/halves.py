"""Claim: an epoch that reads the factors of the other side in half precision is faster, and loses nothing in quality.

Usage: python benchmarks/halves.py [--users 100000] [--items 40000] [--factors 64] [--epochs 8]

Plays of a generated world, a fifth held out. Two trainings of the base from the same start take turns, an epoch each,
on two threads: one with half-steps as they are, one with factors of single precision throughout. The lists of 5,000
users are judged after the last epoch.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from statistics import median

os.environ.setdefault("NUMBA_NUM_THREADS", "2")

from common import print_json, print_table, setting
from threadpoolctl import threadpool_limits
from time_to_quality import N_JUDGED, judge

import deepcuts as dc
from deepcuts.model.fit import start_base
from deepcuts.model.settings import PersonaSettings


def main() -> None:
    """Train, time, judge and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, value in (("users", 100_000), ("items", 40_000), ("factors", 64), ("epochs", 8)):
        parser.add_argument(f"--{name}", type=int, default=value)
    args = parser.parse_args()
    plays = dc.generate_world(args.users, args.items, items_per_user=25, seed=0).plays
    train, holdout = dc.split_holdout(plays, fraction=0.2, seed=0)
    held = holdout.keep_pairs(holdout.user_of_pair() < N_JUDGED)
    settings = PersonaSettings(n_factors=args.factors, n_personas=1)
    stages = {name: start_base(train, settings, seed=0) for name in ("half", "single")}
    stages["single"].effort = replace(stages["single"].effort, halves=False)
    with threadpool_limits(1, "blas"):
        turns = [{name: stage.run_epoch() for name, stage in stages.items()} for _ in range(args.epochs)]
    figures = {
        name: {
            "seconds": median(turn[name].seconds for turn in turns[1:]),
            "loss": turns[-1][name].loss,
            "ndcg@100": judge(train, held, (stage.factors, stage.item_factors)),
        }
        for name, stage in stages.items()
    }
    print(f"{train}, {args.factors} factors, median of {args.epochs - 1} epochs, seed 0\n")
    print(setting(), "\n")
    single = figures["single"]
    rows = [
        [
            name,
            f"{found['seconds']:.2f}",
            f"{found['seconds'] / single['seconds']:.2f}",
            f"{found['loss'] / single['loss'] - 1:+.1e}",
            f"{found['ndcg@100']:.4f}",
        ]
        for name, found in figures.items()
    ]
    print_table(["precision", "seconds per epoch", "to single", "loss / single − 1", "ndcg@100"], rows)
    print_json(benchmark="halves", n_users=args.users, n_items=args.items, n_factors=args.factors, figures=figures)


if __name__ == "__main__":
    main()
