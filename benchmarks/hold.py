"""Evidence: how strongly users are held once items are found, by the length of rows.

Usage: python benchmarks/hold.py [--factors 64] [--seeds 2] [--only NAME …]

The data of benchmarks/density_rule.py and some generated worlds more, each judged on validation parts that are cut from
the training part of its holdout split: this is how the rule was chosen. In a row of the table all items are the same,
and users are solved for again with both scales of their λ, 0.85 for base vectors and 0.8 for personas, times a factor.
L is the geometric mean of the mean lengths of users' and of items' rows; "rule" has the factor h that "auto" takes by
it. Figures are differences from a factor of 1 in recall@20 and ndcg@100 of lists of personas, in per cent of its mean,
the former with a paired interval of 95 % over users.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable

import numpy as np
from common import print_json, print_table, setting
from density_rule import cases
from evidence_data import world
from play_counts import validation

import deepcuts as dc
from deepcuts.baselines import refit_users
from deepcuts.model.training.density_rule import weighting_by_density

SETTLED, OF_PERSONAS = 0.85, 0.8
FACTORS = (0.4, 0.6, 0.8, 1.3, 1.6, 2.5)
CUTOFFS = {"recall": [20], "ndcg": [100]}
FIGURES = ("recall@20", "ndcg@100")
WORLDS = {  # users, items, items a user, scenes
    "world, few scenes": (4_000, 2_000, 25, 6),
    "world, 150 scenes": (2_500, 5_000, 20, 150),
    "dense world, 15 scenes": (3_000, 2_000, 60, 15),
    "dense world, 8 scenes": (2_000, 500, 40, 8),
    "dense world, 5 scenes": (600, 600, 60, 5),
    "sparse world, long rows": (12_000, 12_000, 55, 60),
}


def sources() -> dict[str, Callable[[], dc.Interactions]]:
    """Plays to learn from, by name."""
    return {**cases(large=True), **{name: lambda sizes=sizes: world(*sizes) for name, sizes in WORLDS.items()}}


def judged(model: dc.PersonaModel, holdout: dc.Interactions, factor: float) -> np.ndarray:
    """Figures of every user whose λ is held by a factor, (2, n_users)."""
    scales = {"settled_regularization_scale": SETTLED * factor, "persona_regularization_scale": OF_PERSONAS * factor}
    lists = refit_users(model, **scales).recommend(holdout.user_ids.values, k=100)
    found = dc.evaluate(lists, model.seen, holdout, CUTOFFS).per_user
    return np.array([found[name].to_numpy() for name in FIGURES])


def row_of(name: str, plays: dc.Interactions, n_factors: int, n_seeds: int) -> list[str]:
    """Length of rows, h, and differences by the rule and at every factor."""
    by_factor: dict[float, list[np.ndarray]] = {}
    for seed in range(n_seeds):
        train, holdout = validation(plays, seed)
        sizes = train.n_users, train.n_items, train.n_pairs
        rule = weighting_by_density(*sizes).settled_regularization_scale / SETTLED
        model = dc.PersonaNMF(n_factors=n_factors, early_stopping="off").fit(train, seed=seed)
        for key, factor in {0.0: rule, 1.0: 1.0, **dict(zip(FACTORS, FACTORS, strict=True))}.items():
            by_factor.setdefault(key, []).append(judged(model, holdout, factor))
    found = {key: np.concatenate(runs, axis=1) for key, runs in by_factor.items()}
    cells = [difference(found[key], found[1.0]) for key in (0.0, *FACTORS)]
    return [name, f"{sizes[2] / math.sqrt(sizes[0] * sizes[1]):.1f}", f"{rule:.2f}", *cells]


def difference(own: np.ndarray, level: np.ndarray) -> str:
    """Differences of two rows of figures of users, in per cent of the mean, the first with its interval."""
    apart, means = own - level, np.nanmean(level, axis=1)
    recall, ndcg = 100 * np.nanmean(apart, axis=1) / means
    half = 196 * np.nanstd(apart[0]) / math.sqrt(apart.shape[1]) / means[0]
    return f"{recall:+.1f} ± {half:.1f} / {ndcg:+.1f}"


def main() -> None:
    """Train, judge and print."""
    known = sources()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--factors", type=int, default=64)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--only", nargs="+", choices=list(known), default=list(known), metavar="NAME")
    args = parser.parse_args()
    print(setting())
    print(f"\nrecall@20 / ndcg@100 on validation, %, {args.factors} factors, {args.seeds} seeds\n")
    rows = []
    for name in args.only:
        rows.append(row_of(name, known[name](), args.factors, args.seeds))
        print(rows[-1], flush=True)
    header = ["data", "L", "h", "rule", *(f"× {factor:g}" for factor in FACTORS)]
    rows.sort(key=lambda row: float(row[1]))
    print()
    print_table(header, rows)
    print_json(benchmark="hold", header=header, rows=rows)


if __name__ == "__main__":
    main()
