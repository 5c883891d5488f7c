"""Evidence: a rehearsal finds how long and with what λ lists are best, and leaves the rest as it is.

Usage: python benchmarks/training_length.py [--factors 128] [--seeds 2] [--only NAME …]

The data of benchmarks/hold.py and some worlds more, each trained with early stopping off and "auto" on a part of the
training part of its holdout split, and judged on the rest of it: this is how the rule was chosen. Up to 4,000 users
are judged, by lists of personas. "epochs" are those of the base, of every seed, and "λ" is that of the density rule
times these; figures are differences from training to the end in per cent, recall@20 with a paired interval of 95 %
over users; "time" is the processor time of the whole fit over that without early stopping, the median of the seeds.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from statistics import median
from time import process_time

import numpy as np
from common import print_json, print_table, setting
from evidence_data import world
from hold import sources as data_of_hold
from play_counts import validation

import deepcuts as dc

N_JUDGED = 4_000
CUTOFFS = {"recall": [20, 50], "ndcg": [100]}
FIGURES = ("recall@20", "recall@50", "ndcg@100")
CHOICES = ("off", "auto")
WORLDS = {  # users, items, items a user, scenes
    "world, 80 scenes": (4_000, 4_000, 25, 80),
    "sparse world, 18 scenes": (6_000, 3_000, 12, 18),
    "large world, 25 scenes": (20_000, 8_000, 25, 25),
}
LARGEST = {
    "60,000 users, 40 scenes": (60_000, 20_000, 25, 40),
    "60,000 users, 150 scenes": (60_000, 60_000, 40, 150),
}


def sources(*, largest: bool = False) -> dict[str, Callable[[], dc.Interactions]]:
    """Plays to learn from, by name."""
    worlds = {**WORLDS, **LARGEST} if largest else WORLDS
    return {**data_of_hold(), **{name: lambda sizes=sizes: world(*sizes) for name, sizes in worlds.items()}}


def row_of(name: str, plays: dc.Interactions, n_factors: int, n_seeds: int) -> list[str]:
    """Epochs, differences and time."""
    n_epochs: dict[str, list[int]] = {choice: [] for choice in CHOICES}
    found: dict[str, list[np.ndarray]] = {choice: [] for choice in CHOICES}
    ridges: dict[str, list[float]] = {choice: [] for choice in CHOICES}
    times = []
    for seed in range(n_seeds):
        train, holdout = validation(plays, seed)
        holdout = holdout.keep_pairs(holdout.user_of_pair() < N_JUDGED)
        seconds = []
        for choice in CHOICES:
            start = process_time()
            model = dc.PersonaNMF(n_factors=n_factors, early_stopping=choice).fit(train, seed=seed)
            seconds.append(process_time() - start)
            n_epochs[choice].append(len(model.epochs))
            ridges[choice].append(model.settings.weighting.user_regularization)
            lists = model.recommend(holdout.user_ids.values, k=100)
            per_user = dc.evaluate(lists, train, holdout, CUTOFFS).per_user
            found[choice].append(np.array([per_user[figure].to_numpy() for figure in FIGURES]))
        times.append(seconds[1] / seconds[0])
    off, auto = (np.concatenate(found[choice], axis=1) for choice in CHOICES)
    counts = [", ".join(map(str, n_epochs[choice])) for choice in CHOICES]
    steps = ", ".join(f"{own / rule:.2g}" for own, rule in zip(ridges["auto"], ridges["off"], strict=True))
    return [name, *counts, steps, *differences(auto, off), f"{median(times):.2f}"]


def differences(own: np.ndarray, level: np.ndarray) -> list[str]:
    """Differences of rows of figures of users, in per cent of the mean, the first with its interval."""
    apart, means = own - level, np.nanmean(level, axis=1)
    recall, deeper, ndcg = 100 * np.nanmean(apart, axis=1) / means
    half = 196 * np.nanstd(apart[0]) / math.sqrt(apart.shape[1]) / means[0]
    return [f"{recall:+.1f} ± {half:.1f}", f"{deeper:+.1f}", f"{ndcg:+.1f}"]


def main() -> None:
    """Train, judge and print."""
    known = sources(largest=True)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--factors", type=int, default=128)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--only", nargs="+", choices=list(known), default=list(known), metavar="NAME")
    args = parser.parse_args()
    print(setting())
    print(f"\non validation, %, {args.factors} factors, {args.seeds} seeds\n")
    for n_epochs in (1, 30):  # loads the kernels, those of a rehearsal too
        warm = dc.generate_world(1_000, 300, items_per_user=10).plays
        dc.PersonaNMF(n_factors=args.factors, base_epochs=n_epochs).fit(warm).recommend(k=100)
    rows = []
    for name in args.only:
        rows.append(row_of(name, known[name](), args.factors, args.seeds))
        print(rows[-1], flush=True)
    header = ["data", "epochs, off", "auto", "λ", "recall@20", "recall@50", "ndcg@100", "time"]
    print()
    print_table(header, rows)
    print_json(benchmark="training length", header=header, rows=rows)


if __name__ == "__main__":
    main()
