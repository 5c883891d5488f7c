"""Evidence: how far personas should lean on the base vector when lists are turned towards rare items.

Usage: python benchmarks/dial_lean.py [--form norm] [--seeds 2] [--only NAME …]

The data of benchmarks/hold.py, each judged on validation parts that are cut from the training part of its holdout
split: this is how the leans of `deepcuts.recommendation.rarity.FORMS` were chosen. Personas lean by a slope times the
strength of the dial, up to 0.8. Levels are novelties at a quarter, a half, three quarters and all of the way from
neutral lists to a rarity of 1; every user's recall is interpolated between the strengths that are nearest to a level.
Figures are differences from lists that do not lean, in per cent of their mean: recall@20 with a paired interval of 95 %
over users, then recall@50. The last two columns have the divergence of the tags of the lists from those of the
listening, at a half and at all of the way: that of lists that do not lean, and what leaning adds.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

import numpy as np
from common import hetrec_tags, print_json, print_table, setting
from hold import difference, sources
from play_counts import validation

import deepcuts as dc
from deepcuts.evaluation import item_features
from deepcuts.recommendation import ListSettings
from deepcuts.recommendation.dial_scale import in_strengths
from deepcuts.recommendation.leaning import MOST_AUTO_LEAN

STRENGTHS = {  # of each form, up to beyond a rarity of 1
    "norm": (0, 0.15, 0.3, 0.45, 0.6, 0.75, 0.9, 1.1, 1.4),
    "shift": (0, 0.15, 0.3, 0.5, 0.75, 1.0, 1.25, 1.6),
    "power": (0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5),
}
SLOPES = {"norm": (0.25, 0.5, 1.0), "shift": (0.1875, 0.375, 0.75), "power": (1.0, 2.0, 4.0)}
PARTS = (0.25, 0.5, 0.75, 1.0)
CUTOFFS = {"recall": [20, 50], "novelty": [20]}
FIGURES = ("recall@20", "recall@50", "calibration_kl@20")
LABELLED = ("HetRec", "HetRec, widely played", "HetRec, a third")  # tags of their artists are known
Curve = tuple[list[float], list[np.ndarray]]  # novelty at every strength, and figures of every user, (3, n_users)


def curve(model: dc.PersonaModel, holdout: dc.Interactions, form: str, slope: float, labels: Any) -> Curve:
    """Judge lists at growing strengths."""
    features = None if labels is None else item_features(labels, model.item_ids)
    cutoffs = CUTOFFS if features is None else {**CUTOFFS, "calibration_kl": [20]}
    novelties, figures = [], []
    for strength in STRENGTHS[form]:
        lean = min(MOST_AUTO_LEAN, slope * strength)
        lists = model.recommend(holdout.user_ids.values, k=50, dial=form, strength=strength, base_lean=lean)
        found = dc.evaluate(lists, model.seen, holdout, cutoffs, features=features)
        novelties.append(found.figures["novelty@20"])
        of_users = [found.per_user[name].to_numpy() for name in FIGURES if name in found.figures]
        missing = [np.full(len(of_users[0]), np.nan)] * (len(FIGURES) - len(of_users))
        figures.append(np.array([*of_users, *missing]))
    return novelties, figures


def at(level: float, judged: Curve) -> np.ndarray:
    """Figures of every user at a novelty, (3, n_users)."""
    novelties, figures = judged
    right = int(np.clip(np.searchsorted(novelties, level), 1, len(novelties) - 1))
    part = (level - novelties[right - 1]) / (novelties[right] - novelties[right - 1])
    return np.asarray((1 - part) * figures[right - 1] + part * figures[right])


def rows_of(name: str, plays: dc.Interactions, form: str, n_seeds: int) -> Iterator[list[str]]:
    """Differences at every level, a row for each slope."""
    found: dict[tuple[float, float], list[np.ndarray]] = {}
    labels = hetrec_tags() if name in LABELLED else None
    for seed in range(n_seeds):
        train, holdout = validation(plays, seed)
        model = dc.PersonaNMF().fit(train, seed=seed)
        strengths = in_strengths(model, ListSettings(rarity=1.0, dial=form, base_lean=0.0)).strength
        straight = curve(model, holdout, form, 0.0, labels)
        neutral, rare = np.interp([0, strengths[-1]], STRENGTHS[form], straight[0])
        for slope in (0.0, *SLOPES[form]):
            judged = curve(model, holdout, form, slope, labels)
            for part in PARTS:
                found.setdefault((slope, part), []).append(at(neutral + part * (rare - neutral), judged))
    whole = {key: np.concatenate(runs, axis=1) for key, runs in found.items()}
    for slope in SLOPES[form]:
        recalls = (difference(whole[slope, part][:2], whole[0.0, part][:2]) for part in PARTS)
        yield [
            name,
            f"{slope:g}",
            *recalls,
            *(calibration(whole[slope, part], whole[0.0, part]) for part in PARTS[1::2]),
        ]


def calibration(own: np.ndarray, level: np.ndarray) -> str:
    """Mean divergence of lists that do not lean, and what leaning adds; empty where no tags are known."""
    if np.all(np.isnan(level[2])):
        return ""
    return f"{np.nanmean(level[2]):.3f} {np.nanmean(own[2] - level[2]):+.3f}"


def main() -> None:
    """Train, judge and print."""
    everything = sources()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--form", choices=list(STRENGTHS), default="norm")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--only", nargs="+", choices=list(everything), default=list(everything))
    args = parser.parse_args()
    print(setting())
    header = ["data", "slope", *(f"{part:g} of the way" for part in PARTS), "calibration, 0.5", "calibration, 1"]
    rows = [row for name in args.only for row in rows_of(name, everything[name](), args.form, args.seeds)]
    print_table(header, rows)
    print_json(benchmark="dial_lean", form=args.form, header=header, rows=rows)


if __name__ == "__main__":
    main()
