"""Evidence: what the items that training starts from are worth, without negative factors.

Usage: python benchmarks/starts.py [--seeds 2]

Where scenes are many for the factors, factors of either sign rank far better (benchmarks/signs.py). Is the start to
blame? Random items, the default, stand beside two starts that know the data: items by their cosines with items far
apart from one another, in the vectors of those who play them; and the halves of either sign of singular vectors
(Boutsidis and Gallopoulos 2008, *SVD based initialization*, doi:10.1016/j.patcog.2007.09.010). Validation parts,
64 factors, personas' lists, all trained to the end.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from common import print_json, print_table, setting
from evidence_data import validation_cut
from scipy import sparse
from scipy.sparse.linalg import svds

import deepcuts as dc
from deepcuts.array_types import DoubleMatrix, FloatMatrix

DATA = ("HetRec", "Taste Profile", "world, many scenes")
N_FACTORS = 64
FIGURES = ("recall@20", "recall@50", "ndcg@100")
HEADER = ["data", "start", *FIGURES, "epochs", "loss"]
RANDOM_SHARE = 0.3  # of every start: a factor that is 0 stays there for long
LENGTH = 0.3  # of item vectors, as of the random ones


def columns(plays: dc.Interactions) -> sparse.csc_array:
    """Items as vectors of the users who play them, of length 1, (n_users, n_items)."""
    played = (plays.to_csr() != 0).astype(np.float64)
    return sparse.csc_array(played @ sparse.diags_array(1 / np.sqrt(np.maximum(plays.item_listeners, 1))))


def by_anchors(plays: dc.Interactions, rng: np.random.Generator) -> DoubleMatrix:
    """Cosines with one item a factor, drawn by listeners and by the distance from those drawn before."""
    vectors = columns(plays)
    nearest, cosines = np.zeros(plays.n_items), []
    for _ in range(N_FACTORS):
        chances = plays.item_listeners * (1 - np.clip(nearest, 0, 1)) ** 2
        anchor = rng.choice(plays.n_items, p=chances / chances.sum())
        cosines.append((vectors.T @ vectors[:, [anchor]]).toarray()[:, 0])
        nearest = np.maximum(nearest, cosines[-1])
    return np.stack(cosines, axis=1)


def by_singular_vectors(plays: dc.Interactions, rng: np.random.Generator) -> DoubleMatrix:
    """The halves at or above 0, and below it, of half as many singular vectors."""
    _, values, rows = svds(columns(plays), k=N_FACTORS // 2, rng=rng)
    vectors = rows.T * values
    return np.hstack([np.maximum(vectors, 0), np.maximum(-vectors, 0)])


STARTS: dict[str, Callable[[dc.Interactions, np.random.Generator], DoubleMatrix] | None] = {
    "random": None,
    "items far apart": by_anchors,
    "singular vectors": by_singular_vectors,
}


def items_of(form: DoubleMatrix, rng: np.random.Generator) -> FloatMatrix:
    """Mix directions with random ones."""
    noise = np.abs(rng.standard_normal(form.shape))
    mixed = (1 - RANDOM_SHARE) * directions(form) + RANDOM_SHARE * directions(noise)
    return np.asarray(LENGTH * directions(mixed), np.float32)


def directions(rows: DoubleMatrix) -> DoubleMatrix:
    """Rows of length 1."""
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


def figures_of(name: str, start: str, seed: int, *, signs: str = "both") -> list[float]:
    """Accuracy of the personas' lists, epochs, and the loss of the last one."""
    train, holdout = validation_cut(name)
    settings = dc.PersonaNMF(n_factors=N_FACTORS, nonnegative=signs, early_stopping="off")
    form, first = STARTS[start], None
    if form is not None:
        rng = np.random.default_rng(seed)
        untrained = replace(settings, base_epochs=1).fit(train, seed=seed)
        first = replace(untrained, item_side=replace(untrained.item_side, factors=items_of(form(train, rng), rng)))
    model = settings.fit(train, seed=seed, start=first)
    figures = dc.evaluate(model.recommend(k=100), train, holdout)
    return [*(figures[figure] for figure in FIGURES), len(model.epochs), model.epochs[-1].loss]


def main() -> None:
    """Train, judge and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=2)
    args = parser.parse_args()
    print(setting("scipy"), f"\n\nvalidation, mean of {args.seeds} seeds\n", flush=True)
    rows = []
    for name in DATA:
        for start, signs in [*((start, "both") for start in STARTS), ("random", "none")]:
            found = np.mean([figures_of(name, start, seed, signs=signs) for seed in range(args.seeds)], axis=0)
            label = start if signs == "both" else f"{start}, either sign"
            figures = [*(f"{value:.4f}" for value in found[:3]), f"{found[3]:.0f}", f"{found[4]:,.0f}"]
            rows.append([name, label, *figures])
            print(rows[-1], flush=True)
    print()
    print_table(HEADER, rows)
    print_json(benchmark="starts", header=HEADER, rows=rows)


if __name__ == "__main__":
    main()
