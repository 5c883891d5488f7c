"""Evidence: personas at their defaults beside tuned rivals and controls, on real and generated data.

Usage: python benchmarks/evidence.py [--kept build/evidence] [--data NAME …] [--systems NAME …] [--seeds 0 1 2]
                                     [--minutes 40]     (needs the extras "peers" and "spark")

Every data set of benchmarks/evidence_data.py is cut into train and holdout by each seed; all systems get the same
data, candidates and cut-offs. Rivals have the settings that benchmarks/rivals.py found on validation parts, ours the
defaults. On HetRec, lists are made under every form of the rarity dial as well. Results are kept, one file for each
data set, system and seed, and are not computed again; once the minutes are over, nothing new is begun. The tables are
printed from what is kept, and benchmarks/plot_evidence.py draws them.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

from common import HERE, setting
from evidence_data import DATA_SETS, cut
from evidence_dials import positions
from evidence_page import print_page
from evidence_store import keep, kept, path_of, to_json
from evidence_systems import RIVALS, Lists, controls, either_sign, ours, rival_lists
from rivals import chosen

import deepcuts as dc
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
    n_factors = DATA_SETS[data].n_factors
    for names, family in ((OURS, ours), (SIGNS, either_sign), (CONTROLS, controls)):
        if set(names) & set(wanted):
            yield from (pair for pair in family(train, n_factors, seed) if pair[0] in wanted)
    for name in RIVALS:
        values = chosen(folder, data, name)
        if name in wanted and values is not None:
            yield name, rival_lists(name, values, n_factors, train, seed)


def judge(data: str, lists: Lists, train: dc.Interactions, holdout: dc.Interactions) -> list[dict[str, Any]]:
    """Figures of a system: neutral lists with those of every user, and on `FRONTIER` every position of every dial."""
    labels = DATA_SETS[data].labels
    features = None if labels is None else item_features(labels(), train.item_ids)
    all_cutoffs = CUTOFFS if features is None else {**CUTOFFS, **LABEL_CUTOFFS}
    neutral = to_json(dc.evaluate(lists({}), train, holdout, all_cutoffs, features=features), users=True)
    found = [{"dial": None, "rarity": 0.0, **neutral}]
    for dial, rarity in positions() if data == FRONTIER else ():
        evaluation = dc.evaluate(lists({"dial": dial, "rarity": rarity}), train, holdout, CUTOFFS)
        found.append({"dial": dial, "rarity": rarity, **to_json(evaluation, users=False)})
    return found


def run(args: argparse.Namespace) -> None:
    """Train and judge what is not kept yet, until the minutes are over."""
    end = perf_counter() + 60 * args.minutes
    for data in args.data:
        for seed in args.seeds:
            wanted = [name for name in args.systems if kept(path_of(args.kept, "runs", data, name, seed)) is None]
            wanted = [name for name in wanted if data == FRONTIER or name not in CONTROLS]
            if not wanted or perf_counter() > end:
                continue
            train, holdout = cut(data, seed)
            start = perf_counter()
            for name, lists in trained(data, wanted, train, seed, args.kept):
                result = {"data": data, "system": name, "seed": seed, "lists": judge(data, lists, train, holdout)}
                result["seconds"], start = round(perf_counter() - start, 1), perf_counter()
                keep(path_of(args.kept, "runs", data, name, seed), result)
                if perf_counter() > end:
                    break


def main() -> None:
    """Train, judge, keep and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kept", type=Path, default=HERE.parent / "build" / "evidence", metavar="FOLDER")
    parser.add_argument("--data", nargs="+", choices=list(DATA_SETS), default=list(DATA_SETS), metavar="NAME")
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=list(SYSTEMS), metavar="NAME")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--minutes", type=float, default=40.0)
    args = parser.parse_args()
    run(args)
    print(setting("implicit", "irspack", "pyspark"))
    print_page(args.kept, SYSTEMS)


if __name__ == "__main__":
    main()
