"""Evidence: how many factors are worth their time, and what "auto" makes of it.

Usage: python benchmarks/number_of_factors.py [--factors 64 128 256] [--seeds 2] [--only NAME …]

The data of benchmarks/training_length.py, each trained with so many factors and otherwise at the defaults on a part of
the training part of its holdout split, and judged on the rest of it: this is how the default was chosen. Up to 4,000
users are judged, by lists of personas. Figures are those of the first number, and the differences from these in per
cent: recall@20 with a paired interval of 95 % over users / ndcg@100; "time" is the processor time of the whole fit over
that of the first, the median of the seeds. "auto" stands last, with the numbers it has taken for the seeds.
"""

from __future__ import annotations

import argparse
from statistics import median
from time import process_time

import numpy as np
from common import print_json, print_table, setting
from play_counts import validation
from training_length import CUTOFFS, FIGURES, N_JUDGED, differences, sources

import deepcuts as dc
from deepcuts.model.training.settings import AUTO, Auto


def row_of(name: str, plays: dc.Interactions, counts: list[int | Auto], n_seeds: int) -> list[str]:
    """Figures with the first number of factors, differences and times of the others, and what "auto" has taken."""
    found: dict[int | Auto, list[np.ndarray]] = {count: [] for count in counts}
    times: dict[int | Auto, list[float]] = {count: [] for count in counts}
    taken = []
    for seed in range(n_seeds):
        train, holdout = validation(plays, seed)
        holdout = holdout.keep_pairs(holdout.user_of_pair() < N_JUDGED)
        for count in counts:
            start = process_time()
            model = dc.PersonaNMF(n_factors=count).fit(train, seed=seed)
            times[count].append(process_time() - start)
            lists = model.recommend(holdout.user_ids.values, k=100)
            per_user = dc.evaluate(lists, train, holdout, CUTOFFS).per_user
            found[count].append(np.array([per_user[figure].to_numpy() for figure in FIGURES]))
        taken.append(str(model.settings.n_factors))
    runs = {count: np.concatenate(found[count], axis=1) for count in counts}
    level, *more = counts
    means = dict(zip(FIGURES, np.nanmean(runs[level], axis=1), strict=True))
    cells = [f"{means['recall@20']:.4f} / {means['ndcg@100']:.4f}"]
    for count in more:
        recall, _, ndcg = differences(runs[count], runs[level])
        time = median(own / least for own, least in zip(times[count], times[level], strict=True))
        cells += [f"{recall} / {ndcg}", f"{time:.1f}"]
    return [name, *cells, ", ".join(taken)]


def main() -> None:
    """Train, judge and print."""
    known = sources()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--factors", type=int, nargs="+", default=[64, 128, 256])
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--only", nargs="+", choices=list(known), default=list(known), metavar="NAME")
    args = parser.parse_args()
    counts = [*args.factors, AUTO]
    print(setting())
    print(f"\nrecall@20 / ndcg@100 on validation, {args.seeds} seeds\n")
    warm = dc.generate_world(1_000, 300, items_per_user=10).plays
    for count in counts:
        dc.PersonaNMF(n_factors=count).fit(warm).recommend(k=100)
    rows = []
    for name in args.only:
        rows.append(row_of(name, known[name](), counts, args.seeds))
        print(rows[-1], flush=True)
    header = ["data", f"{counts[0]} factors", *(cell for count in counts[1:] for cell in (f"{count}, %", "time"))]
    print()
    print_table([*header, "taken"], rows)
    print_json(benchmark="number of factors", header=[*header, "taken"], rows=rows)


if __name__ == "__main__":
    main()
