"""The table of all faults that were tried: one row a part, collected from tests and programs.

`add_row` prints a row, and keeps it in the file that DEEPCUTS_FAULTS_TABLE names. Run as a program, this module prints
the table of that file, and ends with 1 where anything failed or a part is missing.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

FILE = "DEEPCUTS_FAULTS_TABLE"
PARTS = (  # each begins the name of at least one row
    *("forged files", "damage", "commands", "kills", "errors", "fuzz", "forks, threads", "numbers", "network"),
)


def add_row(part: str, reach: str, n_tried: int, n_failed: int) -> None:
    """Add a row: a part, how far it reaches, how many faults were tried, and how many got through."""
    print(f"| {part} | {reach} | {n_tried:,} | {n_failed:,} |", flush=True)
    if path := os.environ.get(FILE):
        with open(path, "a", encoding="utf-8") as file:  # a short line is written at once, whoever else writes
            file.write(json.dumps([part, reach, n_tried, n_failed]) + "\n")


def main(path: Path) -> int:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
    rows += [[part, "not tried", 0, 0] for part in PARTS if not any(row[0].startswith(part) for row in rows)]
    rows.sort(key=lambda row: next((n for n, part in enumerate(PARTS) if row[0].startswith(part)), len(PARTS)))
    print("| part | reach | tried | failed |\n|---|---|---|---|")
    for part, reach, n_tried, n_failed in rows:
        print(f"| {part} | {reach} | {n_tried:,} | {n_failed:,} |")
    return int(any(n_failed or not n_tried for _, _, n_tried, n_failed in rows))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
