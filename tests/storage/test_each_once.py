"""Each file is read once, by whatever names it is given."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import deepcuts as dc
from command_line import run
from deepcuts.history import read_history
from deepcuts.storage import each_once


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "may.csv").write_text("artist,user,plays\nCan,ada,3\nBurial,ada,4\n")
    (logs / "june.csv").hardlink_to(logs / "may.csv")
    (logs / "latest.csv").symlink_to("may.csv")
    return logs


def test_links_and_names_of_one_file_are_one_file(folder: Path) -> None:
    names = [folder / "may.csv", folder / "latest.csv", folder / "june.csv", folder / ".." / "logs" / "may.csv"]
    assert list(each_once([folder / "gone", *names, folder / "gone"])) == [folder / "gone", folder / "may.csv"]


@pytest.mark.parametrize("given", ["*.csv", "may.csv latest.csv", "may.csv *.csv"])
def test_plays_of_a_linked_file_count_once(folder: Path, given: str) -> None:
    paths = [str(folder / name) for name in given.split()]
    assert dc.read_plays(paths, user="user", item="artist", plays="plays").plays.tolist() == [4, 3]


@pytest.mark.parametrize("given", [".", "may.csv latest.csv", ". may.csv"])
def test_listens_of_a_linked_file_count_once(folder: Path, given: str) -> None:
    history = read_history([folder / name for name in given.split()])
    assert dict(zip(*(history.counts[name].to_pylist() for name in ("artist", "plays")), strict=True)) == {
        "Can": 3,
        "Burial": 4,
    }
    assert len(history.sources) == 1


def test_plays_that_are_named_twice_on_the_command_line_count_once(tmp_path: Path) -> None:
    plays = dc.generate_world(40, 60, items_per_user=6, seed=1).plays
    train, holdout = dc.split_holdout(plays, fraction=0.3, seed=0)
    train.save(tmp_path / "train.safetensors")
    holdout.save(tmp_path / "holdout.safetensors")
    (tmp_path / "again.safetensors").symlink_to("train.safetensors")
    fitted = dc.Popularity().fit(train)
    pq.write_table(fitted.recommend(k=20), tmp_path / "lists.parquet")
    words = ("evaluate", tmp_path / "lists.parquet", "--holdout", tmp_path / "holdout.safetensors", "--all", "--json")
    once = json.loads(run(*words, "--train", tmp_path / "train.safetensors").stdout)
    both = ("--train", tmp_path / "train.safetensors", "--train", tmp_path / "again.safetensors")
    assert json.loads(run(*words, *both).stdout) == once
