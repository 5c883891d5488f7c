"""Evidence: settings of all rivals, each found with the same budget on validation parts.

Usage: python benchmarks/rivals.py [--kept build/evidence] [--data NAME …] [--systems NAME …] [--minutes 20]
                                   (needs the extras "peers" and "spark")

The training part of seed 0 of every data set of benchmarks/evidence_data.py is cut once more; every rival is trained
with four settings (benchmarks/evidence_systems.py) on the rest and judged on that validation part. The best by
recall@20 is what benchmarks/evidence.py takes; ours keeps its defaults. The holdouts stay untouched. What was found is
kept, one file for each data set and system, and is not sought again; once the minutes are over, nothing new is begun.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from time import perf_counter
from typing import Any

from common import HERE, print_json, print_table, setting
from evidence_data import DATA_SETS, validation_cut
from evidence_store import keep, kept, path_of, results, to_json
from evidence_systems import BUDGET, RIVALS

import deepcuts as dc

CUTOFFS = {"recall": [20, 50], "ndcg": [100], "novelty": [20]}
CHOSEN_BY = "recall@20"


def tune(data: str, system: str, cut: tuple[dc.Interactions, dc.Interactions]) -> dict[str, Any]:
    """Judge every setting of a system on a validation cut; settings, figures and seconds of each, and the best."""
    rival, tried = RIVALS[system], []
    for values in rival.grid:
        start = perf_counter()
        model = rival.contender(system, values, DATA_SETS[data].n_factors).method.fit(cut[0], seed=0)
        seconds = perf_counter() - start
        for mix in rival.mixes:
            lists = model.recommend(k=100, mix=mix)
            figures = to_json(dc.evaluate(lists, *cut, CUTOFFS), users=False)
            tried.append({"settings": {**values, "mix": mix}, "seconds": round(seconds, 2), **figures})
    best = max(tried, key=lambda one: one[CHOSEN_BY])
    return {"data": data, "system": system, "best": best, "tried": tried}


def chosen(folder: Path, data: str, system: str) -> dict[str, Any] | None:
    """Return the settings that were found; None where they were not sought."""
    found = kept(path_of(folder, "tuning", data, system))
    return found and found["best"]["settings"]


def main() -> None:
    """Train, judge, keep and print."""
    args = arguments()
    end = perf_counter() + 60 * args.minutes
    for data in args.data:
        wanted = [system for system in args.systems if chosen(args.kept, data, system) is None]
        cut = validation_cut(data) if wanted and perf_counter() < end else None
        for system in wanted:
            if cut is not None and perf_counter() < end:
                keep(path_of(args.kept, "tuning", data, system), tune(data, system, cut))
    print(f"The best of {BUDGET} settings each, on one validation part\n")
    print(setting("implicit", "irspack", "pyspark"), "\n")
    found = sorted(results(args.kept / "tuning"), key=lambda one: (list(DATA_SETS).index(one["data"]), one["system"]))
    figures = [name for name in found[0]["best"] if name != "settings"]
    print_table(["data", "system", "settings", *figures], [row(one, figures) for one in found])
    print_json(benchmark="rivals", found=found)


def row(found: dict[str, Any], figures: list[str]) -> list[str]:
    """Cells of a system on a data set."""
    best = found["best"]
    values = ", ".join(f"{name} {value}" for name, value in best["settings"].items())
    return [found["data"], found["system"], values, *(f"{best[figure]:.4f}" for figure in figures)]


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kept", type=Path, default=HERE.parent / "build" / "evidence", metavar="FOLDER")
    parser.add_argument("--data", nargs="+", choices=list(DATA_SETS), default=list(DATA_SETS), metavar="NAME")
    parser.add_argument("--systems", nargs="+", choices=list(RIVALS), default=list(RIVALS), metavar="NAME")
    parser.add_argument("--minutes", type=float, default=20.0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
