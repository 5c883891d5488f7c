"""The command as a process: interrupted, killed, on a full disk, on a terminal, in front of a closed pipe."""

from __future__ import annotations

import os
import pty
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import deepcuts as dc
from deepcuts.cli.plays_files import write_interactions

pytestmark = pytest.mark.slow

LONG = ("--base-epochs", "1000", "--tolerance", "0", "--factors", "32")

COMMAND = str(Path(sys.executable).with_name("deepcuts"))


def start(*arguments: object, **settings: object) -> subprocess.Popen[str]:
    command = [COMMAND, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **settings)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Plays of a world that keeps the command busy for a while, and a model of them."""
    folder = tmp_path_factory.mktemp("world")
    plays = dc.generate_world(seed=0).plays
    plays.save(folder / "plays.safetensors")
    dc.PersonaNMF(n_factors=8).fit(plays).save(folder / "model.safetensors")
    return folder


def wait_for_hidden_file(folder: Path, n_bytes: int) -> None:
    """Wait until a temporary file in a folder has some size."""
    deadline = time.monotonic() + 60
    while sum(path.stat().st_size for path in folder.glob(".*")) < n_bytes:
        assert time.monotonic() < deadline, "nothing was written"
        time.sleep(0.01)


def test_an_interrupted_training_saves_the_model_of_its_last_epoch(folder, tmp_path):
    process = start("train", folder / "plays.safetensors", "-o", tmp_path / "model.safetensors", *LONG)
    while "Training: " not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert said.splitlines()[-1] == f"Saved {tmp_path / 'model.safetensors'}, the model of the last whole epoch."
    model = dc.load(tmp_path / "model.safetensors")
    assert model.interrupted
    assert 100 <= len(model.epochs) < 1000
    assert model.recommend("user 0000001", k=5).num_rows == 5


def test_an_interrupted_ingest_leaves_nothing_behind(folder, tmp_path):
    write_interactions(tmp_path / "raw.csv", dc.Interactions.load(folder / "plays.safetensors"), force=False)
    columns = ("--user", "user_id", "--item", "item_id", "--plays", "plays")
    process = start("ingest", tmp_path / "raw.csv", *columns, "-o", tmp_path / "plays.safetensors")
    assert process.stderr.readline().startswith("Reading ")
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said.splitlines()[-1]) == (130, "Interrupted.")
    assert [path.name for path in tmp_path.iterdir()] == ["raw.csv"]


def test_interrupted_lists_leave_nothing_behind(folder, tmp_path):
    process = start("recommend", folder / "model.safetensors", "-k", 300, "-o", tmp_path / "lists.jsonl")
    wait_for_hidden_file(tmp_path, 10_000)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said.splitlines()[-1]) == (130, "Interrupted.")
    assert not list(tmp_path.iterdir())


def test_a_killed_command_leaves_the_old_file_whole(folder, tmp_path):
    (tmp_path / "lists.jsonl").write_text("precious")
    process = start("recommend", folder / "model.safetensors", "-k", 300, "-o", tmp_path / "lists.jsonl", "--force")
    wait_for_hidden_file(tmp_path, 100_000)
    process.kill()
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert (tmp_path / "lists.jsonl").read_text() == "precious"


def test_a_full_disk_leaves_the_old_file_whole(folder, tmp_path):
    def allow_small_files_only() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))

    lists = tmp_path / "lists.parquet"
    lists.write_text("precious")
    arguments = ("recommend", folder / "model.safetensors", "-k", 200, "-o", lists, "--force", "--quiet")
    process = start(*arguments, preexec_fn=allow_small_files_only)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert said.startswith(f"Error: {lists} cannot be written: ")
    assert said.endswith("File too large. Nothing was changed there.\n")
    assert [path.name for path in tmp_path.iterdir()] == [lists.name]
    assert lists.read_text() == "precious"


def test_a_reader_that_goes_away_is_no_failure_to_talk_about(folder):
    read_end, write_end = os.pipe()
    os.close(read_end)
    arguments = [COMMAND, "similar", str(folder / "model.safetensors"), "Abel Kovova"]
    for options in ([], ["--json"]):
        result = subprocess.run([*arguments, *options], stdout=write_end, stderr=subprocess.PIPE, check=False)
        assert result.stderr == b""
    os.close(write_end)


def test_a_terminal_that_knows_no_accents_gets_question_marks(folder):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    process = start("similar", folder / "model.safetensors", "Abel Kovova", "-k", 500, env=environment)
    shown, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (0, "")
    assert "?" in shown


def on_a_terminal(*arguments: object, code: int = 0, **environment: str) -> str:
    """Run a command with stderr on a terminal; return what it says there."""
    ours, theirs = pty.openpty()
    process = start(
        *arguments, env={**os.environ, "TERM": "xterm", **environment}, preexec_fn=lambda: os.dup2(theirs, 2)
    )
    os.close(theirs)
    said = b""
    try:
        while block := os.read(ours, 65536):
            said += block
    except OSError:  # the other end is closed
        pass
    process.communicate(timeout=60)
    assert process.returncode == code
    return said.decode()


def test_progress_moves_on_a_terminal_and_nowhere_else(folder, tmp_path):
    arguments = ("train", folder / "plays.safetensors", "-o", tmp_path / "model.safetensors", "--force")
    arguments += ("--factors", 8, "--base-epochs", 3)
    said = on_a_terminal(*arguments)
    assert "\x1b[2K" in said  # a line is drawn again
    assert "Training" in said
    shown, said = start(*arguments).communicate(timeout=60)
    assert shown == ""
    assert "\x1b" not in said
    assert "Training: 3 of 3" in said


def test_no_color_is_respected():
    said = on_a_terminal("info", "none.safetensors", code=1)
    assert "\x1b[1;31mError: \x1b[0mThere is no file" in said
    said = on_a_terminal("info", "none.safetensors", code=1, NO_COLOR="1")
    assert "Error: " in said
    assert "31m" not in said
