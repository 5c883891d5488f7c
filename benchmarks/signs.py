"""Evidence: when to let factors be negative.

Usage: python benchmarks/signs.py [--factors 64 128] [--seeds 1]

HetRec and generated worlds of few and of many scenes, judged on a validation part, with users and items held at or
above 0, items alone, or neither; the last column is how pure factors are by their tags, as in benchmarks/purity.py (the
20 items that stand for each factor; the most common main tag among them).
"""

from __future__ import annotations

import argparse

import numpy as np
import pyarrow as pa
from common import print_json, print_table, setting
from play_counts import CUTOFFS, validation
from purity import tagged

import deepcuts as dc
from deepcuts.evaluation.purity import group_purity
from deepcuts.model.naming import strongest_items

SIGNS = ("both", "items", "none")
FIGURES = ("recall@20", "recall@50", "ndcg@100")
HEADER = ["data", "factors", "nonnegative", *FIGURES, "purity"]


def world(n_scenes: int) -> dc.Interactions:
    """6,000 listeners of 6,000 items in so many scenes, which are their tags."""
    made = dc.generate_world(6000, 6000, items_per_user=25, n_scenes=n_scenes, seed=3)
    tags = pa.table({"item_id": made.plays.item_ids.values, "tag": [f"scene {scene}" for scene in made.item_scenes]})
    return made.plays.with_labels({}, tags)


def figures_of(plays: dc.Interactions, signs: str, n_factors: int, seed: int) -> list[float]:
    """Accuracy of the personas' lists, and the purity of the factors."""
    train, holdout = validation(plays, seed)
    model = dc.PersonaNMF(n_factors=n_factors, nonnegative=signs).fit(train, seed=seed)
    figures = dc.evaluate(model.recommend(k=100), train, holdout, CUTOFFS).figures
    purity = group_purity(train, strongest_items(model, 20)[0], train.item_listeners)
    return [*(figures[name] for name in FIGURES), float(np.nanmean(purity.main_tag))]


def main() -> None:
    """Train, judge and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--factors", type=int, nargs="+", default=[64, 128])
    parser.add_argument("--seeds", type=int, default=1)
    args = parser.parse_args()
    print(setting(), f"\n\npersonas, validation, mean of {args.seeds} seeds\n", flush=True)
    rows = []
    sources = {"HetRec": tagged(), "world of 23 scenes": world(23), "world of 150 scenes": world(150)}
    for name, plays in sources.items():
        for n_factors in args.factors:
            for signs in SIGNS:
                found = [figures_of(plays, signs, n_factors, seed) for seed in range(args.seeds)]
                rows.append([name, str(n_factors), signs, *(f"{value:.3f}" for value in np.mean(found, axis=0))])
                print(rows[-1], flush=True)
    print()
    print_table(HEADER, rows)
    print_json(benchmark="signs", header=HEADER, rows=rows)


if __name__ == "__main__":
    main()
