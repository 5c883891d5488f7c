"""Claim: lists are no worse than those of MLlib's implicit ALS, where both are tuned with the same budget.

Usage: python benchmarks/spark_quality.py [--users 5000] [--items 2000] [--factors 32] [--budget 6] [--worlds 1]
           [--first-world 0]

A fifth of every user's items of a generated world is held out, and a fifth of the rest is for validation. Each of four
contenders, MLlib and ours with factors of either sign and with factors at or above 0, is trained with so many settings
on what is left, and the one of the best ndcg@100 on the validation part is trained on all of the rest and judged on the
holdout, once. Settings of MLlib are a grid over regParam and alpha; ours are the default and the first steps away from
it of the automatic search. Ours is trained on this machine, whose factors are those on Spark to the bit. Differences
are paired by user, with intervals of 95 %.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from itertools import islice, product
from typing import Any

from common import print_json, print_table, setting

import deepcuts as dc
from deepcuts.baselines import SparkALS
from deepcuts.baselines.spark_als import spark_session
from deepcuts.evaluation import compare_evaluations
from deepcuts.model.training.density_rule import resolved
from deepcuts.tuning.steps import Step, first_steps

REGULARIZATION, CONFIDENCE = (0.1, 0.4), (3.0, 10.0, 30.0)
CUTOFFS = {"ndcg": (100,), "recall": (20,)}
Fit = Callable[[dc.Interactions], Any]


def mllib(args: argparse.Namespace, *, nonnegative: bool) -> Iterator[tuple[str, Fit]]:
    """Settings of MLlib, as text and as what trains with them."""
    for regularization, confidence in islice(product(REGULARIZATION, CONFIDENCE), args.budget):
        rival = SparkALS(
            n_factors=args.factors, regularization=regularization, confidence=confidence, nonnegative=nonnegative
        )
        yield f"regParam {regularization:g}, alpha {confidence:g}", rival.fit


def ours(args: argparse.Namespace, plays: dc.Interactions, signs: Any) -> Iterator[tuple[str, Fit]]:
    """Settings of ours, likewise; numbers that are "auto" are those of all plays to train on."""
    default = resolved(dc.PersonaNMF(n_factors=args.factors, nonnegative=signs), plays)
    for step in [Step(), *first_steps(any_sign=False, more_factors=False)][: args.budget]:
        found = step.of(default, (), args.factors)
        changed = {name: value for name, value in vars(found).items() if value != getattr(default, name)}
        text = ", ".join(f"{name} {value:.3g}" for name, value in changed.items()) or "the default"
        yield text, dc.PersonaNMF(**vars(found)).fit


def judged(fit: Fit, train: dc.Interactions, holdout: dc.Interactions) -> dc.Evaluation:
    """Figures of lists on what was held out."""
    return dc.evaluate(fit(train).recommend(holdout.user_ids.values, k=100), train, holdout, CUTOFFS)


def chosen(settings: Iterator[tuple[str, Fit]], train: dc.Interactions, seed: int) -> tuple[str, Fit]:
    """Return the settings that are best on a validation part of what there is to train on."""
    cut, tried = dc.split_holdout(train, fraction=0.2, seed=seed), []
    for text, fit in settings:
        tried.append((judged(fit, *cut)["ndcg@100"], text, fit))
        print(f"  {tried[-1][0]:.4f} on the validation part: {text}", flush=True)
    _, text, fit = max(tried, key=lambda one: one[0])
    return text, fit


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--users", type=int, default=5_000)
    parser.add_argument("--items", type=int, default=2_000)
    parser.add_argument("--factors", type=int, default=32)
    parser.add_argument("--budget", type=int, default=len(REGULARIZATION) * len(CONFIDENCE))
    parser.add_argument("--worlds", type=int, default=1)
    parser.add_argument("--first-world", type=int, default=0)
    args = parser.parse_args()
    rows = []
    with spark_session():  # one for all trainings
        for world in range(args.first_world, args.first_world + args.worlds):
            plays = dc.generate_world(args.users, args.items, items_per_user=25, seed=world).plays
            rows += rows_of(world, *dc.split_holdout(plays, fraction=0.2, seed=world), args)
    print(setting("pyspark"), f"{args.users:,} users, {args.items:,} items, {args.factors} factors\n")
    print_table(["world", "contender", "chosen", "ndcg@100", "recall@20", "ndcg@100 beyond MLlib's"], rows)
    print_json(benchmark="spark quality", **vars(args), rows=rows)


def rows_of(
    world: int, train: dc.Interactions, holdout: dc.Interactions, args: argparse.Namespace
) -> Iterator[list[str]]:
    """Tune all contenders on a world, judge each once, and compare with MLlib of either sign."""
    contenders = {
        "MLlib": mllib(args, nonnegative=False),
        "ours, nonnegative none": ours(args, train, "none"),
        "MLlib, nonnegative": mllib(args, nonnegative=True),
        "ours, nonnegative both": ours(args, train, "both"),
    }
    found: dict[str, dc.Evaluation] = {}
    for name, settings in contenders.items():
        print(f"world {world}, {name}", flush=True)
        text, fit = chosen(settings, train, seed=100 + world)
        found[name] = judged(fit, train, holdout)
        figures = [f"{found[name][metric]:.4f}" for metric in ("ndcg@100", "recall@20")]
        row = [str(world), name, text, *figures, _beyond(found["MLlib"], found[name])]
        print("  on the holdout:", *row[3:], flush=True)
        yield row


def _beyond(rival: dc.Evaluation, mine: dc.Evaluation) -> str:
    compared = next(row for row in compare_evaluations(rival, mine).to_pylist() if row["metric"] == "ndcg@100")
    return "{difference:+.4f} ({low:+.4f} to {high:+.4f})".format(**compared)


if __name__ == "__main__":
    main()
