"""Claim: with signs free, training reaches the best ndcg@100 of the best peer in less than half of its time.

Usage: python benchmarks/time_to_quality.py [--users 100000] [--items 40000] [--factors 64] [--epochs 16]

Plays of a generated world, a fifth held out. Systems run an epoch each, alternately, on two threads; the lists of 5,000
users are judged after every epoch by the factors as they stand, and only training is timed, with all that comes before
the first epoch: by the processor time of both threads, which other work on the machine hardly moves. Compiled kernels
are loaded beforehand, as the peers' libraries are. The goal is the highest ndcg@100 that any peer has after any epoch;
the time of a system is that of the first epoch at which it is at the goal, or at 99 % of it. Settings, ours and the
peers', are the best of a few on a validation part of a smaller world.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from functools import partial
from time import process_time

os.environ.setdefault("NUMBA_NUM_THREADS", "2")

import numpy as np
from common import print_json, print_table, setting
from scipy import sparse
from threadpoolctl import threadpool_limits

import deepcuts as dc
from deepcuts.baselines.scored import DotProduct, ScoredModel
from deepcuts.model.training.alternation import start_base
from deepcuts.model.training.settings import PersonaSettings, Signs

THREADS = 2
N_JUDGED = 5_000
Curve = list[tuple[float, float]]  # seconds so far and the figure, after every epoch
Steps = Iterator[tuple[float, np.ndarray, np.ndarray]]  # seconds so far, user factors, item factors


def ours(train: dc.Interactions, matrix: sparse.csr_matrix, n_factors: int, *, nonnegative: Signs = "both") -> Steps:
    """Epochs of the base, which has the users with the fewest pairs first."""
    settings = PersonaSettings(n_factors=n_factors, n_personas=1, confidence="binary", nonnegative=nonnegative)
    start_base(
        dc.generate_world(500, 1_000, items_per_user=10, seed=0).plays, settings, seed=0
    ).run_epoch()  # loads the kernels
    start = process_time()
    stage = start_base(train, settings, seed=0)
    seconds = process_time() - start
    order = np.argsort(np.diff(train.indptr), kind="stable")
    user_factors = np.empty_like(stage.sides.factors)
    while True:
        start = process_time()
        stage.run_epoch()
        seconds += process_time() - start
        user_factors[order] = stage.sides.factors
        yield seconds, user_factors, stage.item_factors


def implicit_als(train: dc.Interactions, matrix: sparse.csr_matrix, n_factors: int) -> Steps:
    """Iterations of implicit's ALS by conjugate gradients."""
    from implicit.cpu.als import AlternatingLeastSquares

    model = AlternatingLeastSquares(
        factors=n_factors, regularization=10, alpha=10, num_threads=THREADS, iterations=1, random_state=0
    )
    seconds = 0.0
    while True:
        start = process_time()
        model.fit(matrix, show_progress=False)
        seconds += process_time() - start
        yield seconds, model.user_factors, model.item_factors


def irspack_ials(train: dc.Interactions, matrix: sparse.csr_matrix, n_factors: int) -> Steps:
    """Epochs of irspack's iALS."""
    from irspack.recommenders import IALSRecommender

    start = process_time()
    trainer = IALSRecommender(
        matrix, n_components=n_factors, alpha0=0.03, reg=0.01, n_threads=THREADS
    )._create_trainer()
    seconds = process_time() - start
    while True:
        start = process_time()
        trainer.run_epoch()
        seconds += process_time() - start
        yield seconds, trainer.core_trainer.user, trainer.core_trainer.item


def judge(train: dc.Interactions, holdout: dc.Interactions, factors: tuple[np.ndarray, np.ndarray]) -> float:
    """ndcg@100 of the lists of the users that have a holdout."""
    lists = ScoredModel.of_users(train, DotProduct(*factors)).recommend(holdout.user_ids.values, k=100)
    return dc.evaluate(lists, train, holdout, {"ndcg": [100]}).figures["ndcg@100"]


def main() -> None:
    """Train, judge and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, value in (("users", 100_000), ("items", 40_000), ("factors", 64), ("epochs", 16)):
        parser.add_argument(f"--{name}", type=int, default=value)
    args = parser.parse_args()
    plays = dc.generate_world(args.users, args.items, items_per_user=25, seed=0).plays
    train, holdout = dc.split_holdout(plays, fraction=0.2, seed=0)
    curves = measure(train, holdout.keep_pairs(holdout.user_of_pair() < N_JUDGED), args.factors, args.epochs)
    goal, best_peer = best_of_peers(curves)
    print(f"{train}, {args.factors} factors, {THREADS} threads, {args.epochs} epochs, seed 0;")
    print(f"the goal is the best of {best_peer}, {goal:.4f}\n")
    print(setting("implicit", "irspack"), "\n")
    header = [
        "system",
        "best ndcg@100",
        "last / best",
        "epochs, seconds to the goal",
        "÷ peer's",
        "to 99 %",
        "÷ peer's",
    ]
    print_table(header, [row(name, curves, goal, best_peer) for name in curves])
    print_json(benchmark="time to quality", curves=curves, goal=goal, best_peer=best_peer)


def measure(train: dc.Interactions, judged: dc.Interactions, n_factors: int, n_epochs: int) -> dict[str, Curve]:
    """Run all systems alternately; seconds and ndcg@100 of each after every epoch."""
    ones = np.ones(train.n_pairs, np.float32)
    matrix = sparse.csr_matrix((ones, train.indices.copy(), train.indptr.astype(np.int32)), shape=train.shape)
    steps = {name: system(train, matrix, n_factors) for name, system in SYSTEMS.items()}
    curves: dict[str, Curve] = {name: [] for name in SYSTEMS}
    with threadpool_limits(1, "blas"):
        for _ in range(n_epochs):
            for name, step in steps.items():
                seconds, *factors = next(step)
                curves[name].append((seconds, judge(train, judged, tuple(factors))))
    return curves


def best_of_peers(curves: dict[str, Curve]) -> tuple[float, str]:
    """Highest figure that a peer has after any epoch, and whose it is."""
    return max((max(value for _, value in curves[name]), name) for name in PEERS)


def row(name: str, curves: dict[str, Curve], goal: float, best_peer: str) -> list[str]:
    """Cells of a system: its best, where it ends, and when it is at the goal, on its own and beside the best peer."""
    values = [value for _, value in curves[name]]
    cells = [name, f"{max(values):.4f}", f"{values[-1] / max(values):.3f}"]
    for share in (1.0, 0.99):
        own, peers = (reached(curves[who], share * goal) for who in (name, best_peer))
        cells += (
            ["not reached", ""] if own is None else [f"{own[0]} epochs, {own[1]:.2f} s", f"{own[1] / peers[1]:.2f}"]
        )
    return cells


def reached(curve: Curve, goal: float) -> tuple[int, float] | None:
    """Epochs and seconds after which the figure first is at or above the goal; None where it never is."""
    epochs = [epoch for epoch, (_, value) in enumerate(curve) if value >= goal]
    return (epochs[0] + 1, curve[epochs[0]][0]) if epochs else None


SYSTEMS: dict[str, Callable[[dc.Interactions, sparse.csr_matrix, int], Steps]] = {
    "deepcuts": ours,
    "deepcuts, either sign": partial(ours, nonnegative="none"),
    "irspack": irspack_ials,
    "implicit": implicit_als,
}
PEERS = ("irspack", "implicit")

if __name__ == "__main__":
    main()
