"""Evidence: what it is worth that widely played items weigh less in training, and where a rehearsal takes it.

Usage: python benchmarks/item_weights.py [--seeds 2] [--only NAME …]

The data of benchmarks/unobserved_scales.py, each judged on validation parts that are cut from the training part of its
holdout split. Figures are recall@20 and ndcg@100 of lists of personas where all pairs weigh alike (γ of 0), and
differences from these in per cent, with what "auto" takes, which the last column has for every seed, and with 0.2,
whatever a rehearsal says of it; recall@20 with a paired interval of 95 % over users. The rest is at its defaults, so a
rehearsal finds λ, the ratio, the number of factors and how long to train for each of the three.
"""

from __future__ import annotations

import argparse

import numpy as np
from common import print_json, print_table, setting
from hold import FIGURES, difference
from play_counts import validation
from unobserved_scales import CUTOFFS, every_source

import deepcuts as dc

EXPONENTS = (0.0, "auto", 0.2)


def row_of(name: str, plays: dc.Interactions, n_seeds: int) -> list[str]:
    """Figures with 0, differences from these, and what was taken."""
    found: dict[float | str, list[np.ndarray]] = {exponent: [] for exponent in EXPONENTS}
    taken = []
    for seed in range(n_seeds):
        train, holdout = validation(plays, seed)
        for exponent, runs in found.items():
            model = dc.PersonaNMF(item_weight_exponent=exponent).fit(train, seed=seed)
            lists = model.recommend(holdout.user_ids.values, k=100)
            per_user = dc.evaluate(lists, train, holdout, CUTOFFS).per_user
            runs.append(np.array([per_user[figure].to_numpy() for figure in FIGURES]))
            if exponent == "auto":
                taken.append(f"{model.settings.item_weight_exponent:g}")
    level, auto, always = (np.concatenate(found[exponent], axis=1) for exponent in EXPONENTS)
    recall, ndcg = np.nanmean(level, axis=1)
    return [
        name,
        f"{recall:.4f} / {ndcg:.4f}",
        difference(auto, level),
        difference(always, level),
        ", ".join(taken),
    ]


def main() -> None:
    """Train, judge and print."""
    known = every_source()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--only", nargs="+", choices=list(known), default=list(known), metavar="NAME")
    args = parser.parse_args()
    print(setting())
    header = ["data", "γ 0", "auto, %", "0.2, %", "taken"]
    rows = []
    for name in args.only:
        rows.append(row_of(name, known[name](), args.seeds))
        print(rows[-1], flush=True)
    print()
    print_table(header, rows)
    print_json(benchmark="item_weights", header=header, rows=rows)


if __name__ == "__main__":
    main()
