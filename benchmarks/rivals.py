"""Evidence: settings of all rivals, each found with the same budget on validation parts.

Usage: python benchmarks/rivals.py [--kept build/evidence] [--data NAME …] [--systems NAME …] [--minutes 20]
                                   (needs the extras "peers" and "spark")

The training part of seed 0 of every data set of benchmarks/evidence_data.py is cut once more; every rival is trained
on the rest and judged on that validation part: with four settings first (benchmarks/evidence_systems.py), then with
four more, each a step from the best so far, beyond the edge of the first four too; where all of those were tried, the
step is halved. The best by recall@20 is what benchmarks/evidence.py takes; ours keeps its defaults. The holdouts stay
untouched. What was found is kept, one file for each data set and system, and is not sought again; once the minutes are
over, nothing new is begun.
"""

from __future__ import annotations

import argparse
from math import isclose
from pathlib import Path
from time import perf_counter
from typing import Any

from common import HERE, print_json, print_table, setting
from evidence_data import DATA_SETS, validation_cut
from evidence_store import keep, kept, path_of, results, to_json
from evidence_systems import BUDGET, RIVALS, Settings

import deepcuts as dc

CUTOFFS = {"recall": [20, 50], "ndcg": [100], "novelty": [20]}
CHOSEN_BY = "recall@20"


def tune(data: str, system: str, cut: tuple[dc.Interactions, dc.Interactions]) -> dict[str, Any]:
    """Try the grid and then around the best; settings, figures and seconds of all that were tried, and the best."""
    rival, tried, step = RIVALS[system], [], 1.0
    for values in rival.grid:
        tried += judged(data, system, values, cut)
    for _ in range(BUDGET - len(rival.grid)):
        known, best = [one["settings"] for one in tried], highest(tried)["settings"]
        while (values := next((one for one in rival.around(best, step) if is_new(one, known)), None)) is None:
            step /= 2
        tried += judged(data, system, values, cut)
    return {"data": data, "system": system, "best": highest(tried), "tried": tried}


def judged(
    data: str, system: str, values: Settings, cut: tuple[dc.Interactions, dc.Interactions]
) -> list[dict[str, Any]]:
    """Train with some settings; figures of the validation lists of every mix, and seconds of training."""
    rival, start = RIVALS[system], perf_counter()
    model = rival.contender(system, values, DATA_SETS[data].n_factors).method.fit(cut[0], seed=0)
    seconds, found = round(perf_counter() - start, 2), []
    for mix in rival.mixes:
        figures = to_json(dc.evaluate(model.recommend(k=100, mix=mix), *cut, CUTOFFS), users=False)
        found.append({"settings": {**values, "mix": mix}, "seconds": seconds, **figures})
    return found


def is_new(values: Settings, known: list[Settings]) -> bool:
    """Whether settings differ from all that are known by more than their rounding."""
    return not any(all(isclose(values[name], one[name], rel_tol=0.01) for name in values) for one in known)


def highest(tried: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the best of what was tried."""
    return max(tried, key=lambda one: one[CHOSEN_BY])


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
