"""Evidence: what a play count should say, the confidence of a pair or its target.

Usage: python benchmarks/play_counts.py [--factors 64] [--seeds 3]

Last.fm of HetRec 2011, the Audioscrobbler cut and a generated world, each judged on a validation part that is cut from
the training part of its holdout split: this is how the default was chosen.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping

import numpy as np
from common import DATA, hetrec, print_json, print_table, setting

import deepcuts as dc
from deepcuts.ingest import prune

CUTOFFS = {"recall": [20, 50], "ndcg": [100], "novelty": [20]}
VARIANTS: dict[str, Mapping[str, object]] = {
    "binary": {"confidence": "binary"},
    "log": {"confidence": "log"},
    "log, not normalised": {"confidence": "log", "user_normalization": False},
    "signed log target": {"confidence": "binary", "target": "signed_log"},
    "signed log target, not normalised": {"confidence": "binary", "target": "signed_log", "user_normalization": False},
}


def sources() -> dict[str, dc.Interactions]:
    """Plays to learn from, by name."""
    path = DATA / "audioscrobbler-2005-small" / "user_artist_data_small.txt"
    return {
        "HetRec": hetrec(),
        "Audioscrobbler": prune(dc.read_plays(path, user=1, item=2, plays=3), min_users=2),
        "generated world": dc.generate_world(n_users=2000, n_items=2000, seed=0).plays,
    }


def validation(plays: dc.Interactions, seed: int) -> tuple[dc.Interactions, dc.Interactions]:
    """A part to train on and one to judge by, both of the training part of the holdout split."""
    return dc.split_holdout(dc.split_holdout(plays, fraction=0.2, seed=seed).train, fraction=0.2, seed=seed)


def judge(plays: dc.Interactions, settings: Mapping[str, object], n_factors: int, seeds: int) -> np.ndarray:
    """Mean figures over the seeds of the base and of the personas, (2, n_figures)."""
    rows = []
    for seed in range(seeds):
        train, holdout = validation(plays, seed)
        model = dc.PersonaNMF(n_factors=n_factors, **settings).fit(train, seed=seed)
        lists = (source.recommend(k=100) for source in (model.base, model))
        rows.append([list(dc.evaluate(table, train, holdout, CUTOFFS).figures.values()) for table in lists])
    return np.mean(rows, axis=0)


def main() -> None:
    """Train, judge and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--factors", type=int, default=64)
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    header = ["counts", "model", *(f"{metric}@{k}" for metric, cutoffs in CUTOFFS.items() for k in cutoffs)]
    print(setting())
    for source, plays in sources().items():
        print(f"\n{source}: {plays}, {args.factors} factors, mean of {args.seeds} seeds\n")
        rows = []
        for name, settings in VARIANTS.items():
            figures = judge(plays, settings, args.factors, args.seeds)
            for kind, row in zip(("one persona", "personas"), figures, strict=True):
                rows.append([name, kind, *(f"{value:.4f}" for value in row)])
        print_table(header, rows)
        print_json(benchmark="play counts", source=source, header=header, rows=rows)


if __name__ == "__main__":
    main()
