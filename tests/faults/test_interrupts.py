"""Ctrl-C at random moments of every command: it ends within two seconds with 130, without a traceback or a stray.

The short form interrupts each command once, in its first two seconds. The long one (DEEPCUTS_FAULTS=long) does it ten
times, and some commands ten times more while kernels are compiled into an empty cache.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

import deepcuts as dc
from command_line import COMMAND
from deepcuts.cli.plays_files import write_interactions
from deepcuts.cli.program import COMMANDS
from faults.limits import takes_too_long
from faults.table import add_row
from process_tree import seconds_with_children, text
from waiting import PATIENCE

LONG = os.environ.get("DEEPCUTS_FAULTS") == "long"
N_MOMENTS = 10 if LONG else 1
MOST_SECONDS = 2.0 if LONG else 6.0  # other tests may take the processors
SHORT_SECONDS = 2.0  # in which the short form chooses moments; the long one knows how long each command takes
N_COLD_SECONDS = 20.0 if LONG else 4.0  # of a run that compiles, in which moments are chosen

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux")]

# {} is the folder of inputs, @ one of its own for outputs. Services end with 0 once they serve.
SERVICES = ("explore", "serve")
CALLS: Mapping[str, str] = {
    "demo": "--folder @/demo",
    "me": "{}/export.tsv --model {}/model.safetensors",
    "explore": "{}/model.safetensors --port 0 --no-browser",
    "ingest": "{}/plays.csv --user user_id --item item_id --plays plays -o @/plays.safetensors",
    "generate": "-o @/world --users 4000 --items 1000",
    "split": "{}/plays.safetensors --train @/train.parquet --holdout @/holdout.csv",
    "train": "{}/plays.safetensors -o @/model.safetensors --factors 32",
    "extend": "{}/model.safetensors {}/plays.csv -o @/model.safetensors",
    "forget": "{}/model.safetensors {user} -o @/model.safetensors",
    "recommend": "{}/model.safetensors -k 100 -o @/lists.jsonl",
    "evaluate": "{}/lists.csv --train {}/train.csv --holdout {}/holdout.csv",
    "report": "{}/model.safetensors --train {}/train.csv --holdout {}/holdout.csv -o @/report.html",
    "tune": "{}/train.csv -o @/tuned.toml --trials 3 --workers 2 --set n_factors=8",
    "compare": "{}/train.csv --baseline popularity --baseline ease --seeds 2",
    "serve": "{}/model.safetensors --port 0",
    "personas": "{}/model.safetensors {user}",
    "similar": "{}/model.safetensors {item}",
    "explain": "{}/model.safetensors {user} {item}",
    "info": "{}/model.safetensors",
    "warmup": "",
}
COLD = ("demo", "train", "compare", "me", "warmup")
UNTRIED = {"download"}  # needs the network
ENDS: list[float] = []  # seconds from each interrupt to the end of its process


@dataclass(frozen=True)
class Inputs:
    """Files of a small world, and one of its users and items."""

    folder: Path
    user: str
    item: str

    def words(self, name: str, outputs: Path) -> list[str]:
        values = {"{}": str(self.folder), "@": str(outputs), "{user}": self.user, "{item}": self.item}
        return [name, *(_filled(word, values) for word in CALLS[name].split())]


def _filled(word: str, values: Mapping[str, str]) -> str:
    for mark, value in values.items():
        word = word.replace(mark, value)
    return word


@pytest.fixture(scope="module", autouse=True)
def _interrupts_are_heard() -> Iterator[None]:
    """What a shell starts in the background, or under nohup, ignores signals, and so would all that it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler), signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    for number, handler in zip((signal.SIGINT, signal.SIGHUP), before, strict=True):
        signal.signal(number, handler)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    folder = tmp_path_factory.mktemp("inputs")
    plays = dc.generate_world(800, 400, items_per_user=15).plays
    train, holdout = dc.split_holdout(plays)
    plays.save(folder / "plays.safetensors")
    for name, part in (("plays.csv", plays), ("train.csv", train), ("holdout.csv", holdout)):
        write_interactions(folder / name, part, force=False)
    model = dc.PersonaNMF(n_factors=8, base_epochs=3).fit(train)
    model.save(folder / "model.safetensors")
    user, items = model.user_ids.values[0].as_py(), model.item_ids.values.to_pylist()
    (folder / "export.tsv").write_text("".join(f"{item}\t{2 + n}\n" for n, item in enumerate(items[:20])))
    pairs = model.recommend(k=20).select(["user_id", "item_id", "rank"]).to_pylist()
    lines = (f'"{row["user_id"]}","{row["item_id"]}",{row["rank"]}' for row in pairs)
    (folder / "lists.csv").write_text("user_id,item_id,rank\n" + "\n".join(lines))
    return Inputs(folder, user, items[0])


