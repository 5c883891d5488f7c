"""One process that fuzzes one target: ``python -m faults.fuzz.process ENGINE TARGET SECONDS INPUTS SEED FOLDER``.

It writes ``report.json`` into the folder, and ``current``, the input that it is busy with, before each one.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import pkgutil
import random
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import ModuleType
from typing import Any

from deepcuts import kernels
from faults.fuzz import driver, mutation
from faults.fuzz.minimise import minimised
from faults.fuzz.verdict import outcome

MOST_BYTES = 1 << 16
SMALLER_SECONDS, REPORT_SECONDS = 20.0, 2.0
# What is read by coverage: this library but its kernels, which are compiled, and the readers of the standard library.
READERS = ("deepcuts", "zipfile", "tarfile", "json", "csv", "tomllib")


class Run:
    """What one process has tried and found."""

    def __init__(self, target: str, module: ModuleType, budget: driver.Budget, folder: Path) -> None:
        self.target, self.module, self.budget, self.folder = target, module, budget, folder
        self.scratch = folder / "scratch"
        self.scratch.mkdir(exist_ok=True)
        self.began = time.process_time()
        self.next_report = 0.0
        self.n_inputs, self.kinds = 0, set[str]()
        self.findings: dict[str, tuple[str, str, str]] = {}

    def take(self, data: bytes) -> bool:
        """Feed an input; return whether it ended in a way that none before it did."""
        self.n_inputs += 1
        (self.folder / "current").write_bytes(data)
        kind, problem = outcome(self.module.feed, data, self.scratch)
        if problem is not None and kind not in self.findings:
            smaller = minimised(data, lambda other: self.ends(other, kind), SMALLER_SECONDS)
            self.findings[kind] = (kind, problem, str(driver.keep(self.target, smaller)))
        if time.monotonic() > self.next_report:
            self.next_report = time.monotonic() + REPORT_SECONDS
            self.report(ended=False)
        is_new = kind not in self.kinds
        self.kinds.add(kind)
        return is_new

    def ends(self, data: bytes, kind: str) -> bool:
        found, problem = outcome(self.module.feed, data, self.scratch)
        return found == kind and problem is not None

    def report(self, *, ended: bool) -> None:
        report = {
            "n_inputs": self.n_inputs,
            "processor_seconds": time.process_time() - self.began,
            "findings": list(self.findings.values()),
            "ended": ended,
        }
        (self.folder / "report.json").write_text(json.dumps(report))

    def is_over(self) -> bool:
        return self.budget.is_over(time.process_time() - self.began, self.n_inputs)


def by_mutation(run: Run, corpus: list[bytes], seed: int) -> None:
    """Feed the corpus, then mutations of it; what ends in a new way joins it."""
    choose = random.Random(seed)
    for data in corpus:
        run.take(data)
    while not run.is_over():
        data = mutation.mutated(choose, corpus, MOST_BYTES)
        if run.take(data):
            corpus.append(data)


def by_atheris(run: Run, seed: int, corpus: Path, end: Callable[[], None]) -> None:
    """Have atheris choose inputs by the lines that they reach; it does not return."""
    import atheris

    def take(data: bytes) -> None:
        run.take(data)
        if run.is_over():
            end()

    grown = run.folder / "grown"
    grown.mkdir(exist_ok=True)
    options = [
        f"-artifact_prefix={run.folder}/",
        "-timeout=0",
        "-rss_limit_mb=0",
        f"-max_len={MOST_BYTES}",
        f"-seed={seed + 1}",
        "-verbosity=0",
    ]
    atheris.Setup([sys.argv[0], *options, str(grown), str(corpus)], take)
    atheris.Fuzz()


def imported(engine: str, target: str) -> Any:
    """Import a target, so that atheris sees which lines run."""
    name = f"faults.fuzz.targets.{target}"
    if engine != "atheris":
        return importlib.import_module(name)
    import atheris

    for module in pkgutil.walk_packages(kernels.__path__, f"{kernels.__name__}."):
        importlib.import_module(module.name)  # before atheris looks: what it adds cannot be compiled
    with atheris.instrument_imports(include=list(READERS)):
        return importlib.import_module(name)


def main(engine: str, target: str, budget: driver.Budget, seed: int, folder: Path) -> None:
    logging.getLogger("deepcuts").setLevel(logging.CRITICAL)
    module = imported(engine, target)
    session: AbstractContextManager[None] = getattr(module, "session", nullcontext)()
    corpus = driver.CORPUS / target
    with session:
        run = Run(target, module, budget, folder)

        def end() -> None:
            run.report(ended=True)
            sys.stdout.flush()
            os._exit(0)  # atheris has no other end, and threads of a service would be waited for

        if engine == "atheris":
            by_atheris(run, seed, corpus, end)
        else:
            by_mutation(run, [path.read_bytes() for path in sorted(corpus.iterdir())], seed)
        end()


if __name__ == "__main__":
    _, engine, target, seconds, n_inputs, seed, folder = sys.argv
    main(engine, target, driver.Budget(float(seconds), int(n_inputs)), int(seed), Path(folder))
