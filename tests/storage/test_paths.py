"""Paths that mean something elsewhere: URLs, ~ and paths of Windows are told with what to write instead."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import deepcuts as dc
from deepcuts.errors import DeepcutsError, OutputError
from deepcuts.history import read_history
from deepcuts.storage import check_output, not_found

FOREIGN = {
    "file:///data/plays.csv": "Give its path, not a URL: /data/plays.csv.",
    "file:/data/plays.csv": "Give its path, not a URL: /data/plays.csv.",
    "https://example.org/plays.csv": "not URLs: download it first",
    "s3://bucket/plays.csv": "not URLs: download it first",
    "-": "Pipes are neither read nor written: name a file.",
    "~/plays.csv": f"give {os.path.expanduser('~')}/plays.csv.",
    r"C:\Users\ada\plays.csv": "separates folders by /",
    r"..\plays.csv": "separates folders by /",
}

posix = pytest.mark.skipif(os.sep != "/", reason="paths of Windows are paths there")


@posix
@pytest.mark.parametrize(("path", "advice"), FOREIGN.items())
def test_what_is_not_found_is_told_with_what_to_write(path: str, advice: str) -> None:
    readers = (
        dc.load,
        dc.Interactions.load,
        lambda name: dc.read_plays(name, user="user", item="item"),
        read_history,
    )
    for read in readers:
        with pytest.raises(DeepcutsError) as caught:
            read(path)
        assert str(caught.value).startswith(f"There is no file {path}.")
        assert advice in str(caught.value)


@posix
@pytest.mark.parametrize(("path", "advice"), FOREIGN.items())
def test_no_output_has_such_a_name(path: str, advice: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OutputError) as caught:
        check_output(path)
    assert advice in str(caught.value)


@pytest.mark.parametrize("path", ["plays.csv", "a:b.csv", "./~plays.csv", "~nobody-of-this-name/x", "über/plays.csv"])
def test_other_names_are_told_without_advice(path: str) -> None:
    assert not_found(path) == f"There is no file {path}."


def test_a_file_whose_name_only_looks_foreign_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("~plays.csv", r"a\plays.csv"):
        Path(name).write_text("user,item\nada,Grouper\nbob,Nas\n")
        assert dc.read_plays(name, user="user", item="item").n_pairs == 2
