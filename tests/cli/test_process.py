"""The command as a process: interrupted, killed, on a full disk, on a terminal, in front of a closed pipe."""

from __future__ import annotations

import json
import os
import pty
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import deepcuts as dc
from deepcuts.cli.plays_files import write_interactions
from waiting import PATIENCE, wait_until

pytestmark = pytest.mark.slow

STATUSES = [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]

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


def wait_for_hidden_file(process: subprocess.Popen[str], folder: Path, n_bytes: int) -> None:
    """Wait until a process has written so much to a temporary file in a folder."""

    def is_written() -> bool:
        assert process.poll() is None, process.communicate()
        return sum(path.stat().st_size for path in folder.glob(".*")) >= n_bytes

    wait_until(is_written)


@pytest.mark.parametrize(("how", "status"), STATUSES)
def test_an_interrupted_training_saves_the_model_of_its_last_epoch(folder, tmp_path, how, status):
    process = start("train", folder / "plays.safetensors", "-o", tmp_path / "model.safetensors", *LONG)
    while "Training: " not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(how)
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == status
    assert "Traceback" not in said
    assert said.splitlines()[-1] == f"Saved {tmp_path / 'model.safetensors'}, the model of the last whole epoch."
    model = dc.load(tmp_path / "model.safetensors")
    assert model.interrupted
    assert 100 <= len(model.epochs) < 1000
    assert model.recommend("user 0000001", k=5).num_rows == 5


@pytest.mark.parametrize(("how", "status"), STATUSES)
def test_an_interrupted_ingest_leaves_nothing_behind(folder, tmp_path, how, status):
    (tmp_path / "temporary").mkdir()
    write_interactions(tmp_path / "raw.csv", dc.Interactions.load(folder / "plays.safetensors"), force=False)
    columns = ("--user", "user_id", "--item", "item_id", "--plays", "plays")
    columns += ("--temp-directory", tmp_path / "temporary")
    process = start("ingest", tmp_path / "raw.csv", *columns, "-o", tmp_path / "plays.safetensors")
    assert process.stderr.readline().startswith("Reading ")
    process.send_signal(how)
    _, said = process.communicate(timeout=PATIENCE)
    assert (process.returncode, said.splitlines()[-1]) == (status, "Interrupted.")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["raw.csv", "temporary"]


@pytest.mark.parametrize(("how", "status"), STATUSES)
def test_interrupted_lists_leave_nothing_behind(folder, tmp_path, how, status):
    process = start("recommend", folder / "model.safetensors", "-k", 300, "-o", tmp_path / "lists.jsonl")
    wait_for_hidden_file(process, tmp_path, 10_000)
    process.send_signal(how)
    _, said = process.communicate(timeout=PATIENCE)
    assert (process.returncode, said.splitlines()[-1]) == (status, "Interrupted.")
    assert not list(tmp_path.iterdir())


def test_a_signal_that_is_ignored_from_the_start_stays_so(folder, tmp_path):
    arguments = ("recommend", folder / "model.safetensors", "-k", 300, "-o", tmp_path / "lists.jsonl", "--quiet")
    process = start(*arguments, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))  # as nohup does
    wait_for_hidden_file(process, tmp_path, 10_000)
    process.send_signal(signal.SIGHUP)
    assert process.communicate(timeout=PATIENCE) == ("", "")
    assert process.returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["lists.jsonl"]


def test_a_killed_command_leaves_the_old_file_whole(folder, tmp_path):
    (tmp_path / "lists.jsonl").write_text("precious")
    process = start("recommend", folder / "model.safetensors", "-k", 300, "-o", tmp_path / "lists.jsonl", "--force")
    wait_for_hidden_file(process, tmp_path, 100_000)
    process.kill()
    process.communicate(timeout=PATIENCE)
    assert process.returncode == -signal.SIGKILL
    assert (tmp_path / "lists.jsonl").read_text() == "precious"


def test_what_a_killed_command_leaves_the_next_one_removes(folder, tmp_path):
    output = tmp_path / "lists.jsonl"
    process = start("recommend", folder / "model.safetensors", "-k", 300, "-o", output)
    wait_for_hidden_file(process, tmp_path, 10_000)
    process.kill()
    process.communicate(timeout=PATIENCE)
    assert len(list(tmp_path.glob(".deepcuts-*"))) == 1
    process = start("recommend", folder / "model.safetensors", "--user", "user 0000001", "-o", output)
    process.communicate(timeout=PATIENCE)
    assert [path.name for path in tmp_path.iterdir()] == ["lists.jsonl"]


def test_a_full_disk_leaves_the_old_file_whole(folder, tmp_path):
    def allow_small_files_only() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))

    lists = tmp_path / "lists.parquet"
    lists.write_text("precious")
    arguments = ("recommend", folder / "model.safetensors", "-k", 200, "-o", lists, "--force", "--quiet")
    process = start(*arguments, preexec_fn=allow_small_files_only)
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert said == f"Error: {lists} cannot be written: File too large. Nothing was changed there.\n"
    assert [path.name for path in tmp_path.iterdir()] == [lists.name]
    assert lists.read_text() == "precious"


OUTPUTS = [
    ("similar", "Abel Kovova"),
    ("similar", "Abel Kovova", "--json"),
    ("recommend", "--user", "user 0000001"),
    ("personas", "user 0000001"),
    ("info",),
    ("info", "--json"),
    ("--help",),
    ("train", "--help"),
]


@pytest.mark.parametrize("words", OUTPUTS, ids=" ".join)
def test_a_reader_that_goes_away_ends_a_command_without_a_word(folder, words):
    read_end, write_end = os.pipe()
    os.close(read_end)
    model = () if "--help" in words else (str(folder / "model.safetensors"),)
    arguments = [COMMAND, words[0], *model, *words[1:]]
    result = subprocess.run(arguments, stdout=write_end, stderr=subprocess.PIPE, check=False, timeout=PATIENCE)
    os.close(write_end)
    assert (result.returncode, result.stderr) == (128 + signal.SIGPIPE, b"")


