"""Claim: personas mixed by share are as accurate as one persona, and closer to the mix of a user's tastes.

Usage: python benchmarks/quality.py [--seeds 3]

Last.fm of HetRec 2011, cut into train and holdout by three seeds; every model with its default settings, which were
chosen on validation parts of the training data (benchmarks/split_study.py), never on these holdouts.
"""

from __future__ import annotations

import argparse

import numpy as np
from common import hetrec, print_json, print_table, setting

import deepcuts as dc

FIGURES = ["recall@20", "recall@50", "ndcg@100", "novelty@20", "coverage@20", "gini@20"]


def judge(lists: object, train: dc.Interactions, holdout: dc.Interactions) -> list[float]:
    """Figures of one model's lists."""
    figures = dc.evaluate(lists, train, holdout).figures
    return [figures[name] for name in FIGURES]


def main() -> None:
    """Train, judge and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    plays = hetrec()
    found: dict[str, list[list[float]]] = {}
    counts: list[int] = []
    for seed in range(args.seeds):
        train, holdout = dc.split_holdout(plays, fraction=0.2, seed=seed)
        model = dc.PersonaNMF().fit(train, seed=seed)
        counts.append(model.settings.vector_length)
        for name, lists in (
            ("popularity", dc.Popularity().fit(train).recommend(k=100)),
            ("one persona", model.base.recommend(k=100)),
            ("personas, mix by max", model.recommend(k=100, mix="max")),
            ("personas, mix by share", model.recommend(k=100)),
            ("the same, rarity 0.3", model.recommend(k=100, rarity=0.3)),
            ("the same, rarity 0.8", model.recommend(k=100, rarity=0.8)),
        ):
            found.setdefault(name, []).append(judge(lists, train, holdout))
    means = {name: np.mean(rows, axis=0) for name, rows in found.items()}
    print(f"{plays}, {counts} factors, mean of {args.seeds} seeds")
    print(setting())
    print_table(["model", *FIGURES], [[name, *(f"{value:.4f}" for value in row)] for name, row in means.items()])
    print_json(benchmark="quality", figures=FIGURES, means={name: list(map(float, row)) for name, row in means.items()})


if __name__ == "__main__":
    main()
