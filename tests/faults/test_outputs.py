"""Outputs under kills and errors: old or new, all or none, and nothing left behind."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import deepcuts as dc
from faults.table import add_row

LONG = os.environ.get("DEEPCUTS_FAULTS") == "long"
SIGNALS = [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT]
STATUSES = {signal.SIGTERM: 143, signal.SIGHUP: 129, signal.SIGINT: 130, signal.SIGKILL: -9}
CALLS = ["write", "open", "fsync", "rename", "replace", "link", "unlink", "chmod"]
ERRORS = ["ENOSPC", "EIO", "EACCES", "EROFS", "EDQUOT"]
N_CALLS = 12 if LONG else 2
N_BY_TIME = 240 if LONG else 8

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

Run = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """Run a command in a forked child, with a fault."""
    command = [sys.executable, str(Path(__file__).with_name("forked_commands.py"))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None

        def run(arguments: list[str], fault: dict[str, Any] | None = None) -> dict[str, Any]:
            print(json.dumps({"arguments": arguments, "fault": fault}), file=server.stdin, flush=True)
            return json.loads(server.stdout.readline())

        yield run
        server.stdin.close()


class Case:
    """A command, and what its outputs hold before and after it."""

    def __init__(self, run: Run, folder: Path, arguments: list[str], outputs: list[str]) -> None:
        self.run, self.folder, self.arguments, self.outputs = run, folder, arguments, outputs
        self.new = self.made(seed=2)
        self.old = self.made(seed=1)
        self.old_bytes = {name: (folder / name).read_bytes() for name in outputs}
        assert not set(self.old.values()) & set(self.new.values())

    def call(self, seed: int, fault: dict[str, Any] | None = None, *, force: bool = True) -> dict[str, Any]:
        return self.run([*self.arguments, "--seed", str(seed), "--quiet", *["--force"] * force], fault)

    def made(self, seed: int) -> dict[str, str]:
        ended = self.call(seed)
        assert ended["status"] == 0, ended
        return self.there()

    def there(self) -> dict[str, str]:
        found = {name: self.folder / name for name in self.outputs}
        return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in found.items() if path.exists()}

    def strays(self) -> list[str]:
        return sorted(set(os.listdir(self.folder)) - set(self.outputs))

    def reset(self) -> None:
        for name, content in self.old_bytes.items():
            (self.folder / name).write_bytes(content)

    def wrong_after_kill(self, fault: dict[str, Any]) -> list[str]:
        """Kill the command and run it again; return what was wrong."""
        self.reset()
        ended, number, wrong = self.call(2, fault), fault["signal"], []
        there = self.there()
        # Before the command has begun, a signal ends the process as it ends any other.
        if ended["status"] not in (0, STATUSES[number]) and (ended["status"] != -number or there != self.old):
            wrong.append(f"status {ended['status']}: {ended['said'][:300]}")
        if not (there.items() <= self.old.items() or there.items() <= self.new.items()):
            wrong.append("a mixture or a broken output")
        if number != signal.SIGKILL and (self.strays() or len(there) < len(self.outputs)):
            wrong.append(f"left {self.strays()}, {sorted(there)}")
        ended = self.call(2)
        if ended["status"] or self.there() != self.new or self.strays():
            wrong.append(f"the next run: {ended}, {self.strays()}")
        return [f"{fault}: {each}" for each in wrong]

    def wrong_after_error(self, fault: dict[str, Any]) -> list[str]:
        """Have a call of the command fail; return what was wrong."""
        self.reset()
        ended = self.call(2, fault)
        failed, there = ended["status"] != 0, self.there()
        wrong = []
        if failed and (ended["status"] != 1 or "fault of deepcuts" in ended["said"] or "foreign" in ended["said"]):
            wrong.append(f"{ended}")
        if there != (self.old if failed else self.new) or self.strays():
            wrong.append(f"{ended['status']} with {self.strays()}, old: {there == self.old}, new: {there == self.new}")
        return [f"{fault}: {each}" for each in wrong]


@pytest.fixture(scope="module")
def cases(run: Run, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Case]:
    """Splits into files of each format."""
    inputs = tmp_path_factory.mktemp("inputs") / "plays.safetensors"
    dc.generate_world(400, 300, items_per_user=10).plays.save(inputs)
    made = {}
    for ending in (".safetensors", ".csv", ".parquet") if LONG else (".safetensors",):
        folder = tmp_path_factory.mktemp("outputs")
        outputs = [f"train{ending}", f"holdout{ending}"]
        files = ["--train", str(folder / outputs[0]), "--holdout", str(folder / outputs[1])]
        made[ending] = Case(run, folder, ["split", str(inputs), *files], outputs)
    return made


def told(part: str, tried: int, wrong: list[str]) -> None:
    """Print a row of the table, and fail where anything was wrong."""
    add_row(part, "split", tried, len(wrong))
    assert tried
    assert not wrong, "\n".join(wrong[:20])


def test_kills_at_calls(cases: dict[str, Case]) -> None:
    signals = SIGNALS if LONG else SIGNALS[:2]
    tries = list(itertools.product(cases.values(), CALLS, range(N_CALLS), signals))
    wrong = [
        each
        for case, call, n, number in tries
        for each in case.wrong_after_kill({"call": call, "n": n, "signal": number})
    ]
    told("kills at calls", len(tries), wrong)


def test_kills_by_time(cases: dict[str, Case]) -> None:
    random_times = random.Random(0)
    tries = [
        (case, {"seconds": random_times.uniform(0, 0.15), "signal": SIGNALS[n % len(SIGNALS)]})
        for n in range(N_BY_TIME)
        for case in [list(cases.values())[n // len(SIGNALS) % len(cases)]]
    ]
    told("kills by time", len(tries), [each for case, fault in tries for each in case.wrong_after_kill(fault)])


def test_errors_at_calls(cases: dict[str, Case]) -> None:
    numbers, errors = (range(9), ERRORS) if LONG else (range(3), ERRORS[:2])
    calls = [call for call in CALLS if call not in ("open", "unlink")]
    tries = list(itertools.product(cases.values(), calls, numbers, errors))
    wrong = [
        each
        for case, call, n, error in tries
        for each in case.wrong_after_error({"call": call, "n": n, "error": error})
    ]
    told("errors at calls", len(tries), wrong)
