"""Outputs that belong together are replaced all or none, and whatever interrupts that, the next run puts it right."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from deepcuts import storage
from deepcuts.errors import OutputError
from waiting import PATIENCE

PAIR = ("train.csv", "holdout.csv")


def write_pair(folder: Path, *, force: bool = True, meanwhile: str | None = None) -> None:
    with storage.together():
        for name in PAIR:
            with storage.replacing(folder / name, force=force) as temporary:
                temporary.write_text("new")
        assert sorted(path.name for path in folder.glob("[!.]*")) == sorted(PAIR) * force
        if meanwhile:
            (folder / meanwhile).write_text("theirs")


@pytest.fixture
def pair(tmp_path: Path) -> Path:
    """A folder with two files that belong together."""
    for name in PAIR:
        (tmp_path / name).write_text("old")
    return tmp_path


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted(folder.iterdir())}


def test_several_outputs_are_replaced_together(pair):
    (pair / "train.csv").chmod(0o640)
    write_pair(pair)
    assert contents(pair) == dict.fromkeys(PAIR, "new")
    assert stat.S_IMODE((pair / "train.csv").stat().st_mode) == 0o640


def test_several_outputs_come_up_together(tmp_path):
    write_pair(tmp_path, force=False)
    assert contents(tmp_path) == dict.fromkeys(PAIR, "new")


def test_trouble_with_one_of_several_outputs_leaves_all_as_they_were(pair):
    with (
        pytest.raises(OutputError, match=r"train\.csv cannot be written: Full\. Nothing was changed there\."),
        storage.together(),
        storage.replacing(pair / "holdout.csv", force=True),
        storage.replacing(pair / "train.csv", force=True),
    ):
        raise OSError("Full")
    assert contents(pair) == dict.fromkeys(PAIR, "old")


@pytest.mark.parametrize("n_moved", range(4))
def test_a_move_that_fails_takes_the_others_back_and_says_so(pair, monkeypatch, n_moved):
    calls, names = iter(range(100)), ("rename", "replace")
    for name, really in [(name, getattr(os, name)) for name in names]:

        def move(source, target, really=really):
            if next(calls) == n_moved:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            really(source, target)

        monkeypatch.setattr(os, name, move)
    with pytest.raises(OutputError) as caught:
        write_pair(pair)
    failed, other = [str(pair / name) for name in (PAIR if n_moved % 2 == 0 else PAIR[::-1])]
    assert str(caught.value) == (
        f"{failed} cannot be written: Input/output error. Nothing was changed there, nor at {other}."
    )
    assert contents(pair) == dict.fromkeys(PAIR, "old")


def test_a_file_is_not_two_outputs(pair):
    def write_twice() -> None:
        with storage.together():
            for path in (pair / "train.csv", pair / "." / "train.csv"):
                with storage.replacing(path, force=True) as temporary:
                    temporary.write_text("new")

    with pytest.raises(OutputError, match=r"is named for two outputs\. Name a different file for each\."):
        write_twice()
    assert contents(pair) == dict.fromkeys(PAIR, "old")


def test_outputs_can_be_read_before_they_are_in_place(pair):
    with storage.together():
        with storage.replacing(pair / "train.csv", force=True) as temporary:
            temporary.write_text("new")
        assert storage.where_written(pair / "train.csv").read_text() == "new"
        assert storage.where_written(pair / "holdout.csv") == pair / "holdout.csv"
    assert storage.where_written(pair / "train.csv") == pair / "train.csv"


KILLED_WHILE_MOVING = """
import os, sys
from pathlib import Path
from deepcuts import storage
left, folders = int(sys.argv[1]), [Path(folder) for folder in sys.argv[2:]]

def killing(really):
    def call(*arguments, **options):
        global left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), 9)
        return really(*arguments, **options)
    return call

with storage.together():
    for folder, name in zip(folders, ("train.csv", "holdout.csv")):
        with storage.replacing(folder / name, force=True) as temporary:
            temporary.write_text("new")
    for name in ("rename", "replace", "unlink", "link", "fsync", "open"):
        setattr(os, name, killing(getattr(os, name)))
print("done")
"""


@pytest.mark.slow
@pytest.mark.parametrize("n_folders", [1, 2])
def test_a_kill_between_moves_leaves_no_mixture_and_the_next_run_finishes_or_undoes_it(tmp_path, n_folders):
    folders, n_calls, done = [tmp_path / "a", tmp_path / "b"][:n_folders], 0, ""
    for folder in folders:
        folder.mkdir()
    paths = [folder / name for folder, name in zip(folders * 2, PAIR, strict=False)]
    while not done:
        for path in paths:
            path.write_text("old")
        arguments = [sys.executable, "-c", KILLED_WHILE_MOVING, str(n_calls), *map(str, folders * (3 - n_folders))]
        ended = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=PATIENCE)
        assert ended.returncode in (0, -signal.SIGKILL), ended.stderr
        done = ended.stdout
        assert len({path.read_text() for path in paths if path.exists()}) <= 1, n_calls
        for folder in folders[:: (-1) ** n_calls]:
            storage.check_output(folder / "lists.csv")  # as the next run does
            assert len({path.read_text() for path in paths}) == 1, n_calls
        assert not list(tmp_path.rglob(".*")), n_calls
        n_calls += 1
    assert n_calls > 10


def test_a_file_of_several_that_comes_up_meanwhile_keeps_all_from_being_replaced(tmp_path):
    with pytest.raises(OutputError, match=r"holdout\.csv exists already: it has come up"), storage.together():
        write_pair(tmp_path, force=False, meanwhile="holdout.csv")
    assert contents(tmp_path) == {"holdout.csv": "theirs"}


def test_a_file_system_without_links_will_do(tmp_path, monkeypatch):
    def refuse(source, target):
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)
    write_pair(tmp_path, force=False)
    assert contents(tmp_path) == dict.fromkeys(PAIR, "new")
    with pytest.raises(OutputError, match="has come up meanwhile"), storage.replacing(tmp_path / "lists.csv"):
        (tmp_path / "lists.csv").write_text("theirs")
    assert (tmp_path / "lists.csv").read_text() == "theirs"


def write_into_new_folders(folder: Path) -> None:
    with storage.together():
        for name in ("new/inner", "there", "there/new", "somebody's"):
            storage.make_folder(folder / name)
        (folder / "somebody's" / "file").write_text("theirs")
        with storage.replacing(folder / "new" / "inner" / "a.csv"):
            pass
        raise OutputError("full")


def test_folders_of_outputs_that_fail_are_gone_again_but_not_what_was_there(tmp_path):
    (tmp_path / "there").mkdir()
    with pytest.raises(OutputError, match="full"):
        write_into_new_folders(tmp_path)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "somebody's", "there"]


def test_folders_of_outputs_stay_with_them(tmp_path):
    with storage.together(), storage.replacing(storage.make_folder(tmp_path / "new" / "inner") / "a.csv") as temporary:
        temporary.write_text("new")
    assert [path.name for path in tmp_path.rglob("*.csv")] == ["a.csv"]
    with pytest.raises(OutputError, match=r"The folder ~/x cannot be made\. Only a shell knows what ~ stands for"):
        storage.make_folder("~/x")