def begun(words: list[str], **environment: str) -> subprocess.Popen[str]:
    """Start a command; return once the program is there: nobody else catches SIGTERM and SIGHUP."""
    process = subprocess.Popen(
        [*COMMAND, *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
        start_new_session=True,  # as a terminal does, the signal goes to all processes of the command
    )
    wanted = sum(1 << number - 1 for number in (signal.SIGTERM, signal.SIGHUP))
    while process.poll() is None and _caught(process.pid) & wanted != wanted:
        time.sleep(0.001)
    return process


def _caught(pid: int) -> int:
    lines = text(Path(f"/proc/{pid}/status")).splitlines()
    return next((int(line.split()[1], 16) for line in lines if line.startswith("SigCgt")), 0)


def wrong_after(process: subprocess.Popen[str], seconds: float, name: str, outputs: Path) -> Iterator[str]:
    """Interrupt a command after some time; say what was wrong with its end."""
    time.sleep(seconds)
    had_ended = process.poll() is not None
    began, had = time.monotonic(), seconds_with_children(process.pid)
    if not had_ended:
        os.killpg(process.pid, signal.SIGINT)  # until it is waited for, the number is its own
    said = _rest(process)
    took, of_processors = time.monotonic() - began, seconds_with_children() - had
    ENDS.append(took)
    keeps = name == "train" and "is kept" in said
    if takes_too_long(took, of_processors, MOST_SECONDS) and not keeps:
        yield f"it took {took:.1f} s, {of_processors:.1f} of processors"
    # Where everything is done when the signal comes, the status may be that of a whole run, or the signal itself ends
    # the process, while the interpreter takes itself down: 130 for a shell, too.
    done = name in SERVICES or had_ended or _is_whole(name, outputs, said)
    if process.returncode != 130 and not (process.returncode in (0, -signal.SIGINT) and done):
        yield f"status {process.returncode}: {said[-600:]}"
    if "Traceback" in said or "fault of deepcuts" in said or "Exception ignored" in said:
        yield said[-1200:]
    if strays := [path.name for path in outputs.rglob(".deepcuts-*")]:
        yield f"left {strays}"


def _rest(process: subprocess.Popen[str]) -> str:
    try:
        return "".join(process.communicate(timeout=PATIENCE))
    except subprocess.TimeoutExpired:
        process.kill()
        return "".join(process.communicate()) + "it does not end"


def _is_whole(name: str, outputs: Path, said: str) -> bool:
    """Whether all was done that a command does: what it writes is there, or it has said something."""
    written = [word.removeprefix("@/") for word in CALLS[name].split() if word.startswith("@/")]
    return all((outputs / each).exists() for each in written) if written else bool(said)


def seconds_of_a_whole_run(inputs: Inputs, name: str, folder: Path) -> float:
    (folder / "whole").mkdir()
    began = time.monotonic()
    process = begun(inputs.words(name, folder / "whole"))
    if name in SERVICES:
        _wait_until_it_serves(process)
        process.kill()
        process.communicate()
    else:
        said = _rest(process)
        assert process.returncode == 0, said
    return time.monotonic() - began


def wrong_once_it_serves(inputs: Inputs, name: str, folder: Path) -> Iterator[str]:
    (folder / "serving").mkdir()
    process = begun(inputs.words(name, folder / "serving"))
    _wait_until_it_serves(process)
    yield from wrong_after(process, 0.3, name, folder / "serving")


def _wait_until_it_serves(process: subprocess.Popen[str]) -> None:
    assert process.stderr is not None
    assert " http" in process.stderr.readline()


@pytest.mark.parametrize("name", CALLS)
def test_ctrl_c_at_random_moments(inputs: Inputs, tmp_path: Path, name: str) -> None:
    wrong = list(wrong_once_it_serves(inputs, name, tmp_path)) if name in SERVICES else []
    lasts = seconds_of_a_whole_run(inputs, name, tmp_path) if LONG else SHORT_SECONDS
    moments = random.Random(name)
    for n in range(N_MOMENTS):
        (tmp_path / str(n)).mkdir()
        seconds = moments.uniform(0, lasts)
        process = begun(inputs.words(name, tmp_path / str(n)))
        wrong += [
            f"after {seconds:.3f} of {lasts:.3f} s: {each}"
            for each in wrong_after(process, seconds, name, tmp_path / str(n))
        ]
    add_row("kills: Ctrl-C", f"{name}, ended after {max(ENDS[-N_MOMENTS:]):.1f} s at most", N_MOMENTS, len(wrong))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", COLD if LONG else COLD[:1])
def test_ctrl_c_while_kernels_are_compiled(inputs: Inputs, tmp_path: Path, name: str) -> None:
    wrong = []
    moments = random.Random(name)
    for n in range(N_MOMENTS):
        (tmp_path / str(n)).mkdir()
        seconds = moments.uniform(0.5, N_COLD_SECONDS)
        process = begun(inputs.words(name, tmp_path / str(n)), NUMBA_CACHE_DIR=str(tmp_path / f"cache {n}"))
        wrong += [f"after {seconds:.3f} s: {each}" for each in wrong_after(process, seconds, name, tmp_path / str(n))]
    reach = f"{name}, ended after {max(ENDS[-N_MOMENTS:]):.1f} s at most"
    add_row("kills: Ctrl-C while kernels are compiled", reach, N_MOMENTS, len(wrong))
    assert not wrong, "\n".join(wrong)


def test_every_command_is_tried() -> None:
    assert {command.name for command in COMMANDS} == {*CALLS} | UNTRIED


CAUGHT_BY_OTHERS = """
import signal, threading, time
from deepcuts.cli.interrupts import signals_raised
ended = threading.Event()
with signals_raised(to_the_end=True):
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        pass
    time.sleep(0.3)
    signal.signal(signal.SIGINT, lambda *_: ended.set())
    print(ended.wait(20), flush=True)
"""


def test_what_answers_signals_itself_hears_of_one_that_came_before_and_was_caught() -> None:
    ended = subprocess.run([sys.executable, "-c", CAUGHT_BY_OTHERS], capture_output=True, text=True, check=False)
    assert ended.stdout == "True\n", ended.stderr
