"""Evidence: λ and the unobserved ratio around what the rule gives for each data set.

Usage: python benchmarks/around_rule.py [--factors 64] [--seeds 1] [--only NAME …]

The data of benchmarks/training_length.py, each trained with λ of both sides, or the ratio, times a factor, on a part of
the training part of its holdout split, and judged on the rest of it. λ of users once items are found stays what it is;
λ follows the ratio. Up to 3,000 users are judged, by lists of personas. Figures are differences from the rule in
recall@20 and ndcg@100 in per cent, the former with a paired interval of 95 % over users.
"""

from __future__ import annotations

import argparse
import math
from typing import Any

import numpy as np
from common import print_json, print_table, setting
from hold import CUTOFFS, FIGURES, difference
from play_counts import validation
from training_length import sources

import deepcuts as dc
from deepcuts.model.training.density_rule import weighting_by_density
from deepcuts.model.training.settings import Weighting

N_JUDGED = 3_000


def of_ridge(rule: Weighting, factor: float) -> dict[str, Any]:
    """Settings whose λ in training is times a factor, and after it the same."""
    return {
        "user_regularization": rule.user_regularization * factor,
        "item_regularization": rule.item_regularization * factor,
        "settled_regularization_scale": rule.settled_regularization_scale / factor,
        "persona_regularization_scale": rule.persona_regularization_scale / factor,
    }


def variants(rule: Weighting) -> dict[str, dict[str, Any]]:
    """What is tried, the rule first: its λ is given like the others', as a rehearsal would look for a better one."""
    ridges = {f"λ × {factor}": of_ridge(rule, factor) for factor in (1.0, 0.7, 1.4)}
    ratios = {
        f"ratio × {factor}": {"unobserved_ratio": rule.unobserved_ratio * factor, **of_ridge(rule, factor**-0.7)}
        for factor in (0.6, 1.6)
    }
    return {**ridges, **ratios}


def row_of(name: str, plays: dc.Interactions, n_factors: int, n_seeds: int) -> list[str]:
    """Numbers of the rule, and differences from it."""
    found: dict[str, list[np.ndarray]] = {}
    for seed in range(n_seeds):
        train, holdout = validation(plays, seed)
        holdout = holdout.keep_pairs(holdout.user_of_pair() < N_JUDGED)
        rule = weighting_by_density(train.n_users, train.n_items, train.n_pairs)
        for variant, settings in variants(rule).items():
            model = dc.PersonaNMF(n_factors=n_factors, **settings).fit(train, seed=seed)
            lists = model.recommend(holdout.user_ids.values, k=100)
            per_user = dc.evaluate(lists, train, holdout, CUTOFFS).per_user
            found.setdefault(variant, []).append(np.array([per_user[figure].to_numpy() for figure in FIGURES]))
    level, *others = (np.concatenate(runs, axis=1) for runs in found.values())
    numbers = [f"{rule.user_regularization:.4f}", f"{rule.unobserved_ratio:.1f}"]
    length = train.n_pairs / math.sqrt(train.n_users * train.n_items)
    return [name, f"{length:.1f}", *numbers, *(difference(own, level) for own in others)]


def main() -> None:
    """Train, judge and print."""
    known = sources()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--factors", type=int, default=64)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--only", nargs="+", choices=list(known), default=list(known), metavar="NAME")
    args = parser.parse_args()
    print(setting())
    print(f"\nrecall@20 / ndcg@100 on validation, %, {args.factors} factors, {args.seeds} seeds\n")
    rows = []
    for name in args.only:
        rows.append(row_of(name, known[name](), args.factors, args.seeds))
        print(rows[-1], flush=True)
    header = ["data", "L", "λ", "ratio", *list(variants(weighting_by_density(10, 10, 10)))[1:]]
    rows.sort(key=lambda row: float(row[1]))
    print()
    print_table(header, rows)
    print_json(benchmark="around the rule", header=header, rows=rows)


if __name__ == "__main__":
    main()
