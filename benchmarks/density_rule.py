"""Evidence: weights by the sizes of the data ("auto") against one set of weights for all data.

Usage: python benchmarks/density_rule.py [--factors 64] [--seeds 2] [--large]

Real data of different density (HetRec, its widely played artists, a third of its pairs; the Audioscrobbler
cut; both heads of the Taste Profile) and generated worlds, each judged on a validation part that is cut from the
training part of its holdout split: this is how the rule was chosen. The constants are those of version 0.1: a ratio of
8, λ = 0.02, no exponent. --large adds a world of 20,000 users.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping

import numpy as np
from common import DATA, hetrec, print_json, print_table, setting
from play_counts import CUTOFFS, sources, validation

import deepcuts as dc
from deepcuts.ingest import prune
from deepcuts.model.training.density_rule import weighting_by_density

CONSTANTS = {
    "unobserved_ratio": 8.0,
    "unobserved_exponent": 0.0,
    "user_regularization": 0.02,
    "item_regularization": 0.02,
}
HEADER = ["data", "x", "N", "α", "ratio", "λ", "one persona: constants", "auto", "personas: constants", "auto"]


def thinned(plays: dc.Interactions, share: float) -> dc.Interactions:
    """A random share of the pairs."""
    return prune(plays.keep_pairs(np.random.default_rng(0).random(plays.n_pairs) < share), min_users=3, min_items=6)


def taste_profile(name: str) -> dc.Interactions:
    """A head of the Taste Profile: songs of at least two users, users of at least five songs."""
    plays = dc.read_plays(DATA / "tasteprofile-heads" / name, user=1, item=2, plays=3)
    return prune(plays, min_users=2, min_items=5)


def cases(*, large: bool) -> dict[str, Callable[[], dc.Interactions]]:
    """Plays to learn from, by name."""
    known = sources()
    worlds = {"dense world": (900, 1600, 100), "sparse world": (5000, 8000, 15)}
    if large:
        worlds["large world"] = (20_000, 8000, 25)
    return {
        "HetRec": lambda: known["HetRec"],
        "HetRec, widely played": lambda: prune(hetrec(), min_users=50, min_items=10),
        "HetRec, a third": lambda: thinned(hetrec(), 0.35),
        "Audioscrobbler": lambda: known["Audioscrobbler"],
        "Taste Profile, users": lambda: taste_profile("train_triplets_head.txt"),
        "Taste Profile, top songs": lambda: taste_profile("train_triplets_top_songs_head.txt"),
        "world": lambda: known["generated world"],
        **{name: _world(*sizes) for name, sizes in worlds.items()},
    }


def _world(n_users: int, n_items: int, items_per_user: int) -> Callable[[], dc.Interactions]:
    return lambda: dc.generate_world(n_users, n_items, items_per_user=items_per_user, seed=1).plays


def judge(
    train: dc.Interactions, holdout: dc.Interactions, settings: Mapping[str, float], n_factors: int, seed: int
) -> list[float]:
    """recall@20 and ndcg@100 of one persona, and of personas."""
    model = dc.PersonaNMF(n_factors=n_factors, early_stopping="off", **settings).fit(train, seed=seed)
    figures = [dc.evaluate(one.recommend(k=100), train, holdout, CUTOFFS).figures for one in (model.base, model)]
    return [one[name] for one in figures for name in ("recall@20", "ndcg@100")]


def row_of(name: str, plays: dc.Interactions, n_factors: int, n_seeds: int) -> list[str]:
    """Sizes, the numbers of the rule, and mean figures by both."""
    found: list[list[list[float]]] = []
    for seed in range(n_seeds):
        train, holdout = validation(plays, seed)
        found.append([judge(train, holdout, settings, n_factors, seed) for settings in (CONSTANTS, {})])
    before, auto = np.mean(found, axis=0)
    sizes = train.n_users, train.n_items, train.n_pairs
    rule = weighting_by_density(*sizes)
    sparsity, of_row = np.log10(sizes[0] * sizes[1] / sizes[2]), sizes[2] / (sizes[0] + sizes[1])
    weights = (f"{rule.unobserved_exponent:.2f}", f"{rule.unobserved_ratio:.1f}", f"{rule.user_regularization:.4f}")
    pairs = [f"{figures[first]:.3f} / {figures[first + 1]:.3f}" for first in (0, 2) for figures in (before, auto)]
    return [name, f"{sparsity:.2f}", f"{of_row:.1f}", *weights, *pairs]


def main() -> None:
    """Train, judge and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--factors", type=int, default=64)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--large", action="store_true", help="a world of 20,000 users too")
    args = parser.parse_args()
    print(setting())
    print(f"\nrecall@20 / ndcg@100 on validation, {args.factors} factors, mean of {args.seeds} seeds\n")
    rows = []
    for name, load in cases(large=args.large).items():
        rows.append(row_of(name, load(), args.factors, args.seeds))
        print(rows[-1], flush=True)
    print()
    print_table(HEADER, rows)
    print_json(benchmark="density rule", header=HEADER, rows=rows)


if __name__ == "__main__":
    main()
