"""Evidence for decision 2: after the split, items are better left as they are.

Usage: python benchmarks/split_study.py [--factors 128] [--seeds 3]

The training part of every seed of benchmarks/quality.py is cut once more; models train on the rest and are judged on
that validation part. The holdouts stay untouched.
"""

from __future__ import annotations

import argparse

import numpy as np
from common import hetrec, print_json, print_table, setting

import deepcuts as dc

FIGURES = ["recall@20", "recall@50", "ndcg@100", "novelty@20"]
VARIANTS = {
    "one persona": {"n_personas": 1},
    "items fixed": {},
    "2 epochs together": {"persona_epochs": 2},
    "10 epochs together": {"persona_epochs": 10},
    "items fixed, plays read as binary": {"confidence": "binary"},
    "items fixed, lean 0.5": {"lean": 0.5},
    "items fixed, lean 2": {"lean": 2.0},
}


def main() -> None:
    """Train, judge and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--factors", type=int, default=128)
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    plays = hetrec()
    found: dict[str, list[list[float]]] = {name: [] for name in VARIANTS}
    for seed in range(args.seeds):
        outer, _ = dc.split_holdout(plays, fraction=0.2, seed=seed)
        train, validation = dc.split_holdout(outer, fraction=0.2, seed=100 + seed)
        for name, settings in VARIANTS.items():
            model = dc.PersonaNMF(n_factors=args.factors, tolerance=1e-4, **settings).fit(train, seed=seed)
            figures = dc.evaluate(model.recommend(k=100), train, validation).figures
            found[name].append([figures[figure] for figure in FIGURES])
    means = {name: np.mean(rows, axis=0) for name, rows in found.items()}
    print(f"{plays}, {args.factors} factors, mean of {args.seeds} validation parts")
    print(setting())
    print_table(
        ["after the split", *FIGURES], [[name, *(f"{value:.4f}" for value in row)] for name, row in means.items()]
    )
    print_json(benchmark="split study", figures=FIGURES, means={name: list(map(float, v)) for name, v in means.items()})


if __name__ == "__main__":
    main()
