"""Claim: a model that is extended by new users and items is nearly as good as one that is trained again.

Usage: python benchmarks/growing.py [--factors 64] [--seeds 3] [--share 0.1]

A share of the users and of the items of the training part, drawn at random, is kept back; a model is trained on what is
left, and extended by all the rest. Beside it stand the same settings trained again on everything, and the old model
with the new users folded in, which knows nothing of new items. All are judged by the same holdout. "new items found":
of the held-out pairs whose item is new, the share that is among the first 50.
"""

from __future__ import annotations

import argparse
from time import perf_counter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from common import hetrec, print_json, print_table, setting

import deepcuts as dc

FIGURES = ["recall@20", "ndcg@100"]
HEADER = ["model", "group", *FIGURES, "new items found", "seconds", "of a refit"]


def keep_back(train: dc.Interactions, share: float, seed: int) -> tuple[dc.Interactions, dc.Interactions]:
    """Plays of old users and old items, and the rest."""
    rng = np.random.default_rng(seed)
    new_users, new_items = rng.random(train.n_users) < share, rng.random(train.n_items) < share
    new = new_users[train.user_of_pair()] | new_items[train.indices]
    return train.keep_pairs(~new), train.keep_pairs(new)


def found_of_new(lists: pa.Table, holdout: dc.Interactions, old: dc.Interactions) -> float:
    """Share of the held-out pairs with a new item that is listed among the first 50."""
    pairs = holdout.to_arrow()
    new = pairs.filter(pc.invert(pc.is_in(pairs["item_id"], value_set=old.item_ids.values)))
    listed = lists.filter(pc.less_equal(lists["rank"], 50)).select(["user_id", "item_id"])
    return float(new.join(listed, keys=["user_id", "item_id"], join_type="inner").num_rows / new.num_rows)


def judge(
    model: dc.PersonaModel, train: dc.Interactions, holdout: dc.Interactions, old: dc.Interactions
) -> dict[str, list[float]]:
    """Figures of old and of new users, each with the share of new items found by all."""
    lists = model.recommend(k=100)
    table = dc.evaluate(lists, train, holdout, {"recall": [20], "ndcg": [100]}).per_user
    is_old = pc.is_in(table["user_id"], value_set=old.user_ids.values)
    found = found_of_new(lists, holdout, old)
    groups = {"old users": table.filter(is_old), "new users": table.filter(pc.invert(is_old))}
    return {name: [*(pc.mean(own[figure]).as_py() for figure in FIGURES), found] for name, own in groups.items()}


def timed(make: object) -> tuple[dc.PersonaModel, float]:
    """What a function returns, and the seconds it takes."""
    start = perf_counter()
    model = make()
    return model, perf_counter() - start


def compare(plays: dc.Interactions, n_factors: int, share: float, seed: int) -> dict[tuple[str, str], list[float]]:
    """Figures and seconds of every model and group of users."""
    train, holdout = dc.split_holdout(plays, fraction=0.2, seed=seed)
    old, new = keep_back(train, share, seed)
    settings = dc.PersonaNMF(n_factors=n_factors)
    settings.fit(old, seed=seed)  # compiles
    before = settings.fit(old, seed=seed)
    ways = {
        "folded in": lambda: before.fold_in(train),
        "extended": lambda: before.extend(new),
        "trained again": lambda: settings.fit(train, seed=seed),
    }
    found = {}
    for name, way in ways.items():
        model, seconds = timed(way)
        for group, figures in judge(model, train, holdout, old).items():
            found[name, group] = [*figures, seconds]
    return found


def main() -> None:
    """Train, extend, judge and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--factors", type=int, default=64)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--share", type=float, default=0.1)
    args = parser.parse_args()
    print(setting())
    sources = {"HetRec": hetrec(), "generated world": dc.generate_world(n_users=2000, n_items=2000, seed=0).plays}
    for source, plays in sources.items():
        runs = [compare(plays, args.factors, args.share, seed) for seed in range(args.seeds)]
        means = {key: np.mean([run[key] for run in runs], axis=0) for key in runs[0]}
        print(f"\n{source}: {plays}, {args.factors} factors, {args.share:.0%} new, mean of {args.seeds} seeds\n")
        again = means["trained again", "old users"][-1]
        rows = [[*key, *(f"{value:.4f}" for value in row), f"{row[-1] / again:.0%}"] for key, row in means.items()]
        print_table(HEADER, rows)
        print_json(benchmark="growing", source=source, header=HEADER, rows=rows)


if __name__ == "__main__":
    main()
