"""Claim: factors that are held at or above 0 keep to one kind of music, more than unconstrained ones.

Usage: python benchmarks/purity.py [--factors 64] [--seeds 3] [--top 20]

Last.fm of HetRec 2011, all of it for training; its users gave the tags. A factor is the artists that load on it most;
an unconstrained one has two ends, of which the better counts. The control deals the same artists out to factors at
random. Figures are explained in `deepcuts.evaluation.purity`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pyarrow as pa
from common import DATA, hetrec, print_json, print_table, setting

import deepcuts as dc
from deepcuts.evaluation.purity import Purity, group_purity

FIGURES = ("main_tag", "divergence", "entropy")


def tagged() -> dc.Interactions:
    """HetRec with the names of its artists, and a tag as often as it was given."""
    folder = DATA / "lastfm-hetrec2011"
    names = _pairs(folder / "artists.dat", "utf-8", 0, 1)
    texts = dict(_pairs(folder / "tags.dat", "iso-8859-1", 0, 1))
    given = _pairs(folder / "user_taggedartists.dat", "utf-8", 1, 2)
    tags = pa.table({"item_id": [item for item, _ in given], "tag": [texts[tag] for _, tag in given]})
    return hetrec().with_labels(dict(names), tags)


def _pairs(path: Path, encoding: str, first: int, second: int) -> list[tuple[str, str]]:
    text = path.read_text(encoding=encoding, errors="replace")
    rows = [line.split("\t") for line in text.splitlines()[1:]]
    return [(row[first], row[second]) for row in rows]


def strongest(factors: np.ndarray, top: int) -> np.ndarray:
    """Items that load most on each factor, (n_factors, top)."""
    return np.argsort(-factors, axis=0, kind="stable")[:top].T


def best_end(plays: dc.Interactions, factors: np.ndarray, top: int) -> list[float]:
    """Mean figures over the factors, each at the end that diverges more."""
    ends = [group_purity(plays, strongest(sign * factors, top), plays.item_listeners) for sign in (1, -1)]
    better = np.nan_to_num(ends[0].divergence) >= np.nan_to_num(ends[1].divergence)
    return [float(np.nanmean(np.where(better, *(getattr(end, name) for end in ends)))) for name in FIGURES]


def means(purity: Purity) -> list[float]:
    """Mean figures over the factors."""
    return [float(np.nanmean(getattr(purity, name))) for name in FIGURES]


def main() -> None:
    """Train, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--factors", type=int, default=64)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--top", type=int, default=20)
    args = parser.parse_args()
    plays = tagged()
    found: dict[str, list[list[float]]] = {}
    for seed in range(args.seeds):
        fit = {free: dc.PersonaNMF(n_factors=args.factors, n_personas=1, nonnegative=not free).fit for free in (0, 1)}
        nonnegative, free = (fit[kind](plays, seed=seed).item_factors for kind in (0, 1))
        groups = strongest(nonnegative, args.top)
        shuffled = np.random.default_rng(seed).permutation(groups.ravel()).reshape(groups.shape)
        purity = (means(group_purity(plays, items, plays.item_listeners)) for items in (groups, shuffled))
        for name, row in zip(("non-negative", "the same artists, shuffled"), purity, strict=True):
            found.setdefault(name, []).append(row)
        found.setdefault("unconstrained, better end", []).append(best_end(plays, free, args.top))
    table = {name: np.mean(rows, axis=0) for name, rows in found.items()}
    print(f"{plays}, {args.factors} factors, top {args.top}, mean of {args.seeds} seeds")
    print(setting())
    print_table(["factors", *FIGURES], [[name, *(f"{value:.3f}" for value in row)] for name, row in table.items()])
    print_json(benchmark="purity", figures=FIGURES, means={name: list(row) for name, row in table.items()})


if __name__ == "__main__":
    main()