TELLERS = [
    ("train", "plays.safetensors", "-o", "NEW.safetensors", "--factors", "8"),
    ("recommend", "model.safetensors", "-o", "NEW.csv"),
    ("similar", "model.safetensors", "nobody of that name"),
    ("train", "--factors", "many"),
]


@pytest.mark.parametrize("words", TELLERS, ids=" ".join)
def test_a_reader_of_messages_that_goes_away_ends_a_command_before_it_writes(folder, tmp_path, words):
    read_end, write_end = os.pipe()
    os.close(read_end)
    named = [str(tmp_path / word) if "NEW" in word else word for word in words]
    result = subprocess.run(
        [COMMAND, *named], cwd=folder, stdout=write_end, stderr=write_end, check=False, timeout=PATIENCE
    )
    os.close(write_end)
    assert result.returncode == 128 + signal.SIGPIPE
    assert not list(tmp_path.iterdir())


def test_messages_that_find_no_space_are_no_reason_to_stop(folder, tmp_path):
    with open("/dev/full", "w", encoding="utf-8") as full:
        arguments = [COMMAND, "recommend", str(folder / "model.safetensors"), "-o", str(tmp_path / "lists.csv")]
        result = subprocess.run(arguments, stdout=subprocess.PIPE, stderr=full, check=False, timeout=PATIENCE)
    assert (result.returncode, result.stdout) == (0, b"")
    assert (tmp_path / "lists.csv").exists()


def test_a_locale_without_utf_8_is_told_what_to_set(folder):
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    arguments = [COMMAND, "similar", str(folder / "model.safetensors"), "Sigur Rós"]
    result = subprocess.run(
        arguments, env=os.environ | plain, capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert result.returncode == 2
    assert result.stderr.endswith("cannot be read. Set LC_ALL=C.UTF-8, or PYTHONUTF8=1.\n")


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)])
def test_closed_streams_neither_fail_nor_get_into_a_file(folder, tmp_path, closed):
    def close() -> None:
        for number in closed:
            os.close(number)

    for n, options in enumerate([["-o", str(tmp_path / "lists.csv")], ["--json"], []]):
        arguments = [COMMAND, "recommend", str(folder / "model.safetensors"), "--user", "user 0000001", *options]
        result = subprocess.run(
            arguments, capture_output=True, text=True, check=False, preexec_fn=close, timeout=PATIENCE
        )
        assert result.returncode == 0
        assert "Error" not in result.stderr
        assert bool(result.stdout) == (n > 0 and 1 not in closed)
    assert (tmp_path / "lists.csv").read_text().startswith('"user_id","item_id","rank"')


def test_output_that_finds_no_space_is_an_error(folder):
    with open("/dev/full", "w", encoding="utf-8") as full:
        for options in ([], ["--json"]):
            arguments = [COMMAND, "similar", str(folder / "model.safetensors"), "Abel Kovova", *options]
            result = subprocess.run(
                arguments, stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=PATIENCE
            )
            assert result.returncode == 1
            assert result.stderr == "Error: The output cannot be written: No space left on device.\n"


ONE_AFTER_THE_OTHER = """
import json, sys
from deepcuts.cli.main import main
for words in json.loads(sys.argv[1]):
    try:
        main(words)
    except SystemExit as end:
        if end.code:
            raise
sys.exit(__debug__)
"""


def test_commands_work_without_assertions_and_docstrings(folder, tmp_path):
    commands = (
        ("train", "--help"),
        ("recommend", folder / "model.safetensors", "--user", "user 0000001", "--json"),
        ("split", folder / "plays.safetensors", "--train", tmp_path / "a.csv", "--holdout", tmp_path / "b.csv"),
    )
    words = json.dumps([list(map(str, command)) for command in commands])
    done = subprocess.run(
        [sys.executable, "-OO", "-c", ONE_AFTER_THE_OTHER, words], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "b.csv").exists()


def test_a_terminal_that_knows_no_accents_gets_question_marks(folder):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    process = start("similar", folder / "model.safetensors", "Abel Kovova", "-k", 500, env=environment)
    shown, said = process.communicate(timeout=PATIENCE)
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
    process.communicate(timeout=PATIENCE)
    assert process.returncode == code
    return said.decode()


def test_progress_moves_on_a_terminal_and_nowhere_else(folder, tmp_path):
    arguments = ("train", folder / "plays.safetensors", "-o", tmp_path / "model.safetensors", "--force")
    arguments += ("--factors", 8, "--base-epochs", 3)
    said = on_a_terminal(*arguments)
    assert "\x1b[2K" in said  # a line is drawn again
    assert "Training" in said
    shown, said = start(*arguments).communicate(timeout=PATIENCE)
    assert shown == ""
    assert "\x1b" not in said
    assert "Training: 3 of 3" in said


def test_the_interpreter_looks_for_no_garbage_at_its_end():
    code = (
        "import atexit, gc, sys; from deepcuts.cli.main import main; sys.argv = ['deepcuts', '--version'];"
        "atexit.register(lambda: print(gc.get_count()[0] < 1_000 < gc.get_freeze_count())); main()"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert ended.stdout.splitlines()[-1] == "True"


def test_no_color_is_respected():
    said = on_a_terminal("info", "none.safetensors", code=1)
    assert "\x1b[1;31mError: \x1b[0mThere is no file" in said
    said = on_a_terminal("info", "none.safetensors", code=1, NO_COLOR="1")
    assert "Error: " in said
    assert "31m" not in said
