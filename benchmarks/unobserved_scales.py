"""Evidence: how much what users do not play should count once items are found, by λ and by the length of rows.

Usage: python benchmarks/unobserved_scales.py [--seeds 2] [--only NAME …]

The data of benchmarks/hold.py and worlds more, each judged on validation parts that are cut from the training part of
its holdout split: this is how the rule was chosen. Models are those of the defaults. In a row of the table all items
are the same, and users are solved for again with both factors on w0, 0.5 for base vectors and 0.3 for personas, times
a factor. s is the λ that a rehearsal found as a share of the rule's, L the geometric mean of the mean lengths of users'
and of items' rows, g what "auto" makes of both; all three are of the first seed. Figures are differences from a factor
of 1 in recall@20 and ndcg@100 of lists of personas, in per cent of its mean, the former with a paired interval of 95 %
over users.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable

import numpy as np
from common import print_json, print_table, setting
from evidence_data import world
from hold import FIGURES, difference, sources
from play_counts import validation

import deepcuts as dc
from deepcuts.baselines import refit_users
from deepcuts.model.training.density_rule import resolved
from deepcuts.model.training.settings import PersonaSettings

SETTLED, OF_PERSONAS = 0.5, 0.3
FACTORS = (0.5, 2.0, 4.0, 8.0)
CUTOFFS = {"recall": [20], "ndcg": [100]}
WORLDS = {  # users, items, items a user, scenes
    "world, 80 scenes": (4_000, 4_000, 25, 80),
    "sparse world, 18 scenes": (6_000, 3_000, 12, 18),
    "world, 15 scenes": (3_000, 4_000, 40, 15),
}


def every_source() -> dict[str, Callable[[], dc.Interactions]]:
    """Plays to learn from, by name."""
    return {**sources(), **{name: lambda sizes=sizes: world(*sizes) for name, sizes in WORLDS.items()}}


def judged(model: dc.PersonaModel, holdout: dc.Interactions, factor: float) -> np.ndarray:
    """Figures of every user for whom w0 is multiplied by a factor, (2, n_users)."""
    scales = {"settled_unobserved_scale": SETTLED * factor, "persona_unobserved_scale": OF_PERSONAS * factor}
    lists = refit_users(model, **scales).recommend(holdout.user_ids.values, k=100)
    found = dc.evaluate(lists, model.seen, holdout, CUTOFFS).per_user
    return np.array([found[name].to_numpy() for name in FIGURES])


def share_of_rule(model: dc.PersonaModel) -> float:
    """λ of a model, over that of the rule for its ratio."""
    rule = resolved(PersonaSettings(unobserved_ratio=model.settings.weighting.unobserved_ratio), model.seen)
    return model.settings.weighting.user_regularization / rule.weighting.user_regularization


def row_of(name: str, plays: dc.Interactions, n_seeds: int) -> list[str]:
    """Share, length of rows, g, and differences by the rule and at every factor."""
    by_factor: dict[float, list[np.ndarray]] = {}
    begin: list[str] = []
    for seed in range(n_seeds):
        train, holdout = validation(plays, seed)
        model = dc.PersonaNMF().fit(train, seed=seed)
        rule = model.settings.by_ridge.settled_unobserved_scale / SETTLED
        length = train.n_pairs / math.sqrt(train.n_users * train.n_items)
        begin = begin or [name, f"{share_of_rule(model):.2f}", f"{length:.1f}", f"{rule:.2f}"]
        for key, factor in {0.0: rule, 1.0: 1.0, **dict(zip(FACTORS, FACTORS, strict=True))}.items():
            by_factor.setdefault(key, []).append(judged(model, holdout, factor))
    found = {key: np.concatenate(runs, axis=1) for key, runs in by_factor.items()}
    return [*begin, *(difference(found[key], found[1.0]) for key in (0.0, *FACTORS))]


def main() -> None:
    """Train, judge and print."""
    known = every_source()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--only", nargs="+", choices=list(known), default=list(known), metavar="NAME")
    args = parser.parse_args()
    print(setting())
    header = ["data", "s", "L", "g", "rule", *(f"× {factor:g}" for factor in FACTORS)]
    rows = []
    for name in args.only:
        rows.append(row_of(name, known[name](), args.seeds))
        print(rows[-1], flush=True)
    rows.sort(key=lambda row: (float(row[1]), float(row[2])))
    print()
    print_table(header, rows)
    print_json(benchmark="unobserved_scales", header=header, rows=rows)


if __name__ == "__main__":
    main()
