"""Claim: settings that are found automatically are never worse than the default by more than 0.5 %, and better on some.

Usage: python benchmarks/self_tuning.py [--factors N] [--budget 10] [--any-sign] [--only NAME …]

Twelve data sets: worlds of several densities and numbers of scenes, and real plays where they are there. A fifth of
every user's items is held out; `PersonaNMF.tuned` sees the rest alone. What it chooses and the default are trained on
that rest and judged on the holdout, once. The number of factors is "auto" unless given. Time is that of the processor,
in fits of the default with their lists.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from time import process_time

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np
from common import DATA, hetrec, print_json, print_table, setting

import deepcuts as dc
from deepcuts.evaluation import compare_evaluations
from deepcuts.ingest import prune
from deepcuts.tuning import AutoSettings, AutoTuning, tune_automatically

CUTOFFS = {"ndcg": (100,), "recall": (20,)}


def world(
    n_users: int, n_items: int, items_per_user: int, n_scenes: int | None = None
) -> Callable[[], dc.Interactions]:
    """Plays of a generated world."""
    return lambda: dc.generate_world(n_users, n_items, items_per_user=items_per_user, n_scenes=n_scenes, seed=11).plays


def table(*path: str) -> Callable[[], dc.Interactions]:
    """Plays of a text table without a header: user, item, plays."""
    columns = {"user": 1, "item": 2, "plays": 3}
    return lambda: prune(dc.read_plays(DATA.joinpath(*path), **columns), min_users=3, min_items=10)


SETS: dict[str, Callable[[], dc.Interactions]] = {
    "world 1,500 × 1,000 × 30": world(1_500, 1_000, 30),
    "world 1,500 × 1,000 × 15, 40 scenes": world(1_500, 1_000, 15, 40),
    "world 2,000 × 2,000 × 20, 80 scenes": world(2_000, 2_000, 20, 80),
    "world 2,000 × 500 × 40, 8 scenes": world(2_000, 500, 40, 8),
    "world 1,500 × 4,000 × 25": world(1_500, 4_000, 25),
    "world 3,000 × 1,500 × 12": world(3_000, 1_500, 12),
    "world 600 × 600 × 60, 5 scenes": world(600, 600, 60, 5),
    "world 2,500 × 5,000 × 20, 150 scenes": world(2_500, 5_000, 20, 150),
    "Last.fm, HetRec 2011": hetrec,
    "Audioscrobbler": table("audioscrobbler-2005-small", "user_artist_data_small.txt"),
    "Taste Profile, first rows": table("tasteprofile-heads", "train_triplets_head.txt"),
    "Taste Profile, top songs": table("tasteprofile-heads", "train_triplets_top_songs_head.txt"),
}


def judged(settings: dc.PersonaNMF, train: dc.Interactions, holdout: dc.Interactions) -> tuple[dc.Evaluation, float]:
    """Lists of a model on the holdout, and the processor time of its training and of these."""
    start = process_time()
    model = settings.fit(train, seed=0)
    found = dc.evaluate(model.recommend(holdout.user_ids.values, k=100), train, holdout, CUTOFFS)
    return found, process_time() - start


def row_of(name: str, plays: dc.Interactions, fixed: dict[str, int], args: argparse.Namespace) -> list[str]:
    """One line of the table."""
    train, holdout = dc.split_holdout(plays, fraction=0.2, seed=0)
    dc.PersonaNMF(**fixed, base_epochs=1).fit(train)  # loads the kernels
    before, seconds = judged(dc.PersonaNMF(**fixed), train, holdout)
    start = process_time()
    found = tune_automatically(train, AutoSettings(budget=args.budget, any_sign=args.any_sign, fixed=fixed, seed=1))
    ratio = (process_time() - start) / seconds
    after, _ = judged(dc.PersonaNMF(**vars(found.settings)), train, holdout)
    compared = {row["metric"]: row for row in compare_evaluations(before, after).to_pylist()}
    gains = [_percent(compared[metric], before.figures[metric]) for metric in ("ndcg@100", "recall@20")]
    print_json(benchmark="self-tuning", data=name, before=dict(before.figures), after=dict(after.figures), ratio=ratio)
    figures = [f"{before.figures[metric]:.4f}" for metric in ("ndcg@100", "recall@20")]
    return [
        name,
        *figures,
        *gains,
        _changes(found, fixed),
        *(f"{cost:.1f}" for cost in (found.spent, found.measured, ratio)),
    ]


def _percent(compared: dict[str, float], base: float) -> str:
    bounds = (100 * compared[name] / base for name in ("difference", "low", "high"))
    return "{:+.1f} ({:+.1f} to {:+.1f})".format(*bounds)


def _changes(found: AutoTuning, fixed: dict[str, int]) -> str:
    if found.is_default:
        return "the default"
    default = vars(dc.PersonaNMF(**fixed))
    changed = {name: value for name, value in vars(found.settings).items() if value != default[name]}
    return ", ".join(
        f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}" for name, value in changed.items()
    )


def main(names: Sequence[str] = tuple(SETS)) -> None:
    """Search, train, judge and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--factors", type=int)
    parser.add_argument("--budget", type=float, default=10.0)
    parser.add_argument("--any-sign", action="store_true")
    parser.add_argument("--only", nargs="+", choices=names, default=list(names))
    args = parser.parse_args()
    fixed: dict[str, int] = {} if args.factors is None else {"n_factors": args.factors}
    rows = []
    for name in args.only:
        rows.append(row_of(name, SETS[name](), fixed, args))
    signs = "any sign" if args.any_sign else "non-negative"
    print(f"{args.factors or 'automatic'} factors, budget {args.budget:g} fits, {signs}\n")
    print(setting("optuna"), "\n")
    header = ["data", "ndcg@100", "recall@20", "ndcg@100, %", "recall@20, %", "chosen", "planned", "clock", "measured"]
    print_table(header, rows)
    worst = min(float(row[3].split()[0]) for row in rows)
    print(f"\nworst {worst:+.1f} %, mean {np.mean([float(row[3].split()[0]) for row in rows]):+.2f} % in ndcg@100")


if __name__ == "__main__":
    main()
