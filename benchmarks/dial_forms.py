"""Evidence: which form of the rarity dial keeps most accuracy at the same novelty, for personas and for one persona.

Usage: python benchmarks/dial_forms.py [--data HetRec …] [--holdout SEED …]

On the validation cut of each data set of benchmarks/evidence_data.py, or on holdouts of some seeds, defaults otherwise.
Levels are novelties at a quarter, a half, three quarters and all of the way from neutral lists to a rarity of 1. Three
forms are none of the library's: lengths of single items, their monotone function of the frequency with all of its line,
and standard deviations of the scores of single items over the personas, each raised to its 2 % quantile. With these,
personas lean as with "norm". "Breaks" are the pairs of neighbouring strengths at which a mean over lists gets more
popular, by the mean number of listeners.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from common import print_json, print_table, setting
from evidence_data import DATA_SETS, cut, validation_cut
from scipy.optimize import isotonic_regression

import deepcuts as dc
from deepcuts.recommendation.leaning import MOST_AUTO_LEAN
from deepcuts.recommendation.rarity import FORMS

STRENGTHS = {
    "norm": np.array([0, 0.2, 0.4, 0.55, 0.7, 0.8, 0.9, 1.0, 1.2]),
    "shift": np.array([0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.8]),
    "power": np.array([0, 0.06, 0.12, 0.18, 0.24, 0.3, 0.36, 0.45]),
}
SINGLE = np.array([0, 0.2, 0.4, 0.55, 0.7, 0.85, 1.0, 1.2, 1.5])
PARTS = (0.25, 0.5, 0.75, 1.0)
CUTOFFS = {"recall": [20, 50], "novelty": [20]}
Curve = list[list[float]]


def deviations(model: dc.PersonaModel) -> np.ndarray:
    """Standard deviation of every item's scores over the personas, from moments: √(vᵀ Cov(U) v)."""
    factors = model.item_factors.astype(np.float64)
    return np.sqrt(np.einsum("if,fg,ig->i", factors, np.cov(model.persona_factors.T.astype(np.float64)), factors))


def monotone_lengths(model: dc.PersonaModel) -> np.ndarray:
    """Lengths as the function of the frequency that nowhere falls and is nearest to them: `norm` with κ = 0."""
    lengths = np.linalg.norm(model.item_factors, axis=1)
    logs = np.log(np.maximum(lengths, np.quantile(lengths, 0.02)))
    _, level, n_items = np.unique(model.item_listeners, return_inverse=True, return_counts=True)
    means = np.bincount(level, weights=logs) / n_items
    return np.asarray(np.exp(isotonic_regression(means, weights=n_items).x[level]))


def single_items(model: dc.PersonaModel, sizes: np.ndarray) -> Iterator[dc.PersonaModel]:
    """Models whose scores are divided by powers of sizes of single items."""
    sizes = np.maximum(sizes, np.quantile(sizes, 0.02))
    for strength in SINGLE:
        scaled = (model.item_factors * (sizes**-strength)[:, None]).astype(np.float32)
        yield replace(model, item_side=replace(model.item_side, factors=scaled))


def figures(
    model: dc.PersonaModel, train: dc.Interactions, holdout: dc.Interactions, **settings: Any
) -> tuple[float, float, float, float]:
    """Novelty, recall at 20 and 50, and mean listeners of what is listed."""
    lists = model.recommend(k=50, **settings)
    found = dc.evaluate(lists, train, holdout, CUTOFFS).figures
    listeners = train.item_listeners[train.item_ids.indexes_of(lists["item_id"])].mean()
    return found["novelty@20"], found["recall@20"], found["recall@50"], float(listeners)


def curves(model: dc.PersonaModel, cuts: tuple[dc.Interactions, dc.Interactions], mix: str) -> dict[str, Curve]:
    """Figures over every form."""
    found = {
        form: [list(figures(model, *cuts, dial=form, strength=float(t), mix=mix)) for t in strengths]
        for form, strengths in STRENGTHS.items()
    }
    lengths = np.linalg.norm(model.item_factors, axis=1)
    sizes_by_form = {
        "all of the line": monotone_lengths(model),
        "lengths of single items": lengths,
        "deviations": deviations(model),
    }
    for name, sizes in sizes_by_form.items():
        leans = np.minimum(MOST_AUTO_LEAN, FORMS["norm"].lean * SINGLE)
        turned = zip(single_items(model, sizes), leans, strict=True)
        found[name] = [list(figures(scaled, *cuts, mix=mix, base_lean=float(lean))) for scaled, lean in turned]
    return found


def levels(model: dc.PersonaModel, cuts: tuple[dc.Interactions, dc.Interactions], mix: str) -> np.ndarray:
    """Novelties that are compared at."""
    neutral, rare = (figures(model, *cuts, rarity=rarity, mix=mix)[0] for rarity in (0.0, 1.0))
    return np.array([neutral + part * (rare - neutral) for part in PARTS])


def rows_of(system: str, found: list[tuple[np.ndarray, dict[str, Curve]]]) -> list[list[str]]:
    """Means over cuts of recall at the levels, and how often the law breaks."""
    rows = []
    for form in found[0][1]:
        at_levels, breaks, steps = [], 0, 0
        for wanted, by_form in found:
            curve = np.array(by_form[form])
            novelty = np.maximum.accumulate(curve[:, 0])
            at_levels.append([np.interp(wanted, novelty, curve[:, column], right=np.nan) for column in (1, 2)])
            breaks, steps = breaks + int(np.sum(np.diff(curve[:, 3]) > 0)), steps + len(curve) - 1
        recall20, recall50 = np.mean(at_levels, axis=0)
        cells = [*(f"{x:.4f}" for x in recall20), *(f"{x:.4f}" for x in recall50)]
        rows.append([system, form, *cells, f"{breaks} of {steps}"])
    return rows


def main() -> None:
    """Train, judge and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="+", choices=list(DATA_SETS), default=["HetRec", "Audioscrobbler"])
    parser.add_argument("--holdout", nargs="*", type=int, default=[], metavar="SEED")
    args = parser.parse_args()
    print(setting())
    for name in args.data:
        parts = [cut(name, seed) for seed in args.holdout] or [validation_cut(name)]
        systems: dict[str, list[tuple[np.ndarray, dict[str, Curve]]]] = {}
        for seed, part in enumerate(parts):
            model = dc.PersonaNMF(n_factors=DATA_SETS[name].n_factors).fit(part[0], seed=seed)
            for system, its, mix in (
                ("personas", model, "share"),
                ("personas by max", model, "max"),
                ("one persona", model.base, "share"),
            ):
                systems.setdefault(system, []).append((levels(its, part, mix), curves(its, part, mix)))
        rows = [row for system, found in systems.items() for row in rows_of(system, found)]
        header = ["lists", "form", *(f"recall@{k} at {part:g}" for k in (20, 50) for part in PARTS), "breaks"]
        bits = {system: np.mean([wanted for wanted, _ in found], axis=0).round(2) for system, found in systems.items()}
        print(f"\n{name}, {'holdouts' if args.holdout else 'validation'}; levels in bits:", bits, "\n")
        print_table(header, rows)
        print_json(benchmark="dial_forms", data=name, header=header, rows=rows)


if __name__ == "__main__":
    main()
