"""Evidence: from which length of a history on the lean should grow.

Usage: python benchmarks/lean_growth.py [--factors 64] [--seeds 3]

Every model is judged on a validation part that is cut from the training part of its holdout split, on data of histories
from 20 to hundreds of items: this is how the default was chosen. The base is the same in all rows of a table. The last
column is the mean cosine of two personas of a user.
"""

from __future__ import annotations

import argparse
import math

import numpy as np
from common import print_json, print_table, setting
from play_counts import CUTOFFS, sources, validation

import deepcuts as dc
from deepcuts.baselines import refit_users

GROWS_FROM = {"not at all": 1e9, "200 items": 200.0, "100 items": 100.0, "50 items (default)": 50.0, "25 items": 25.0}
HEADER = ["lean grows from", *(f"{metric}@{k}" for metric, cutoffs in CUTOFFS.items() for k in cutoffs), "cosine"]


def study(plays: dc.Interactions, n_factors: int, n_seeds: int) -> dict[str, np.ndarray]:
    """Mean figures of one persona, and of personas at every setting."""
    found: dict[str, list[list[float]]] = {}
    for seed in range(n_seeds):
        train, holdout = validation(plays, seed)
        model = dc.PersonaNMF(n_factors=n_factors, lean=0.9, join_cosine=2.0).fit(train, seed=seed)
        models = {"one persona": model.base}
        models |= {name: refit_users(model, lean_history=length) for name, length in GROWS_FROM.items()}
        for name, fitted in models.items():
            figures = dc.evaluate(fitted.recommend(k=100, base_weight=0), train, holdout, CUTOFFS).figures
            found.setdefault(name, []).append([*figures.values(), fitted.diagnostics().mean_cosine])
    return {name: np.mean(rows, axis=0) for name, rows in found.items()}


def main() -> None:
    """Train, judge and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--factors", type=int, default=64)
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    long_world = dc.generate_world(n_users=500, n_items=6000, items_per_user=200, seed=1).plays
    print(setting())
    for source, plays in (sources() | {"generated world, long histories": long_world}).items():
        length = plays.n_pairs / plays.n_users
        print(f"\n{source}: {plays}, {length:.0f} items a user, {args.factors} factors, mean of {args.seeds} seeds\n")
        found = study(plays, args.factors, args.seeds)
        rows = [[name, *("" if math.isnan(v) else f"{v:.4f}" for v in row)] for name, row in found.items()]
        print_table(HEADER, rows)
        print_json(benchmark="lean growth", source=source, header=HEADER, rows=rows)


if __name__ == "__main__":
    main()
