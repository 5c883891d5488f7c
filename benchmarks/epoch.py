"""Claim: an epoch of the base is faster than one of implicit's ALS on the same plays, factors and threads.

Usage: python benchmarks/epoch.py [--users 100000] [--items 40000] [--factors 64] [--epochs 6]

All run in this process, on plays of a generated world with 25 items a user, on two threads, turn by turn: every system
does one epoch, then the next, so a slow minute of the machine hits all of them. The first epoch of each is left out.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from statistics import median
from time import perf_counter

os.environ.setdefault("NUMBA_NUM_THREADS", "2")

import numpy as np
from common import print_json, print_table, setting
from scipy import sparse
from threadpoolctl import threadpool_limits

import deepcuts as dc
from deepcuts.model.fit import start_base
from deepcuts.model.settings import PersonaSettings

THREADS = 2
Epochs = Iterator[float]


def ours(plays: dc.Interactions, n_factors: int, n_epochs: int) -> Epochs:
    """Seconds of each base epoch, from half-step to loss."""
    settings = PersonaSettings(n_factors=n_factors, n_personas=1, confidence="binary")
    base = start_base(plays, settings, seed=0)
    for _ in range(n_epochs):
        start = perf_counter()
        base.run_epoch()
        yield perf_counter() - start


def implicit_als(matrix: sparse.csr_matrix, n_factors: int, n_epochs: int) -> Epochs:
    """Seconds of each iteration of implicit's ALS by conjugate gradients."""
    from implicit.cpu.als import AlternatingLeastSquares

    model = AlternatingLeastSquares(factors=n_factors, num_threads=THREADS, iterations=1, random_state=0)
    for _ in range(n_epochs):
        start = perf_counter()
        model.fit(matrix, show_progress=False)  # goes on from the factors it has
        yield perf_counter() - start


def irspack_ials(matrix: sparse.csr_matrix, n_factors: int, n_epochs: int) -> Epochs:
    """Seconds of each epoch of irspack's iALS."""
    from irspack.recommenders import IALSRecommender

    trainer = IALSRecommender(matrix, n_components=n_factors, n_threads=THREADS)._create_trainer()
    for _ in range(n_epochs):
        start = perf_counter()
        trainer.run_epoch()
        yield perf_counter() - start


def main() -> None:
    """Time and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, value in (("users", 100_000), ("items", 40_000), ("factors", 64), ("epochs", 6)):
        parser.add_argument(f"--{name}", type=int, default=value)
    args = parser.parse_args()
    plays = dc.generate_world(args.users, args.items, items_per_user=25, seed=0).plays
    ones = np.ones(plays.n_pairs, np.float32)
    matrix = sparse.csr_matrix((ones, plays.indices.copy(), plays.indptr.astype(np.int32)), shape=plays.shape)
    systems: dict[str, Callable[[], Epochs]] = {
        "deepcuts": lambda: ours(plays, args.factors, args.epochs),
        "implicit": lambda: implicit_als(matrix, args.factors, args.epochs),
        "irspack": lambda: irspack_ials(matrix, args.factors, args.epochs),
    }
    with threadpool_limits(1, "blas"):
        turns = list(zip(*(start() for start in systems.values()), strict=True))[1:]
    seconds = {name: median(turn[place] for turn in turns) for place, name in enumerate(systems)}
    print(f"{plays}, {args.factors} factors, {THREADS} threads, median of {len(turns)} epochs, seed 0")
    print(setting("implicit", "irspack"))
    rows = [[name, f"{value:.2f}", f"{seconds['deepcuts'] / value:.2f}"] for name, value in seconds.items()]
    print_table(["system", "seconds per epoch", "deepcuts / system"], rows)
    print_json(benchmark="epoch", n_users=args.users, n_items=args.items, n_factors=args.factors, seconds=seconds)


if __name__ == "__main__":
    main()
