"""What the benchmarks share: where they ran, the data they read, how they print."""

from __future__ import annotations

import json
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pyarrow as pa

import deepcuts as dc
from deepcuts.ingest import prune

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # idle threads sleep: the machine is shared

HERE = Path(__file__).parent
DATA = Path(os.environ.get("DEEPCUTS_DATA", Path(__file__).parents[2] / "shared" / "data"))


def processor() -> str:
    """Name of the processor, as the system gives it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def setting(*packages: str) -> dict[str, str]:
    """Processor, cores, and versions of Python and of some packages."""
    found = {"processor": processor(), "cores": str(os.cpu_count()), "python": platform.python_version()}
    found["deepcuts"] = dc.__version__
    for package in ("numpy", "numba", *packages):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def hetrec() -> dc.Interactions:
    """Last.fm of HetRec 2011: items with at least 3 users and users with at least 10 items, until stable."""
    path = DATA / "lastfm-hetrec2011" / "user_artists.dat"
    if not path.is_file():
        raise SystemExit(f"{path} is not there. Set DEEPCUTS_DATA to the folder that holds lastfm-hetrec2011.")
    return prune(dc.read_plays(path, user="userID", item="artistID", plays="weight"), min_users=3, min_items=10)


def hetrec_tags() -> pa.Table:
    """Which tag was given to which item, once for every time: item_id, label."""
    path = DATA / "lastfm-hetrec2011" / "user_taggedartists.dat"
    rows = [line.split("\t")[1:3] for line in path.read_text(encoding="utf-8", errors="replace").splitlines()[1:]]
    return pa.table({"item_id": [row[0] for row in rows], "label": [row[1] for row in rows]})


def print_table(header: list[str], rows: list[list[str]]) -> None:
    """Print a Markdown table."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    for row in (header, ["-" * width for width in widths], *rows):
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |", flush=True)


def print_json(**figures: object) -> None:
    """Print figures as one line of JSON, for programs."""
    print(json.dumps(figures), flush=True)
