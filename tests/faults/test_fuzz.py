"""The corpus of every fuzz target is taken, with what was once found; and the programs that fuzz find what is wrong."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from contextlib import nullcontext
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from command_line import import_paths
from deepcuts.errors import DataError
from faults import table
from faults.fuzz import driver, verdict
from faults.fuzz.minimise import minimised
from faults.fuzz.process import Run, by_mutation


@pytest.mark.slow
@pytest.mark.parametrize("target", driver.TARGETS)
def test_the_corpus_is_taken(target: str, tmp_path: Path) -> None:
    if target == "http" and not find_spec("fastapi"):
        pytest.skip("needs the extra: pip install 'deepcuts[app]'")
    module = importlib.import_module(f"faults.fuzz.targets.{target}")
    with getattr(module, "session", nullcontext)():
        ends = {
            path.name: verdict.outcome(module.feed, path.read_bytes(), tmp_path)
            for path in sorted((driver.CORPUS / target).iterdir())
        }
    assert ends
    assert [kind for kind, _ in ends.values()].count("taken") * 4 >= sum(name.startswith("seed") for name in ends)
    assert not {name: problem for name, (_, problem) in ends.items() if problem}


def target_that(feed: verdict.Target) -> Any:
    module: Any = ModuleType("a target")
    module.feed = feed
    return module


def crashing(data: bytes, folder: Path) -> None:
    if b"\xff" in data:
        raise KeyError("nobody expected it")
    if b"long" in data:
        raise DataError("refused")


def test_what_crashes_is_found_made_smaller_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "CORPUS", tmp_path)
    run = Run("a target", target_that(crashing), driver.Budget(0.0, 300), tmp_path)
    by_mutation(run, [b"one", b"two long"], seed=1)
    ((kind, problem, path),) = run.findings.values()
    assert kind == "KeyError in test_fuzz.py, crashing"
    assert "nobody expected it" in problem
    assert Path(path).read_bytes() == b"\xff"
    assert Path(path).parent == tmp_path / "a target"
    run.report(ended=True)
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["n_inputs"] == run.n_inputs == 300


def test_so_many_inputs_are_the_same_in_every_run(tmp_path: Path) -> None:
    def fed(seed: int) -> list[bytes]:
        seen: list[bytes] = []
        run = Run("a target", target_that(lambda data, folder: seen.append(data)), driver.Budget(0.0, 200), tmp_path)
        by_mutation(run, [b"one", b"two"], seed)
        return seen

    assert fed(1) == fed(1) != fed(2)
    assert len(fed(1)) == 200
    assert fed(1)[:2] == [b"one", b"two"]


@pytest.mark.slow
def test_a_target_is_fuzzed_by_a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", import_paths())
    n_corpus = len(list((driver.CORPUS / "storage_files").iterdir()))
    result = driver.fuzz("storage_files", driver.Budget(0.0, n_corpus + 20), seed=3)
    assert (result.n_inputs, result.found) == (n_corpus + 20, [])


def test_a_hang_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdict, "MOST_SECONDS", 0.05)

    def endless(data: bytes, folder: Path) -> None:
        while data:
            pass

    def disguised(data: bytes, folder: Path) -> None:
        try:
            endless(data, folder)
        except TimeoutError:
            raise TypeError from None

    assert verdict.outcome(endless, b"x", tmp_path) == ("hang", "more than 0.05 s")
    assert verdict.outcome(disguised, b"x", tmp_path) == ("hang", "more than 0.05 s")
    assert verdict.outcome(endless, b"", tmp_path) == ("taken", None)


def test_a_process_that_ends_early_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "CORPUS", tmp_path)
    monkeypatch.setenv("FUZZ_ENGINE", "none")
    result = driver.run_process("no such target", driver.Budget(1.0), 0, tmp_path)
    ((kind, problem, path),) = result.found
    assert (result.n_inputs, kind, path) == (0, driver.ENDED_EARLY, "none")
    assert "ModuleNotFoundError" in problem


def test_minimised_keeps_what_matters() -> None:
    assert minimised(b"a" * 500 + b"XY" + b"b" * 500, lambda data: b"X" in data and b"Y" in data, 5.0) == b"XY"


def test_the_table_fails_where_anything_did_or_a_part_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rows"
    monkeypatch.setenv(table.FILE, str(path))
    for part in table.PARTS[:-1]:
        table.add_row(part, "all", 3, 0)
    assert table.main(path) == 1
    assert f"| {table.PARTS[-1]} | not tried | 0 | 0 |" in capsys.readouterr().out
    table.add_row(table.PARTS[-1], "all", 1_000, 0)
    assert table.main(path) == 0
    assert "| 1,000 | 0 |" in capsys.readouterr().out
    table.add_row("damage: bits", "all", 5, 1)
    environment = {**os.environ, "PYTHONPATH": import_paths()}
    ended = subprocess.run([sys.executable, "-m", "faults.table", str(path)], env=environment, check=False)
    assert ended.returncode == 1
