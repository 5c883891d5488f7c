"""No command writes over what it reads, or two outputs over one another, whatever --force says."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
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


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".JSON"])
def test_a_model_is_not_called_a_table(tmp_path: Path, ending: str) -> None:
    plays = dc.generate_world(40, 60, items_per_user=6, seed=1).plays
    model = dc.PersonaNMF(n_factors=2, base_epochs=1).fit(plays)
    model.save(tmp_path / "model.safetensors")
    plays.save(tmp_path / "plays.safetensors")
    before = {path.name for path in tmp_path.iterdir()}
    output = tmp_path / f"output{ending}"
    message = f"would be no {ending.lower()} file, but one of deepcuts. Give it the ending .safetensors."
    for words in (
        ("train", tmp_path / "plays.safetensors"),
        ("extend", tmp_path / "model.safetensors", tmp_path / "plays.safetensors"),
        ("forget", tmp_path / "model.safetensors", model.user_ids[0]),
    ):
        assert message in " ".join(run(*words, "-o", output, code=1).stderr.split())
    for saved in (model, plays):
        with pytest.raises(dc.DeepcutsError, match="Give it the ending"):
            saved.save(output)
    assert {path.name for path in tmp_path.iterdir()} == before


def test_a_file_in_place_of_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(dc.DeepcutsError, match=r"is a file, not a folder\. Choose another one\."):
        dc.generate_world(40, 60, items_per_user=6, seed=1).plays.save(tmp_path / "file" / "plays.safetensors")
    with pytest.raises(dc.DeepcutsError, match=r"^A path is empty\. Name a file\.$"):
        dc.load("")


def test_lists_are_not_taken_for_plays(tmp_path: Path) -> None:
    plays = dc.generate_world(40, 60, items_per_user=6, seed=1).plays
    lists = dc.Popularity().fit(plays).recommend(k=3)
    pq.write_table(lists, tmp_path / "lists.parquet")
    message = "has a column 'rank' and none of plays, as lists have."
    with pytest.raises(dc.DeepcutsError, match=f"^The table {message}"):
        dc.PersonaNMF().fit(lists)
    said = run("forget", tmp_path / "lists.parquet", lists["user_id"][0], "-o", tmp_path / "left.csv", code=1).stderr
    assert message in " ".join(said.split())
    assert dc.split_holdout(lists.append_column("plays", lists["rank"]), fraction=0.5)[0].n_users == 40
