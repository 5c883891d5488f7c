"""Draw what benchmarks/evidence.py prints: the frontiers, and how far every system is from the best.

Usage: python benchmarks/evidence.py | python benchmarks/plot_evidence.py docs/figures     (needs the extra "report")
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt

plt.switch_backend("svg")
plt.rcParams["svg.hashsalt"] = "deepcuts"  # the same figures give the same file

# Colours that differ for every kind of colour vision (Okabe and Ito 2008); shapes and dashes tell them apart in grey.
STYLES = {
    "personas": {"color": "#D55E00", "marker": "o", "linewidth": 2.5},
    "one persona": {"color": "#0072B2", "marker": "s"},
    "one persona, users refitted": {"color": "#56B4E9", "marker": "D", "linestyle": "--"},
    "random personas": {"color": "#E69F00", "marker": "v", "linestyle": "--"},
    "implicit ALS": {"color": "#009E73", "marker": "^"},
    "irspack iALS": {"color": "#CC79A7", "marker": "P"},
    "EASE": {"color": "#000000", "marker": "x", "linestyle": ":"},
    "EDLAE": {"color": "#777777", "marker": "+", "linestyle": ":"},
}
FULL, PALE, DARK = 100.0, 60.0, 84.0  # % of the best: the darkest colour, the palest, and where text turns white


def draw_frontier(header: list[str], rows: list[list[str]], folder: Path) -> Path:
    """Draw, for every system, the best of its dials at each level; return the file."""
    column = header[0].split()[0]
    levels = [float(level) for level in header[1:]]
    figure, axes = plt.subplots(figsize=(7, 4.6), layout="constrained")
    for name, style in STYLES.items():
        own = [[float(value or "nan") for value in values] for title, *values in rows if title.startswith(f"{name}: ")]
        if own:
            best = np.fmax.reduce(own)
            axes.plot(levels, best, label=name, markersize=5, **style)
    axes.set_xlabel("novelty@20 (bits; one bit is half as many listeners)")
    axes.set_ylabel(column)
    axes.set_title(f"{column} against novelty, every system under its best dial, HetRec", loc="left", fontsize=11)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=9)
    return save(figure, folder / f"frontier_{column.replace('@', '_at_')}.svg")


def draw_heat(column: str, header: list[str], rows: list[list[str]], folder: Path) -> Path:
    """Draw data sets × systems, coloured by the percentage of the best on each data set; return the file."""
    values = np.array([[float(value or "nan") for value in row[1:]] for row in rows])
    figure, axes = plt.subplots(figsize=(1.6 + 0.72 * len(header), 1.6 + 0.45 * len(rows)), layout="constrained")
    colours = plt.get_cmap("Blues").with_extremes(bad="white")
    axes.imshow(values, cmap=colours, vmin=PALE, vmax=FULL + 5, aspect="auto")
    for (row, system), value in np.ndenumerate(values):
        text = "not run" if np.isnan(value) else f"{value:.1f}" if value < FULL else "100"
        colour = "white" if value > DARK else "black" if value > 0 else "0.6"
        weight = "bold" if value == FULL else "normal"
        axes.text(system, row, text, color=colour, weight=weight, ha="center", va="center", fontsize=8)
    axes.set_xticks(range(len(header) - 1), header[1:], rotation=35, ha="left", rotation_mode="anchor")
    axes.set_yticks(range(len(rows)), [row[0] for row in rows])
    axes.xaxis.tick_top()
    axes.set_xticks(np.arange(len(header) - 2) + 0.5, minor=True)
    axes.set_yticks(np.arange(len(rows) - 1) + 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=2)
    axes.tick_params(which="both", length=0, labelsize=9)
    axes.spines[:].set_visible(False)
    axes.set_title(f"{column}, % of the best on each data set", loc="left", fontsize=11, pad=12)
    return save(figure, folder / f"heat_{column.replace('@', '_at_')}.svg")


def save(figure: plt.Figure, path: Path) -> Path:
    """Write a figure without the date, so that the same figures give the same file."""
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
    return path


def main() -> None:
    """Read what was printed and draw it."""
    (folder,) = map(Path, sys.argv[1:])
    for line in sys.stdin:
        if line.startswith('{"benchmark": "frontier"'):
            figures = json.loads(line)
            print(draw_frontier(figures["header"], figures["rows"], folder))
        elif line.startswith('{"benchmark": "heat"'):
            figures = json.loads(line)
            print(draw_heat(figures["figure"], figures["header"], figures["rows"], folder))


if __name__ == "__main__":
    main()
