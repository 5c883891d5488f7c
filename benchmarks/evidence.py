"""Evidence: personas beside rivals and controls, and the frontier of accuracy and novelty under the dial.

Usage: python benchmarks/evidence.py [--factors 256] [--seeds 3]     (needs the extra "peers")

Last.fm of HetRec 2011, cut into train and holdout by three seeds. One setting for all seeds; it and those of the rivals
were chosen with the same budget on validation parts cut from the training data (benchmarks/rivals.py). "Leaning" is a
list setting: personas move towards the base vector by half the rarity, at most by 0.75. Tags of the items come with
the data set. Differences are those of a model from "personas", paired by user, with 95 % bootstrap intervals over the
users of all seeds.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa
from common import hetrec, hetrec_tags, print_json, print_table, setting

import deepcuts as dc
from deepcuts.baselines import EASE, ImplicitALS, IrspackIALS, RandomPersonas, refit_users, rerank
from deepcuts.evaluation import ItemFeatures, item_features
from deepcuts.evaluation.intervals import bootstrap_interval

CUTOFFS = {
    "recall": [20, 50],
    "ndcg": [100],
    "novelty": [20],
    "calibration_kl": [20],
    "minority_recall": [50],
    "ild": [20],
}
DIAL = np.arange(-0.5, 1.76, 0.25)
Lists = Callable[[float], pa.Table]


def contenders(train: dc.Interactions, n_factors: int, seed: int) -> Iterator[tuple[str, Lists]]:
    """Name each model and say how it makes lists at a position of the dial."""
    model = dc.PersonaNMF(n_factors=n_factors).fit(train, seed=seed)
    yield "personas", lambda rarity: model.recommend(k=100, rarity=rarity)
    yield "personas, leaning", lambda rarity: model.recommend(k=100, rarity=rarity, lean=min(max(rarity / 2, 0), 0.75))
    yield "personas, power dial", lambda rarity: model.recommend(k=100, rarity=rarity / 5, dial="power")
    yield "personas, mix by max", lambda rarity: model.recommend(k=100, rarity=rarity, mix="max")
    yield "random personas", _lists(RandomPersonas(n_factors=n_factors).fit(train, seed=seed))
    yield "one persona", _lists(model.base)
    yield "one persona, users refitted", _lists(refit_users(model, n_personas=1, user_regularization=0.01))
    yield (
        "one persona + MMR",
        lambda rarity: rerank(
            model.base.recommend(k=200, rarity=rarity), model.item_ids, model.item_factors, k=100, diversity=0.2
        ),
    )
    implicit = ImplicitALS(n_factors=n_factors, regularization=100, confidence=40)
    yield "implicit ALS", _lists(implicit.fit(train, seed=seed))
    irspack = IrspackIALS(n_factors=n_factors, regularization=0.02, unobserved_weight=0.03)
    yield "irspack iALS", _lists(irspack.fit(train, seed=seed))
    yield "EASE", _lists(EASE(regularization=80).fit(train))


def _lists(model: dc.PersonaModel) -> Lists:
    return lambda rarity: model.recommend(k=100, rarity=rarity)


def judge(lists: pa.Table, train: dc.Interactions, holdout: dc.Interactions, features: ItemFeatures) -> pa.Table:
    """Figures of every user."""
    return dc.evaluate(lists, train, holdout, CUTOFFS, features=features).per_user.drop_columns("user_id")


def summarise(found: dict[str, dict[float, list[pa.Table]]], rarity: float) -> tuple[list[str], list[list[str]]]:
    """Mean figures of all models at one position of the dial, and their recall@20 less that of "personas"."""
    reference = pa.concat_tables(found["personas"][rarity])["recall@20"].to_numpy()
    rows = []
    for name, by_rarity in found.items():
        table = pa.concat_tables(by_rarity[rarity])
        means = [np.nanmean(table[column].to_numpy()) for column in table.column_names]
        difference = table["recall@20"].to_numpy() - reference
        low, high = (float(bound[0]) for bound in bootstrap_interval(difference[:, None]))
        rows.append([name, *(f"{mean:.4f}" for mean in means), f"{difference.mean():+.4f} ({low:+.4f}, {high:+.4f})"])
    return ["model", *table.column_names, "recall@20 − personas'"], rows


def frontier(found: dict[str, dict[float, list[pa.Table]]], column: str) -> tuple[list[str], list[list[str]]]:
    """A figure at levels of novelty@20, between the positions of the dial on both sides of each level."""
    levels = np.arange(4.5, 6.51, 0.25)
    rows = []
    for name, by_rarity in found.items():
        tables = [pa.concat_tables(parts) for parts in by_rarity.values()]
        novelty = [np.nanmean(table["novelty@20"].to_numpy()) for table in tables]
        value = [np.nanmean(table[column].to_numpy()) for table in tables]
        at_levels = np.interp(levels, novelty, value, left=np.nan, right=np.nan)
        rows.append([name, *("" if np.isnan(level) else f"{level:.4f}" for level in at_levels)])
    return [f"{column} at novelty", *(f"{level:.2f}" for level in levels)], rows


def main() -> None:
    """Train, judge and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--factors", type=int, default=256)
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    plays, labels = hetrec(), hetrec_tags()
    found: dict[str, dict[float, list[pa.Table]]] = {}
    for seed in range(args.seeds):
        train, holdout = dc.split_holdout(plays, fraction=0.2, seed=seed)
        features = item_features(labels, train.item_ids)
        for name, lists in contenders(train, args.factors, seed):
            for rarity in sorted({0.2, *DIAL}):
                table = judge(lists(rarity), train, holdout, features)
                found.setdefault(name, {}).setdefault(rarity, []).append(table)
    print(f"{plays}, {args.factors} factors, mean of {args.seeds} seeds")
    print(setting("implicit", "irspack"))
    for rarity in (0.0, 0.2):
        print(f"\nrarity {rarity}\n")
        print_table(*summarise(found, rarity))
    for column in ("recall@20", "recall@50"):
        print()
        header, rows = frontier(found, column)
        print_table(header, rows)
        print_json(benchmark="evidence", header=header, rows=rows)


if __name__ == "__main__":
    main()
