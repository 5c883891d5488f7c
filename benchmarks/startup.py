"""Claim: the command answers --help within 0.3 s, and the library is imported within 0.5 s.

Usage: python benchmarks/startup.py [--runs 7]

Each run is a new process; an empty one of the same interpreter stands beside them.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from statistics import median
from time import perf_counter

from common import print_json, print_table, setting

COMMANDS = {
    "an empty process": [sys.executable, "-c", ""],
    "import deepcuts": [sys.executable, "-c", "import deepcuts"],
    "import deepcuts, and name PersonaNMF": [sys.executable, "-c", "from deepcuts import PersonaNMF"],
    "deepcuts --help": [str(Path(sys.executable).with_name("deepcuts")), "--help"],
    "deepcuts train --help": [str(Path(sys.executable).with_name("deepcuts")), "train", "--help"],
}


def seconds(command: list[str]) -> float:
    """Wall time of one run."""
    start = perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return perf_counter() - start


def main() -> None:
    """Time and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=7)
    args = parser.parse_args()
    rounds = [[seconds(command) for command in COMMANDS.values()] for _ in range(args.runs + 1)][1:]
    medians = {name: median(one_round[index] for one_round in rounds) for index, name in enumerate(COMMANDS)}
    print(f"Median of {args.runs} runs of every command, alternately\n")
    print(setting(), "\n")
    print_table(["process", "seconds"], [[name, f"{value:.2f}"] for name, value in medians.items()])
    print_json(benchmark="startup", seconds=medians)


if __name__ == "__main__":
    main()
