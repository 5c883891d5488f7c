"""The tables of the evidence, from what is kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from common import print_json, print_table
from evidence_data import DATA_SETS
from evidence_dials import LEVELS, at_levels
from evidence_store import results, to_run

from deepcuts.comparison import Figure, tabulate

REFERENCE = "personas"
HEAT = ("recall@20", "ndcg@100")
Results = list[dict[str, Any]]
Figures = dict[str, dict[str, Figure]]  # by system, then by metric


def print_page(folder: Path, systems: Sequence[str]) -> None:
    """Print the figures of every data set, who is how far from the best, and the frontier."""
    found = list(results(folder / "neutral"))
    by_data = {}
    for data, about in DATA_SETS.items():
        runs = [one for one in found if one["data"] == data]
        if REFERENCE in by_system(runs) and len(by_system(runs)) > 1:
            by_data[data] = compared(runs, systems)
            print(f"\n### {data}\n\n{about.about}; rivals' factors: {about.n_factors}; {seeds_of(runs)}\n")
            print_table(*neutral_table(by_data[data]))
    for figure in HEAT if len(by_data) > 1 else ():  # shares of the best need several data sets
        header, rows = heat_table(by_data, systems, figure)
        print(f"\n### {figure}, % of the best\n")
        print_table(header, rows)
        print_json(benchmark="heat", figure=figure, header=header, rows=rows)
    turned = list(results(folder / "frontier"))
    for figure in ("recall@20", "recall@50") if turned else ():
        print_frontier(turned, systems, figure)


def seeds_of(runs: Results) -> str:
    """Say which seeds were run, and where fewer than of the others, for whom."""
    seeds = {system: sorted(one["seed"] for one in runs if one["system"] == system) for system in by_system(runs)}
    most = max(seeds.values(), key=len)
    fewer = [f"{system}: {', '.join(map(str, own))}" for system, own in seeds.items() if own != most]
    return f"seeds {', '.join(map(str, most))}" + (f" ({'; '.join(fewer)})" if fewer else "")


def by_system(runs: Results) -> list[str]:
    """Names of the systems, each once."""
    return list(dict.fromkeys(one["system"] for one in runs))


def compared(runs: Results, systems: Sequence[str]) -> Figures:
    """Compare neutral lists user by user with the reference's, over the seeds that a system has in common with it."""
    found: Figures = {}
    for name in (name for name in systems if name in by_system(runs)):
        seeds = set.intersection(*({one["seed"] for one in runs if one["system"] == who} for who in (REFERENCE, name)))
        ordered = sorted((one for one in runs if one["seed"] in seeds), key=lambda one: one["seed"])
        pair = list(dict.fromkeys((REFERENCE, name)))
        both = [to_run(one["system"], one["seed"], one["lists"][0]) for one in ordered if one["system"] in pair]
        figures = tabulate(both, pair, REFERENCE).figures
        found[name] = {metric: figures[who, metric] for who, metric in figures if who == name}
    return found


def neutral_table(found: Figures) -> tuple[list[str], list[list[str]]]:
    """Means, and differences from the reference with their 95 % intervals."""
    header = ["system", *found[REFERENCE], *(f"{figure} − {REFERENCE}'" for figure in HEAT)]
    rows = []
    for name, figures in found.items():
        means = [f"{one.mean:.4f}" for one in figures.values()]
        rows.append([name, *means, *(difference(figures[figure]) for figure in HEAT)])
    return header, rows


def difference(found: Figure) -> str:
    """Difference from the reference with its interval; empty for the reference itself."""
    if np.isnan(found.difference):
        return ""
    return f"{found.difference:+.4f} ({found.difference_low:+.4f}, {found.difference_high:+.4f})"


def heat_table(by_data: dict[str, Figures], systems: Sequence[str], figure: str) -> tuple[list[str], list[list[str]]]:
    """Figures of every system as a percentage of the best on that data set; empty where it was not run."""
    shown = [name for name in systems if sum(name in found for found in by_data.values()) > 1]
    rows = []
    for data, found in by_data.items():
        means = {name: found[name][figure].mean for name in found if name in shown}
        best = max(means.values())
        rows.append([data, *(f"{100 * means[name] / best:.1f}" if name in means else "" for name in shown)])
    return ["data", *shown], rows


def print_frontier(runs: Results, systems: Sequence[str], figure: str) -> None:
    """Print a figure at levels of novelty: of every system and form of the dial, and of its best form at each level."""
    header, rows, best_rows = [f"{figure} at novelty", *(f"{level:.2f}" for level in LEVELS)], [], []
    for name in (name for name in systems if name in by_system(runs)):
        curves = frontier([one for one in runs if one["system"] == name], figure)
        rows += [[f"{name}: {dial}", *map(cell, values)] for dial, values in curves.items()]
        best_rows.append([name, *(best_cell(curves, level) for level in range(len(LEVELS)))])
    for title, table in (("the best form of the dial at each level", best_rows), ("every form", rows)):
        print(f"\n### {figure} against novelty, {title}\n")
        print_table(header, table)
    print_json(benchmark="frontier", header=header, rows=rows)


def frontier(runs: Results, figure: str) -> dict[str, np.ndarray]:
    """Return the figure of one system at the levels, for each form of the dial."""
    dials = dict.fromkeys(point["dial"] for one in runs for point in one["lists"])
    return {dial: at_levels(mean_points(runs, dial), figure) for dial in dials}


def mean_points(runs: Results, dial: str) -> list[dict[str, float]]:
    """Figures at the positions of one form of the dial, means over seeds."""
    curves = [[point for point in one["lists"] if point["dial"] == dial] for one in runs]
    names = [name for name in curves[0][0] if "@" in name]
    return [{name: float(np.mean([one[name] for one in same])) for name in names} for same in zip(*curves, strict=True)]


def cell(value: float) -> str:
    """Four digits; empty where the level is not reached."""
    return "" if np.isnan(value) else f"{value:.4f}"


def best_cell(curves: dict[str, np.ndarray], level: int) -> str:
    """Highest of the forms at a level, and which it is."""
    reached = {dial: values[level] for dial, values in curves.items() if not np.isnan(values[level])}
    best = max(reached, key=lambda dial: reached[dial], default=None)
    return "" if best is None else f"{reached[best]:.4f} {best}"
