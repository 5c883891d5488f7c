"""Draw the frontiers that benchmarks/evidence.py prints.

Usage: python benchmarks/evidence.py | python benchmarks/plot_evidence.py docs/figures     (needs the extra "report")
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from matplotlib import pyplot as plt

plt.switch_backend("svg")
plt.rcParams["svg.hashsalt"] = "deepcuts"  # the same figures give the same file

# Colours that differ for every kind of colour vision (Okabe and Ito 2008); shapes and dashes tell them apart in grey.
STYLES = {
    "personas": {"color": "#D55E00", "marker": "o", "linewidth": 2.5},
    "personas, leaning": {"color": "#D55E00", "marker": "o", "linestyle": "--", "markerfacecolor": "white"},
    "one persona": {"color": "#0072B2", "marker": "s"},
    "one persona, users refitted": {"color": "#56B4E9", "marker": "D", "linestyle": "--"},
    "random personas": {"color": "#E69F00", "marker": "v", "linestyle": "--"},
    "implicit ALS": {"color": "#009E73", "marker": "^"},
    "irspack iALS": {"color": "#CC79A7", "marker": "P"},
    "EASE": {"color": "#000000", "marker": "x", "linestyle": ":"},
}


def draw(header: list[str], rows: list[list[str]], folder: Path) -> Path:
    """Draw one frontier; return the file."""
    column = header[0].split()[0]
    levels = [float(level) for level in header[1:]]
    figure, axes = plt.subplots(figsize=(7, 4.6), layout="constrained")
    for name, *values in rows:
        if name in STYLES:
            points = [(level, float(value)) for level, value in zip(levels, values, strict=True) if value]
            axes.plot(*zip(*points, strict=True), label=name, markersize=5, **STYLES[name])
    axes.set_xlabel("novelty@20 (bits; one bit is half as many listeners)")
    axes.set_ylabel(column)
    axes.set_title(f"{column} against novelty under the dial, HetRec Last.fm", loc="left", fontsize=11)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=9)
    path = folder / f"frontier_{column.replace('@', '_at_')}.svg"
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
    return path


def main() -> None:
    """Read what was printed and draw it."""
    (folder,) = map(Path, sys.argv[1:])
    for line in sys.stdin:
        if line.startswith('{"benchmark": "evidence"'):
            figures = json.loads(line)
            print(draw(figures["header"], figures["rows"], folder))


if __name__ == "__main__":
    main()
