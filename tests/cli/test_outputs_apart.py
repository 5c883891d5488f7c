"""No command writes over what it reads, or two outputs over one another, whatever --force says."""

from __future__ import annotations

from pathlib import Path

import pytest

import deepcuts as dc
from command_line import run

INGEST = ("--user", "user", "--item", "item", "--plays", "plays", "--force")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in {
        "plays.csv": "user,item,plays\na,x,1\nb,x,-3\nb,y,2\n",
        "names.csv": "item_id,name\nx,X\ny,Y\n",
        "heard.txt": "x\n",
        "model.safetensors": "",
        "study.db": "",
    }.items():
        (tmp_path / name).write_text(text)
    return tmp_path


SKIP = ("--on-bad-rows", "skip", "--bad-rows")


@pytest.mark.parametrize(
    ("words", "lost"),
    [
        (("ingest", "plays.csv", *INGEST, *SKIP, "plays.csv", "-o", "a.safetensors"), "plays.csv"),
        (("ingest", "p*.csv", *INGEST, *SKIP, "plays.csv", "-o", "a.safetensors"), "plays.csv"),
        (("ingest", "p*.csv", *INGEST, "-o", "plays.csv"), "plays.csv"),
        (("ingest", "plays.csv", "--names", "names.csv", *INGEST, *SKIP, "names.csv", "-o", "a.safetensors"), "names"),
        (("recommend", "model.safetensors", "--user", "a", "--deny", "@heard.txt", "-o", "heard.txt"), "heard.txt"),
        (("recommend", "model.safetensors", "--user", "a", "--allow", "@heard.txt", "-o", "heard.txt"), "heard.txt"),
        (("train", "plays.csv", "-o", "study.db", "--auto", "--study", "study.db", "--force"), "study.db"),
        (("tune", "plays.csv", "-o", "t.toml", "--study", "t.toml"), "t.toml"),
        (("tune", "plays.csv", "-o", "t.toml", "--plot", "f.svg", "--study", "f.svg"), "f.svg"),
        (("split", "plays.csv", "--train", "plays.csv", "--holdout", "b.csv"), "plays.csv"),
    ],
)
def test_what_is_read_is_never_written(folder: Path, words: tuple[str, ...], lost: str) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    said = " ".join(run(*words, code=1).stderr.split())
    assert said.startswith("Error: " + lost)
    assert "is read, and would be lost. Name another file for what is written." in said
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize(
    "words",
    [
        ("ingest", "plays.csv", *INGEST, *SKIP, "./both.csv", "-o", "both.csv"),
        ("me", "plays.csv", "--model", "model.safetensors", "--save", "both.csv", "-o", "both.csv"),
    ],
)
def test_two_outputs_are_two_files(folder: Path, words: tuple[str, ...]) -> None:
    assert "both.csv is named for two outputs." in run(*words, code=1).stderr
    assert not (folder / "both.csv").exists()


def test_rows_that_are_skipped_are_not_written_over_the_plays(folder: Path) -> None:
    before = (folder / "plays.csv").read_bytes()
    with pytest.raises(dc.DeepcutsError, match="is read, and would be lost"):
        dc.read_plays(
            "plays.csv", user="user", item="item", plays="plays",
            on_bad_rows="skip", bad_rows=folder / "plays.csv", force=True,
        )  # fmt: skip
    assert (folder / "plays.csv").read_bytes() == before
