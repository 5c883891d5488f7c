"""Claim: personas that were planted in a world are found again, and cost no accuracy there.

Usage: python benchmarks/planted.py [--users 3000] [--items 2000] [--factors 64] [--seeds 2]

Generated worlds, in which it is known which of a listener's tastes every pair came from. Agreement is adjusted mutual
information between planted and learned assignment of a user's pairs (1 is the same, 0 is chance), averaged over the
users with at least 30 items. Accuracy is that of lists against a fifth held out.
"""

from __future__ import annotations

import argparse

import numpy as np
import pyarrow.compute as pc
from common import print_json, print_table, setting

import deepcuts as dc
from deepcuts.evaluation import persona_agreement

CUTOFFS = {"recall": [20, 50], "ndcg": [100], "novelty": [20]}
_NOT_JOINED: dict[str, object] = {"join_cosine": 2.0}
VARIANTS: dict[str, dict[str, object]] = {
    "one persona": {"n_personas": 1},
    "personas (default)": {},
    "clusters joined at 0.5": {"join_cosine": 0.5},
    "clusters not joined": _NOT_JOINED,
    "copies of the base vector": {"start": "copy", "reassignment": "score"},
    "personas joined instead": {**_NOT_JOINED, "merge_cosine": 0.85, "lean": 0.9},
    "personas joined, pairs reassigned by score": {
        **_NOT_JOINED,
        "merge_cosine": 0.85,
        "reassignment": "score",
        "lean": 0.9,
        "lean_history": 1_000_000,
    },
}


def agreement(world: dc.World, model: dc.PersonaModel) -> float:
    """Mean adjusted mutual information of users with at least 30 items."""
    table = persona_agreement(world.plays, model.user_personas.personas, world.planted_personas())
    long = pc.is_in(table["user_id"], world.plays.user_ids.take(np.flatnonzero(np.diff(world.plays.indptr) >= 30)))
    return float(np.nanmean(table.filter(long)["adjusted_mutual_information"].to_numpy()))


def main() -> None:
    """Generate, train, compare and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, value in (("users", 3_000), ("items", 2_000), ("factors", 64), ("seeds", 2)):
        parser.add_argument(f"--{name}", type=int, default=value)
    args = parser.parse_args()
    found: dict[str, list[list[float]]] = {name: [] for name in VARIANTS}
    for seed in range(args.seeds):
        world = dc.generate_world(args.users, args.items, seed=seed)
        train, holdout = dc.split_holdout(world.plays, fraction=0.2, seed=seed)
        for name, settings in VARIANTS.items():
            untrained = dc.PersonaNMF(n_factors=args.factors, **settings)
            figures = dc.evaluate(untrained.fit(train, seed=seed).recommend(k=100), train, holdout, CUTOFFS).figures
            found[name].append([agreement(world, untrained.fit(world.plays, seed=seed)), *figures.values()])
    header = ["model", "agreement", *(f"{metric}@{k}" for metric, cutoffs in CUTOFFS.items() for k in cutoffs)]
    means = {name: np.mean(rows, axis=0) for name, rows in found.items()}
    print(f"{world.plays}, {args.factors} factors, mean of {args.seeds} worlds\n")
    print(setting(), "\n")
    print_table(header, [[name, *(f"{value:.4f}" for value in row)] for name, row in means.items()])
    print_json(benchmark="planted", means={name: list(map(float, row)) for name, row in means.items()})


if __name__ == "__main__":
    main()
