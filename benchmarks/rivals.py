"""Evidence: settings of all systems, each found with the same budget on validation parts.

Usage: python benchmarks/rivals.py [--factors 256] [--seeds 2]     (needs the extra "peers")

Last.fm of HetRec 2011. The training part of every seed of benchmarks/quality.py is cut once more; every system is
trained with twelve settings on the rest and judged on that validation part. The best by recall@20 is what
benchmarks/evidence.py takes. The holdouts stay untouched.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from itertools import product

import numpy as np
import pyarrow as pa
from common import hetrec, print_json, print_table, setting

import deepcuts as dc
from deepcuts.baselines import EASE, ImplicitALS, IrspackIALS

CUTOFFS = {"recall": [20, 50], "ndcg": [100], "novelty": [20]}
OURS = [
    {"unobserved_ratio": ratio, "user_regularization": ridge, "item_regularization": ridge}
    for ratio, ridge in product((6.0, 8.0, 12.0), (0.015, 0.02, 0.025, 0.03))
]
GRIDS: dict[str, list[dict[str, float]]] = {
    "personas": OURS,
    "one persona": OURS,
    "implicit ALS": [
        {"regularization": ridge, "confidence": weight}
        for ridge, weight in product((30.0, 60.0, 100.0, 160.0), (20.0, 40.0, 80.0))
    ],
    "irspack iALS": [
        {"regularization": ridge, "unobserved_weight": weight}
        for ridge, weight in product((0.01, 0.02, 0.04, 0.08), (0.03, 0.06, 0.12))
    ],
    "EASE": [{"regularization": ridge} for ridge in (5, 10, 20, 40, 60, 80, 100, 150, 200, 300, 500, 1000)],
}


def lists_of(name: str, train: dc.Interactions, n_factors: int, seed: int, values: dict[str, float]) -> pa.Table:
    """Train one system with one setting; its lists."""
    fits: dict[str, Callable[[], dc.PersonaModel]] = {
        "personas": lambda: dc.PersonaNMF(n_factors=n_factors, **values).fit(train, seed=seed),
        "one persona": lambda: dc.PersonaNMF(n_factors=n_factors, n_personas=1, **values).fit(train, seed=seed),
        "implicit ALS": lambda: ImplicitALS(n_factors=n_factors, **values).fit(train, seed=seed),
        "irspack iALS": lambda: IrspackIALS(n_factors=n_factors, **values).fit(train, seed=seed),
        "EASE": lambda: EASE(**values).fit(train),
    }
    return fits[name]().recommend(k=100)


def main() -> None:
    """Train, judge and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--factors", type=int, default=256)
    parser.add_argument("--seeds", type=int, default=2)
    args = parser.parse_args()
    plays = hetrec()
    found: dict[tuple[str, int], list[list[float]]] = {}
    for seed in range(args.seeds):
        outer, _ = dc.split_holdout(plays, fraction=0.2, seed=seed)
        train, holdout = dc.split_holdout(outer, fraction=0.2, seed=100 + seed)
        for name, grid in GRIDS.items():
            for index, values in enumerate(grid):
                lists = lists_of(name, train, args.factors, seed, values)
                figures = list(dc.evaluate(lists, train, holdout, CUTOFFS).figures.values())
                found.setdefault((name, index), []).append(figures)
    means = {key: np.mean(rows, axis=0) for key, rows in found.items()}
    header = ["system", "setting", *(f"{metric}@{k}" for metric, cutoffs in CUTOFFS.items() for k in cutoffs)]
    print(f"{plays}, {args.factors} factors, mean of {args.seeds} validation parts; the best of twelve settings each\n")
    print(setting("implicit", "irspack"), "\n")
    rows, chosen = [], {}
    for name, grid in GRIDS.items():
        best = max(range(len(grid)), key=lambda index, name=name: means[name, index][0])
        chosen[name] = grid[best]
        values = ", ".join(f"{key} {value:g}" for key, value in grid[best].items())
        rows.append([name, values, *(f"{value:.4f}" for value in means[name, best])])
    print_table(header, rows)
    everything = {f"{name} {GRIDS[name][index]}": list(map(float, value)) for (name, index), value in means.items()}
    print_json(benchmark="rivals", chosen=chosen, means=everything)


if __name__ == "__main__":
    main()
