"""Evidence: what each setting of the loss does to accuracy, novelty, exposure, calibration and the personas themselves.

Usage: python benchmarks/dials.py [--factors 64] [--seeds 2] [--plots FOLDER]     (plots need the extra "report")

Last.fm of HetRec 2011. The training part of every seed of benchmarks/quality.py is cut once more; models train on the
rest and are judged on that validation part. One setting changes at a time, all others have their defaults. "Distance"
is 1 minus the mean cosine between the personas of a user.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from common import hetrec, hetrec_tags, print_json, print_table, setting

import deepcuts as dc
from deepcuts.evaluation import ItemFeatures, item_features
from deepcuts.model.training.density_rule import resolved

CUTOFFS = {
    "recall": [20],
    "ndcg": [100],
    "novelty": [20],
    "gini": [20],
    "exposure_lambda": [20],
    "calibration_kl": [20],
}
FIGURES = [*(f"{metric}@{k}" for metric, cutoffs in CUTOFFS.items() for k in cutoffs), "distance"]
DIALS: dict[str, tuple[float, ...]] = {
    "diversity": (0, 0.25, 0.5, 1, 2, 4, 8),
    "distinction": (0, 0.003, 0.01, 0.03, 0.1, 0.3),
    "lean": (0, 0.3, 0.9, 2, 4, 10),
    "n_personas": (1, 2, 3, 4, 6, 8),
    "unobserved_ratio": (0.5, 2, 4, 8, 16, 32),
    "frequency_exponent": (0, 0.5, 0.75, 1, 1.25, 1.5),
}
# Two figures for each: what the setting is for, and what it may cost.
SHOWN = {
    "diversity": ("exposure_lambda@20", "gini@20"),
    "distinction": ("distance", "recall@20"),
    "lean": ("recall@20", "calibration_kl@20"),
    "n_personas": ("recall@20", "calibration_kl@20"),
    "unobserved_ratio": ("recall@20", "novelty@20"),
    "frequency_exponent": ("recall@20", "novelty@20"),
}
Curve = list[dict[str, float]]


def distance(model: dc.PersonaModel) -> float:
    """Mean of 1 − cosine over the pairs of personas of a user, then over users; 0 where nobody has two."""
    cosine = model.diagnostics().mean_cosine
    return 0.0 if np.isnan(cosine) else 1 - cosine


def judge(
    train: dc.Interactions, holdout: dc.Interactions, features: ItemFeatures, seed: int, **settings: float
) -> list[float]:
    """Figures of one model."""
    model = dc.PersonaNMF(**settings).fit(train, seed=seed)
    figures = dc.evaluate(model.recommend(k=100), train, holdout, CUTOFFS, features=features).figures
    return [*figures.values(), distance(model)]


def measure(plays: dc.Interactions, n_factors: int, n_seeds: int) -> dict[str, Curve]:
    """Means over the validation parts, for every value of every setting."""
    curves: dict[str, dict[float, list[list[float]]]] = {name: {value: [] for value in v} for name, v in DIALS.items()}
    for seed in range(n_seeds):
        outer, _ = dc.split_holdout(plays, fraction=0.2, seed=seed)
        train, holdout = dc.split_holdout(outer, fraction=0.2, seed=100 + seed)
        features = item_features(hetrec_tags(), train.item_ids)
        for name, values in DIALS.items():
            for value in values:
                settings = {"n_factors": n_factors, name: value}
                curves[name][value].append(judge(train, holdout, features, seed, **settings))
    return {
        name: [
            dict(zip(["value", *FIGURES], [value, *np.mean(found, axis=0)], strict=True)) for value, found in by.items()
        ]
        for name, by in curves.items()
    }


def draw(name: str, curve: Curve, folder: Path) -> None:
    """Draw the two figures of one setting, one above the other."""
    from matplotlib import pyplot as plt

    plt.switch_backend("svg")
    plt.rcParams["svg.hashsalt"] = "deepcuts"  # the same figures give the same file
    figure, panels = plt.subplots(2, 1, figsize=(5, 4.2), sharex=True, layout="constrained")
    default = getattr(resolved(dc.PersonaNMF(), hetrec()), name)  # of what is "auto", the number for this data
    for axes, column, colour in zip(panels, SHOWN[name], ("#0072B2", "#D55E00"), strict=True):
        xs = range(len(curve))
        axes.plot(xs, [point[column] for point in curve], marker="o", color=colour)
        axes.set_ylabel(column)
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
        for x, point in enumerate(curve):
            if np.isclose(point["value"], default, rtol=0.02):
                axes.axvline(x, color="0.6", linestyle="--", linewidth=1)
    panels[1].set_xticks(range(len(curve)), [f"{point['value']:g}" for point in curve])
    panels[1].set_xlabel(f"{name} (dashed: the default)")
    figure.savefig(folder / f"dial_{name}.svg", metadata={"Date": None})
    plt.close(figure)


def main() -> None:
    """Train, judge, print and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--factors", type=int, default=64)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--plots", type=Path, metavar="FOLDER")
    args = parser.parse_args()
    plays = hetrec()
    curves = measure(plays, args.factors, args.seeds)
    print(f"{plays}, {args.factors} factors, mean of {args.seeds} validation parts\n")
    print(setting())
    for name, curve in curves.items():
        print()
        print_table([name, *FIGURES], [[f"{p['value']:g}", *(f"{p[f]:.4f}" for f in FIGURES)] for p in curve])
        if args.plots:
            draw(name, curve, args.plots)
    print_json(benchmark="dials", curves=curves)


if __name__ == "__main__":
    main()
