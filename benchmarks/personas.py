"""Evidence: how users are split into personas and how these share a list, beside one persona.

Usage: python benchmarks/personas.py [--hetrec-factors 256] [--factors 64] [--seeds 2] [--only NAME …] [--json FILE]

Every model is judged on a validation part that is cut from the training part of its holdout split: this is how the
defaults were chosen. Items are the same in all rows of a table, only users are solved for again. "agreement" is the
adjusted mutual information of personas with those planted, over users of at least 30 items of a world, "calibration"
the divergence of the tags of a list from those of the listening (HetRec), "cosine" that of two personas of a user,
"under the best" the share of listed rows whose persona scores them highest. Factors on λ of users are given at an h of
1, and are times that of the data in every row but "as before". The last column is the difference in
recall@20 to the best row of one persona, with a paired interval of 95 % over users.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from common import hetrec, hetrec_tags, print_json, print_table, setting
from planted import agreement
from play_counts import sources, validation

import deepcuts as dc
from deepcuts.baselines import refit_users
from deepcuts.evaluation import item_features
from deepcuts.model.diagnostics import under_best

CUTOFFS = {"recall": [20, 50], "ndcg": [100], "novelty": [20]}
FIGURES = ("recall@20", "recall@50", "ndcg@100", "novelty@20", "calibration_kl@20")
SETTLED = 0.85  # the default of λ of settled users at an h of 1
ONE: dict[str, dict[str, float]] = {  # by scale of w0 and of λ once items are found; the first is the default
    f"one persona, w0 × {w0}, λ × {ridge}": {"settled_unobserved_scale": w0, "settled_regularization_scale": ridge}
    for w0, ridge in ((0.5, 0.85), (1.0, 1.0), (1.0, 0.7), (1.0, 0.4), (0.5, 0.7), (0.4, 0.8), (0.2, 1.2))
}
BEFORE: dict[str, Any] = {  # what personas had before base vectors had scales of their own
    "settled_unobserved_scale": 1.0,
    "settled_regularization_scale": 1.0,
    "persona_unobserved_scale": 0.6,
    "persona_regularization_scale": 0.4,
    "lean": 0.5,
    "join_cosine": 0.6,
}
SCALES = (
    "settled_unobserved_scale",
    "settled_regularization_scale",
    "persona_unobserved_scale",
    "persona_regularization_scale",
    "lean",
)
VARIANTS: dict[str, tuple[dict[str, Any], dict[str, float]]] = {  # settings of users, and of lists
    "personas": ({}, {}),
    "as before": (BEFORE, {}),
    "as before, base 1": (BEFORE, {"base_weight": 1.0}),
    "base 0": ({}, {"base_weight": 0.0}),
    "base 1": ({}, {"base_weight": 1.0}),
    "base lean 0.3": ({}, {"base_lean": 0.3}),
    "base lean 0.6": ({}, {"base_lean": 0.6}),
    "strength 0.05": ({}, {"strength": 0.05}),
    "strength 0.1": ({}, {"strength": 0.1}),
    "lean 0.2": ({"lean": 0.2}, {}),
    "lean 0.7": ({"lean": 0.7}, {}),
    "joined at 0.6": ({"join_cosine": 0.6}, {}),
    "joined at 0.7": ({"join_cosine": 0.7}, {}),
    "not joined": ({"join_cosine": 2.0}, {}),
    **{
        "scales " + ", ".join(map(str, values)): (dict(zip(SCALES, values, strict=True)), {})
        for values in (
            (0.4, 0.8, 0.2, 0.8, 0.35),
            (0.5, 0.7, 0.3, 0.8, 0.3),
            (0.35, 1.0, 0.2, 1.0, 0.4),
            (0.2, 1.4, 0.1, 1.3, 0.4),
        )
    },
}
WORLDS = {
    "world": {"n_users": 3_000, "n_items": 2_000, "items_per_user": 30},
    "sparse world": {"n_users": 4_000, "n_items": 4_000, "items_per_user": 15, "n_scenes": 60},
}


def judged(lists: Any, train: dc.Interactions, holdout: dc.Interactions, labels: Any) -> tuple[list[float], np.ndarray]:
    """Figures of lists, and recall@20 of every user."""
    features = None if labels is None else item_features(labels, train.item_ids)
    cutoffs = CUTOFFS if labels is None else CUTOFFS | {"calibration_kl": [20]}
    found = dc.evaluate(lists, train, holdout, cutoffs, features=features)
    figures = [found.figures.get(name, math.nan) for name in FIGURES]
    return figures, found.per_user["recall@20"].to_numpy()


def rows_of(model: dc.PersonaModel, world: dc.World | None, whole: dc.PersonaModel | None) -> Any:
    """Every variant as its model, settings of its lists, and figures of its personas."""
    hold = model.settings.settled_regularization_scale / SETTLED
    for name, scales in ONE.items():
        yield name, refit_users(model, n_personas=1, **held(scales, hold)), {}, [1.0, math.nan, math.nan, math.nan]
    for name, (changes, lists) in VARIANTS.items():
        settings = changes if changes is BEFORE else held(changes, hold)
        fitted = refit_users(model, **settings)
        found = fitted.diagnostics()
        planted = agreement(world, refit_users(whole, **settings)) if world and whole else math.nan
        per_user = found.n_personas / len(fitted.user_ids)
        yield name, fitted, lists, [per_user, planted, found.mean_cosine, under_best(fitted, **lists)]


def held(settings: dict[str, Any], hold: float) -> dict[str, Any]:
    """Multiply the factors on λ of users by h."""
    return {name: value * hold if "regularization" in name else value for name, value in settings.items()}


def study(plays: dc.Interactions, settings: dict[str, Any], n_seeds: int, labels: Any, world: dc.World | None) -> Any:
    """Mean figures of every variant over the seeds, and recall@20 of every user and seed."""
    figures: dict[str, list[list[float]]] = {}
    recalls: dict[str, list[np.ndarray]] = {}
    untrained = dc.PersonaNMF(**settings)
    for seed in range(n_seeds):
        train, holdout = validation(plays, seed)
        model, whole = untrained.fit(train, seed=seed), untrained.fit(plays, seed=seed) if world else None
        for name, fitted, lists, about in rows_of(model, world, whole):
            own, recall = judged(fitted.recommend(k=100, **lists), train, holdout, labels)
            figures.setdefault(name, []).append(own + about)
            recalls.setdefault(name, []).append(recall)
    return {n: np.mean(rows, axis=0) for n, rows in figures.items()}, {n: np.concatenate(r) for n, r in recalls.items()}


def difference(own: np.ndarray, best: np.ndarray) -> str:
    """Mean difference and its interval."""
    apart = own - best
    half = 1.96 * apart.std() / math.sqrt(len(apart))
    return f"{apart.mean():+.4f} ± {half:.4f}"


def cases(names: list[str], hetrec_factors: int, factors: int) -> Any:
    """Every source by its name: plays, settings, labels of items, and the world, if it is one."""
    for name in names:
        world = dc.generate_world(**WORLDS[name], seed=0) if name in WORLDS else None
        plays = world.plays if world else hetrec() if name == "HetRec" else sources()[name]
        is_labelled = name == "HetRec"
        settings = {"n_factors": hetrec_factors if is_labelled else factors}
        yield name, plays, settings, hetrec_tags() if is_labelled else None, world


def main() -> None:
    """Train, judge and print."""
    names = ["HetRec", "Audioscrobbler", *WORLDS]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, value in (("hetrec-factors", 256), ("factors", 64), ("seeds", 2)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--only", nargs="+", choices=names, default=names)
    parser.add_argument("--json", type=Path, metavar="FILE", help="file for the figures")
    args = parser.parse_args()
    header = ["model", *FIGURES, "personas", "agreement", "cosine", "under the best", "recall@20 beside one persona"]
    print(setting())
    everything = {}
    for source, plays, settings, labels, world in cases(args.only, args.hetrec_factors, args.factors):
        means, recalls = study(plays, settings, args.seeds, labels, world)
        best = max(ONE, key=lambda name: recalls[name].mean())
        rows = [
            [name, *("" if math.isnan(v) else f"{v:.4f}" for v in row), difference(recalls[name], recalls[best])]
            for name, row in means.items()
        ]
        print(f"\n{source}: {plays}, {settings}, mean of {args.seeds} seeds\n")
        print_table(header, rows)
        everything[source] = rows
    print_json(benchmark="personas", header=header, rows=everything)
    if args.json:
        args.json.write_text(json.dumps({"header": header, "rows": everything}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
