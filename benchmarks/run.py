"""Run the benchmarks of speed and memory one after the other, and write docs/benchmarks.md from what they print.

Usage: python benchmarks/run.py [--full] [--only NAME …] [--output docs/benchmarks.md]

What each prints is kept in build/benchmarks, small and full sizes apart, so the page can be put together from several
runs; what is not kept there stays on the page as it was.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
KEPT = HERE.parent / "build" / "benchmarks"
FIGURES = HERE.parent / "docs" / "figures"

# The arguments of each: for a few minutes in all, and for the sizes that the claims speak of.
CLAIMS: dict[str, tuple[list[str], list[str]]] = {
    "epoch": (["--users", "50000", "--items", "20000"], ["--epochs", "10", "--cmfrec"]),
    "epoch_1m": ([], ["--users", "1000000"]),
    "epoch_128": (["--users", "50000", "--items", "20000", "--factors", "128"], ["--epochs", "10", "--factors", "128"]),
    "epoch_256": ([], ["--epochs", "10", "--factors", "256"]),
    "time_to_quality": (["--users", "20000", "--items", "10000"], []),
    "growth": ([], ["--full"]),
    "lists": ([], []),
    "latency": ([], []),
    "evaluation": ([], []),
    "startup": ([], []),
    "first_use": ([], []),
    "cold_start": (["--runs", "1"], ["--runs", "1"]),
    "taste_profile": (["--scale", "0.1"], []),
    "service": ([], []),
    "short_rows": ([], []),
}
FULL_ONLY = {"epoch_1m", "epoch_256", "service"}


def main() -> None:
    """Run and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--full", action="store_true", help="the sizes that the claims speak of; an hour or so")
    parser.add_argument("--only", nargs="+", choices=list(CLAIMS), metavar="NAME")
    parser.add_argument("--output", type=Path, default=HERE.parent / "docs" / "benchmarks.md")
    args = parser.parse_args()
    kept = KEPT / ("full" if args.full else "small")
    kept.mkdir(parents=True, exist_ok=True)
    wanted = args.only or [name for name in CLAIMS if args.full or name not in FULL_ONLY]
    for name in wanted:
        run(name, CLAIMS[name][args.full], kept)
    before = args.output.read_text(encoding="utf-8") if args.output.is_file() else ""
    args.output.write_text(page(kept, args.full, before), encoding="utf-8")
    print(f"Wrote {args.output}")


def script(name: str) -> Path:
    """File of a benchmark; several sizes of one share it."""
    found = HERE / f"{name}.py"
    return found if found.exists() else HERE / f"{name.rpartition('_')[0]}.py"


def run(name: str, arguments: list[str], folder: Path) -> None:
    """Run one and keep what it prints, but for the line of JSON, which is kept beside it."""
    print(f"\n== {command(name, arguments)}", flush=True)
    called = [sys.executable, str(script(name)), *arguments]
    done = subprocess.run(called, check=True, stdout=subprocess.PIPE, text=True)
    print(done.stdout, flush=True)
    lines = done.stdout.rstrip().splitlines()
    figures = [line for line in lines if line.startswith("{") and is_json(line)]
    text = "\n".join(line for line in lines if line not in figures)
    kept = {"arguments": arguments, "text": text.strip(), "figures": [json.loads(line) for line in figures]}
    (folder / f"{name}.json").write_text(json.dumps(kept, indent=1), encoding="utf-8")


def is_json(line: str) -> bool:
    """Whether a line is JSON, and not a dictionary as Python prints it."""
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def page(folder: Path, full: bool, before: str) -> str:
    """Everything that is kept in a folder, and for the rest what the page has had before, as one page."""
    parts = [
        "# Benchmarks",
        "Written by `make bench-full` from what the scripts in `benchmarks/` print; every run names the versions it\n"
        "was made with. The machine is shared: read the ratios, which were measured side by side in one run, rather\n"
        "than the seconds.",
    ]
    shown: set[Path] = set()
    for name in CLAIMS:
        kept, earlier = folder / f"{name}.json", sections(before).get(command(name, CLAIMS[name][full]))
        if kept.exists() or earlier:
            parts += [] if script(name) in shown else [heading(script(name))]
            parts += section(name, json.loads(kept.read_text(encoding="utf-8"))) if kept.exists() else [str(earlier)]
            shown.add(script(name))
    return "\n\n".join(parts) + "\n"


def sections(text: str) -> dict[str, str]:
    """Parts of a page by the command that stands at the head of each."""
    parts = re.split(r"^(?=`python benchmarks/|## )", text, flags=re.MULTILINE)
    return {part.split("`")[1]: part.strip() for part in parts if part.startswith("`python")}


def command(name: str, arguments: list[str]) -> str:
    """Return the command of a benchmark, as the page shows it."""
    return " ".join(["python", f"benchmarks/{script(name).name}", *arguments])


def heading(path: Path) -> str:
    """What a benchmark claims, as a heading."""
    first = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").splitlines()[0]
    claim = first.partition(": ")[2].rstrip(".") or first
    return f"## {claim[0].upper()}{claim[1:]}"


def section(name: str, kept: dict[str, object]) -> list[str]:
    """Command and output of one run, and its plot."""
    parts = [f"`{command(name, list(kept['arguments']))}`", plain_setting(str(kept["text"]))]
    if name == "growth":
        parts += [f"![time and memory against sizes](figures/{draw_growth(kept).name})"]
    return parts


def plain_setting(text: str) -> str:
    """Turn the dictionary of processor and versions into a sentence."""
    lines = []
    for line in text.splitlines():
        if line.startswith("{'processor'"):
            line = ", ".join(f"{key} {value}" for key, value in ast.literal_eval(line.strip()).items())  # noqa: PLW2901
        lines.append(line)
    return "\n".join(lines)


def draw_growth(kept: dict[str, object]) -> Path:
    """Draw seconds and memory against each size, both axes by powers of two."""
    from matplotlib import pyplot as plt

    plt.switch_backend("svg")
    plt.rcParams["svg.hashsalt"] = "deepcuts"  # the same figures give the same file
    (figures,) = kept["figures"]  # type: ignore[misc]
    axes_found = {name: points for name, points in figures["axes"].items() if name != "full"}
    shown = {
        "epoch": ("epoch, s", "#0072B2"),
        "solve_users": ("solving users, s", "#009E73"),
        "peak_gb": ("peak, GB", "#D55E00"),
    }
    figure, panels = plt.subplots(
        3, len(axes_found), figsize=(12, 6.5), sharex="col", sharey="row", layout="constrained"
    )
    for column, (axis, points) in enumerate(axes_found.items()):
        for row, (name, (label, colour)) in enumerate(shown.items()):
            panel = panels[row][column]
            panel.plot([p[axis] for p in points], [p[name] for p in points], marker="o", color=colour)
            panel.set_xscale("log", base=2)
            panel.set_yscale("log", base=2)
            panel.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
            panel.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
            panel.set_xticks([p[axis] for p in points])
            panel.tick_params(axis="x", rotation=30)
            panel.grid(alpha=0.25)
            panel.spines[["top", "right"]].set_visible(False)
            if column == 0:
                panel.set_ylabel(label)
        panels[-1][column].set_xlabel(axis.replace("_", " "))
    path = FIGURES / "growth.svg"
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
    return path


if __name__ == "__main__":
    main()
