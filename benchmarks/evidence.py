"""Evidence: personas at their defaults beside tuned rivals and controls, on real and generated data.

Usage: python benchmarks/evidence.py [--kept build/evidence] [--data NAME …] [--systems NAME …] [--seeds 0 1 2]
                                     [--parts neutral frontier] [--minutes 40]  (needs the extras peers and spark)

Every data set of benchmarks/evidence_data.py is cut into train and holdout by each seed; all systems get the same
data, candidates and cut-offs. Rivals have the settings that benchmarks/rivals.py found on validation parts, ours the
defaults. On HetRec, lists are made under every form of the rarity dial as well. Results are kept, one file for each
data set, system and seed, and are not computed again; once the minutes are over, nothing new is begun. The tables are
printed from what is kept, and benchmarks/plot_evidence.py draws them.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from time import perf_counter
from typing import Any

from common import HERE, setting
from evidence_data import DATA_SETS
from evidence_data import cut as split
from evidence_dials import positions
from evidence_page import print_page
from evidence_store import keep, kept, path_of, to_json
from evidence_systems import RIVALS, Lists, controls, either_sign, ours, rival_lists
from rivals import chosen

import deepcuts as dc
from deepcuts.comparison import Cut
from deepcuts.evaluation import item_features

OURS = ("personas", "one persona", "one persona, users refitted")
SIGNS = ("personas, either sign",)
CONTROLS = ("random personas", "one persona + MMR")
SYSTEMS = (*OURS, *SIGNS, *CONTROLS, *RIVALS)
FRONTIER = "HetRec"  # where every position of every dial is judged, and the controls take part
CUTOFFS = {"recall": [20, 50], "ndcg": [100], "novelty": [20]}
LABEL_CUTOFFS = {"calibration_kl": [20], "minority_recall": [50], "ild": [20]}


def trained(
    data: str, wanted: list[str], train: dc.Interactions, seed: int, folder: Path
) -> Iterator[tuple[str, Lists]]:
    """Train what is wanted, one system after the other; rivals that were not tuned are left out."""
    for names, family in ((OURS, ours), (SIGNS, either_sign), (CONTROLS, controls)):
        if set(names) & set(wanted):
            yield from (pair for pair in family(train, seed) if pair[0] in wanted)
    for name in RIVALS:
        values = chosen(folder, data, name)
        if name in wanted and values is not None:
            yield name, rival_lists(name, values, DATA_SETS[data].n_factors, train, seed)


def neutral(data: str, lists: Lists, cut: Cut) -> list[dict[str, Any]]:
    """Figures of neutral lists, with those of every user."""
    labels = DATA_SETS[data].labels
    features = None if labels is None else item_features(labels(), cut.train.item_ids)
    cutoffs = CUTOFFS if features is None else {**CUTOFFS, **LABEL_CUTOFFS}
    return [to_json(dc.evaluate(lists({}), cut.train, cut.holdout, cutoffs, features=features), users=True)]


def frontier(data: str, lists: Lists, cut: Cut) -> list[dict[str, Any]]:
    """Figures at every position of every dial."""
    return [
        {**settings, **to_json(dc.evaluate(lists(settings), cut.train, cut.holdout, CUTOFFS), users=False)}
        for settings in positions()
    ]


PARTS: dict[str, Callable[[str, Lists, Cut], list[dict[str, Any]]]] = {"neutral": neutral, "frontier": frontier}


def missing(args: argparse.Namespace, data: str, name: str, seed: int) -> list[str]:
    """Parts that are wanted of a system and not kept yet."""
    if data != FRONTIER and name in CONTROLS:
        return []
    parts = [part for part in args.parts if part == "neutral" or data == FRONTIER]
    return [part for part in parts if kept(path_of(args.kept, part, data, name, seed)) is None]


def run(args: argparse.Namespace) -> None:
    """Train and judge what is not kept yet, until the minutes are over."""
    end = perf_counter() + 60 * args.minutes
    for data, seed in product(args.data, args.seeds):
        wanted = [name for name in args.systems if missing(args, data, name, seed)]
        if not wanted or perf_counter() > end:
            continue
        cut = Cut(*split(data, seed), seed)
        for name, lists in trained(data, wanted, cut.train, seed, args.kept):
            for part in missing(args, data, name, seed):
                result = {"data": data, "system": name, "seed": seed, "lists": PARTS[part](data, lists, cut)}
                keep(path_of(args.kept, part, data, name, seed), result)
            if perf_counter() > end:
                break


def main() -> None:
    """Train, judge, keep and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kept", type=Path, default=HERE.parent / "build" / "evidence", metavar="FOLDER")
    parser.add_argument("--data", nargs="+", choices=list(DATA_SETS), default=list(DATA_SETS), metavar="NAME")
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=list(SYSTEMS), metavar="NAME")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--parts", nargs="+", choices=list(PARTS), default=list(PARTS), metavar="PART")
    parser.add_argument("--minutes", type=float, default=40.0)
    args = parser.parse_args()
    run(args)
    print(setting("implicit", "irspack", "pyspark"))
    print_page(args.kept, SYSTEMS)


if __name__ == "__main__":
    main()
