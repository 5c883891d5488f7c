"""Claim: an epoch of the base takes less time than one of irspack's iALS, implicit's ALS or cmfrec's non-negative ALS.

Usage: python benchmarks/epoch.py [--users 100000] [--items 40000] [--factors 64] [--epochs 6] [--cmfrec]

All run in this process, on plays of a generated world with 25 items a user, on two threads, alternately: every system
does one epoch, then the next, so a slow minute of the machine hits all of them. Seconds are processor time of both
threads, which other work on the machine hardly moves. The first epoch of each is left out.
"4 personas" is an epoch in which personas and items move together, as with persona_epochs > 0. cmfrec cannot go on
from where it was: an epoch is what fitting all of them takes longer than fitting one, divided by how many more they are
(extra "bench").
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from statistics import median
from time import process_time

os.environ.setdefault("NUMBA_NUM_THREADS", "2")

import numpy as np
from common import print_json, print_table, setting
from scipy import sparse
from threadpoolctl import threadpool_limits

import deepcuts as dc
from deepcuts.model.training.alternation import start_base, start_personas
from deepcuts.model.training.settings import PersonaSettings

THREADS = 2
Epochs = Iterator[float]


def ours(plays: dc.Interactions, n_factors: int, n_epochs: int, n_personas: int = 1) -> Epochs:
    """Seconds of each epoch, from half-step to loss."""
    settings = PersonaSettings(n_factors=n_factors, n_personas=n_personas, confidence="binary")
    stage = start_base(plays, settings, seed=0)
    if n_personas > 1:
        for _ in range(3):
            stage.run_epoch()
        stage = start_personas(stage, seed=0)
    for _ in range(n_epochs):
        start = process_time()
        stage.run_epoch()
        yield process_time() - start


def implicit_als(matrix: sparse.csr_matrix, n_factors: int, n_epochs: int) -> Epochs:
    """Seconds of each iteration of implicit's ALS by conjugate gradients."""
    from implicit.cpu.als import AlternatingLeastSquares

    model = AlternatingLeastSquares(factors=n_factors, num_threads=THREADS, iterations=1, random_state=0)
    for _ in range(n_epochs):
        start = process_time()
        model.fit(matrix, show_progress=False)  # goes on from the factors it has
        yield process_time() - start


def irspack_ials(matrix: sparse.csr_matrix, n_factors: int, n_epochs: int) -> Epochs:
    """Seconds of each epoch of irspack's iALS."""
    from irspack.recommenders import IALSRecommender

    trainer = IALSRecommender(matrix, n_components=n_factors, n_threads=THREADS)._create_trainer()
    for _ in range(n_epochs):
        start = process_time()
        trainer.run_epoch()
        yield process_time() - start


def cmfrec_als(matrix: sparse.csr_matrix, n_factors: int, n_epochs: int) -> Epochs:
    """Seconds of an iteration of cmfrec's implicit-feedback ALS, non-negative: the mean of all but the first."""
    from cmfrec import CMF_implicit

    def fit(n_iterations: int) -> float:
        model = CMF_implicit(
            k=n_factors, niter=n_iterations, nonneg=True, nthreads=THREADS, precompute_for_predictions=False
        )
        start = process_time()
        model.fit(matrix.tocoo())
        return process_time() - start

    seconds = (fit(n_epochs) - fit(1)) / (n_epochs - 1)
    yield from [seconds] * n_epochs


def main() -> None:
    """Time and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, value in (("users", 100_000), ("items", 40_000), ("factors", 64), ("epochs", 6)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--cmfrec", action="store_true", help="compare with cmfrec too, which takes a while")
    args = parser.parse_args()
    plays = dc.generate_world(args.users, args.items, items_per_user=25, seed=0).plays
    ones = np.ones(plays.n_pairs, np.float32)
    matrix = sparse.csr_matrix((ones, plays.indices.copy(), plays.indptr.astype(np.int32)), shape=plays.shape)
    systems: dict[str, Callable[[], Epochs]] = {
        "deepcuts, one persona": lambda: ours(plays, args.factors, args.epochs),
        "deepcuts, 4 personas": lambda: ours(plays, args.factors, args.epochs, 4),
        "irspack": lambda: irspack_ials(matrix, args.factors, args.epochs),
        "implicit": lambda: implicit_als(matrix, args.factors, args.epochs),
    }
    if args.cmfrec:
        systems["cmfrec, non-negative"] = lambda: cmfrec_als(matrix, args.factors, args.epochs)
    with threadpool_limits(1, "blas"):
        rounds = list(zip(*(start() for start in systems.values()), strict=True))[1:]
    seconds = {name: median(one_round[index] for one_round in rounds) for index, name in enumerate(systems)}
    print(f"{plays}, {args.factors} factors, {THREADS} threads, median of {len(rounds)} epochs, seed 0\n")
    print(setting("implicit", "irspack", "cmfrec"), "\n")
    one, four = (seconds[f"deepcuts, {name}"] for name in ("one persona", "4 personas"))
    rows = [[name, f"{value:.2f}", f"{one / value:.2f}", f"{four / value:.2f}"] for name, value in seconds.items()]
    print_table(["system", "processor seconds per epoch", "one persona / system", "4 personas / system"], rows)
    print_json(benchmark="epoch", n_users=args.users, n_items=args.items, n_factors=args.factors, seconds=seconds)


if __name__ == "__main__":
    main()
