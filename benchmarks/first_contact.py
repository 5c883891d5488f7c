"""Claim: from a checkout to a demonstration in a minute: what the package alone takes to install and to answer first.

Usage: python benchmarks/first_contact.py [--before CHECKOUT]

A wheel is built and installed into an environment of its own, from the index that pip is set to. Then every step is a
process, with an empty folder for compiled kernels and with the full one that it leaves. Megabytes are those of the
packages, their compiled Python included, without pip. With ``--before``, an older checkout stands beside this one.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from common import DATA, HERE, print_json, print_table, setting

_LARGEST = 8  # packages that are named
_OF_PIP = ("pip", "setuptools", "wheel", "pkg_resources", "_distutils_hack")
_FIRST_LIST = """
import sys, deepcuts as dc
plays = dc.read_plays(sys.argv[1], user="userID", item="artistID", plays="weight")
model = dc.PersonaNMF().fit(plays, seed=0)
if sys.argv[2:]:
    model.recommend([model.user_ids.values[0].as_py()])
"""


def processor_seconds(work: Callable[[], object]) -> float:
    """Processor time of the processes that some work starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def megabytes(folder: Path) -> dict[str, float]:
    """Size of what lies in a folder, by the first word of its names: a library lies beside its package."""
    sizes: dict[str, float] = {}
    for entry in folder.iterdir():
        name = entry.name.lstrip("_").partition("-")[0].partition(".")[0].lower()
        files = [entry] if entry.is_file() else [path for path in entry.rglob("*") if path.is_file()]
        sizes[name] = sizes.get(name, 0) + sum(file.lstat().st_size for file in files) / 1e6
    return {name: size for name, size in sizes.items() if name not in map(str.lower, _OF_PIP)}


def measure(checkout: Path, folder: Path) -> tuple[dict[str, str], dict[str, float]]:
    """Install a checkout and take the first steps: a row for each, and megabytes by package."""
    subprocess.run([sys.executable, "-m", "venv", folder / "own"], check=True)
    programs = folder / "own" / "bin"
    pip = [programs / "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", folder, "."], cwd=checkout, check=True)
    (wheel,) = folder.glob("deepcuts-*.whl")
    start = time.monotonic()
    install = [*pip, "install", "--no-cache-dir", "--constraint", HERE.parent / "constraints.txt", wheel]
    of_pip = processor_seconds(lambda: subprocess.run(install, check=True))
    seconds = time.monotonic() - start
    (packages,) = (folder / "own" / "lib").glob("python*/site-packages")
    sizes = megabytes(packages)
    rows = {"install, MB": f"{sum(sizes.values()):.0f}"}
    rows |= {"install, seconds of processor": f"{of_pip:.0f}", "install, seconds on the clock": f"{seconds:.0f}"}

    def run(*words: str | Path, kernels: str) -> float:
        environment = {**os.environ, "NUMBA_CACHE_DIR": str(folder / kernels), "PYTHONPATH": ""}
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return processor_seconds(
            lambda: subprocess.run([programs / words[0], *words[1:]], env=environment, cwd=folder, check=True, **quiet)
        )

    rows["deepcuts --help"] = f"{min(run('deepcuts', '--help', kernels='none') for _ in range(5)):.2f}"
    plays = DATA / "lastfm-hetrec2011" / "user_artists.dat"
    for name, last in (("first fit", []), ("first fit and list", ["list"])):
        cold, warm = (run("python", "-c", _FIRST_LIST, plays, *last, kernels=name) for _ in range(2))
        rows[name] = f"{cold:.1f} ({warm:.1f})"
    cold, warm = (run("deepcuts", "demo", kernels="demo") for _ in range(2))
    rows["deepcuts demo"] = f"{cold:.1f} ({warm:.1f})"
    return rows, sizes


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--before", type=Path, metavar="CHECKOUT")
    args = parser.parse_args()
    checkouts = [*([args.before] if args.before else []), HERE.parent]
    found = []
    for checkout in checkouts:
        with tempfile.TemporaryDirectory() as folder:
            found.append(measure(checkout, Path(folder)))
    print("Seconds of processor time unless said otherwise; in brackets once kernels are compiled\n")
    print(setting("pyarrow", "duckdb", "scipy"), "\n")
    when = ["before", "now"] if args.before else ["now"]
    print_table(["step", *when], [[step, *(rows[step] for rows, _ in found)] for step in found[-1][0]])
    sizes = found[-1][1]
    largest = sorted(sizes, key=lambda name: -sizes[name])
    others = sum(sizes[name] for name in largest[_LARGEST:])
    shown = [[name, f"{sizes[name]:.0f}"] for name in largest[:_LARGEST]]
    print()
    print_table(["package", "MB"], [*shown, [f"{len(largest) - _LARGEST} others", f"{others:.0f}"]])
    print_json(benchmark="first_contact", rows=found[-1][0], megabytes=sizes)


if __name__ == "__main__":
    main()
