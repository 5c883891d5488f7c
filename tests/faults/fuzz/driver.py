"""Fuzz targets: ``python -m faults.fuzz.driver [TARGET ...]``; each for a time, two at once.

By atheris, guided by coverage, where it is installed; else by the mutations of `faults.fuzz.mutation`, which keep the
inputs that end in a new way. Settings from the environment: FUZZ_SECONDS of a processor for each target (60), FUZZ_JOBS
at once (2), FUZZ_SEED (0), and FUZZ_ENGINE (atheris or mutation). FUZZ_INPUTS asks for so many inputs of each target in
place of a time: its corpus, then mutations, which are the same ones in every run of one seed and corpus. What is found
is made smaller and written into the corpus of its target, which the test suite feeds once more; the exit status is
then 1.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from faults.table import add_row

HERE = Path(__file__).parent
TARGETS = sorted(path.stem for path in (HERE / "targets").glob("*.py"))
CORPUS = HERE / "corpus"
GRACE = 600.0  # seconds beyond its time that a process may take: kernels are compiled, findings made smaller
PATIENCE = 20  # times the seconds of a processor that may pass by the clock
UNKNOWN = {"n_inputs": 0, "processor_seconds": 0.0, "findings": [], "ended": False}
ENDED_EARLY = "the process ended"


class Budget(NamedTuple):
    """How long a target is fuzzed: for seconds of a processor, or for so many inputs, however long these take."""

    seconds: float
    n_inputs: int = 0

    @classmethod
    def of_environment(cls) -> Budget:
        return cls(float(os.environ.get("FUZZ_SECONDS", "60")), int(os.environ.get("FUZZ_INPUTS", "0")))

    def is_over(self, seconds: float, n_inputs: int) -> bool:
        return n_inputs >= self.n_inputs if self.n_inputs else seconds >= self.seconds

    def __str__(self) -> str:
        return f"{self.n_inputs:,} inputs" if self.n_inputs else f"{self.seconds:g} s"


class Finding(NamedTuple):
    """An input that was not taken as it should be: how it ended, what is wrong, and where it was kept."""

    kind: str
    problem: str
    path: str


def engine(budget: Budget) -> str:
    guided = find_spec("atheris") and not budget.n_inputs
    return os.environ.get("FUZZ_ENGINE") or ("atheris" if guided else "mutation")


def keep(target: str, data: bytes) -> Path:
    """Write an input into the corpus of its target."""
    path = CORPUS / target / f"found-{hashlib.sha256(data).hexdigest()[:12]}"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    return path


class Result(NamedTuple):
    """How many inputs were tried, in how many seconds of processors, and what was found."""

    n_inputs: int
    processor_seconds: float
    found: list[Finding]


def fuzz(target: str, budget: Budget, seed: int) -> Result:
    """Run one process after the other until the time is over; a single one where inputs are counted."""
    total = Result(0, 0.0, [])
    with tempfile.TemporaryDirectory() as folder:
        while not budget.is_over(total.processor_seconds, total.n_inputs):
            left = budget._replace(seconds=budget.seconds - total.processor_seconds)
            new = run_process(target, left, seed + total.n_inputs, Path(folder))
            total = Result(*(before + more for before, more in zip(total, new, strict=True)))
            if budget.n_inputs or not new.n_inputs:
                break
    return total


def run_process(target: str, budget: Budget, seed: int, folder: Path) -> Result:
    """Run one process; a signal or an end without a report is a finding of the input it was busy with."""
    words = (engine(budget), target, budget.seconds, budget.n_inputs, seed, folder)
    command = [sys.executable, "-m", "faults.fuzz.process", *map(str, words)]
    environment = {**os.environ, "PYTHONHASHSEED": str(seed)}  # no order of a set depends on the run
    log = folder / "log"
    for name in ("report.json", "current"):
        (folder / name).unlink(missing_ok=True)
    with log.open("wb") as said:
        try:
            ended = subprocess.run(
                command,
                stdout=said,
                stderr=said,
                timeout=PATIENCE * budget.seconds + GRACE,
                check=False,
                env=environment,
            )
            status: Any = ended.returncode
        except subprocess.TimeoutExpired:
            status = "a hang"
    report = folder / "report.json"
    known: dict[str, Any] = json.loads(report.read_text()) if report.exists() else UNKNOWN
    found = [Finding(*each) for each in known["findings"]]
    if not known["ended"]:
        said_last = log.read_text(errors="replace")[-2_000:]
        current = folder / "current"
        path = keep(target, current.read_bytes()) if current.exists() else Path("none")
        found.append(Finding(ENDED_EARLY, f"status {status}: {said_last}", str(path)))
    return Result(known["n_inputs"], known["processor_seconds"], found)


def main(targets: list[str]) -> int:
    budget, seed = Budget.of_environment(), int(os.environ.get("FUZZ_SEED", "0"))
    print(f"fuzzing by {engine(budget)}, {budget} a target, seed {seed}", flush=True)
    n_found = 0
    with ThreadPoolExecutor(int(os.environ.get("FUZZ_JOBS", "2"))) as pool:
        results = pool.map(lambda target: fuzz(target, budget, seed), targets)
        for target, result in zip(targets, results, strict=True):
            n_found += len(result.found) + (result.n_inputs == 0)
            reach = f"{budget}, {result.processor_seconds:.0f} s of processors"
            add_row(f"fuzz: {target}", reach, result.n_inputs, len(result.found))
            for finding in result.found:
                print(f"{target}: {finding.path}\n{finding.kind}\n{finding.problem}\n", flush=True)
    return int(n_found > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or TARGETS))
