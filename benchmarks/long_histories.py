"""Evidence: with long histories, personas need to lean more on the base vector, and by default do.

Usage: python benchmarks/long_histories.py [--factors 64] [--seeds 4]

The Audioscrobbler cut: 50 heavy listeners with hundreds of artists each; artists with at least two of them. Few
listeners, so the figures are rough.
"""

from __future__ import annotations

import argparse

import numpy as np
from common import DATA, print_json, print_table, setting

import deepcuts as dc
from deepcuts.ingest import prune

CUTOFFS = {"recall": [20, 50], "ndcg": [100], "novelty": [20]}
VARIANTS = {
    "one persona": {"n_personas": 1},
    "personas": {},
    "personas, lean 0.9 whatever the length": {"lean_history": 1e9},
    "personas, lean 2 whatever the length": {"lean": 2.0, "lean_history": 1e9},
    "personas, lean 4 whatever the length": {"lean": 4.0, "lean_history": 1e9},
}


def main() -> None:
    """Train, judge and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--factors", type=int, default=64)
    parser.add_argument("--seeds", type=int, default=4)
    args = parser.parse_args()
    path = DATA / "audioscrobbler-2005-small" / "user_artist_data_small.txt"
    plays = prune(dc.read_plays(path, user=1, item=2, plays=3), min_users=2)
    found: dict[str, list[list[float]]] = {name: [] for name in VARIANTS}
    for seed in range(args.seeds):
        train, holdout = dc.split_holdout(plays, fraction=0.2, seed=seed)
        for name, settings in VARIANTS.items():
            model = dc.PersonaNMF(n_factors=args.factors, **settings).fit(train, seed=seed)
            found[name].append(list(dc.evaluate(model.recommend(k=100), train, holdout, CUTOFFS).figures.values()))
    header = ["model", *(f"{metric}@{k}" for metric, cutoffs in CUTOFFS.items() for k in cutoffs)]
    means = {name: np.mean(rows, axis=0) for name, rows in found.items()}
    print(f"{plays}, {args.factors} factors, mean of {args.seeds} seeds")
    print(setting())
    print_table(header, [[name, *(f"{value:.4f}" for value in row)] for name, row in means.items()])
    print_json(benchmark="long histories", means={name: list(map(float, row)) for name, row in means.items()})


if __name__ == "__main__":
    main()
