"""Messages name options as they are typed, and not the arguments of the library."""

from __future__ import annotations

from pathlib import Path

import pytest

import deepcuts as dc
from command_line import run

HUGE = 10**20


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("options")
    plays = dc.generate_world(60, 100, items_per_user=10).plays
    plays.save(folder / "plays.safetensors")
    dc.PersonaNMF(n_factors=4).fit(plays).save(folder / "model.safetensors")
    (folder / "settings.toml").write_text("n_factors = 0\n")
    (folder / "untimed.csv").write_text("user,item,plays\nada,Can,1\nada,Neu!,2\nbob,Can,3\n")
    (folder / "western.csv").write_bytes("user,item,plays\nada,Björk,1\nada,Can,2\nbob,Can,3\n".encode("cp1252"))
    return folder


INGEST = ("ingest", "untimed.csv", "--user", "user", "--item", "item", "-o", "new.csv")
TRAIN = ("train", "plays.safetensors", "-o", "new.safetensors")
TUNE = ("tune", "plays.safetensors", "-o", "new.toml")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("personas", "model.safetensors", "user 0000001", "-k", HUGE), f"-k is {HUGE}."),
        (("personas", "model.safetensors", "--all-factors", "-k", HUGE), f"-k is {HUGE}."),
        (("explain", "model.safetensors", "user 0000001", "Abel Caselli", "-k", HUGE), f"-k is {HUGE}."),
        (("recommend", "model.safetensors", "--user", "user 0000001", "-k", 0), "-k is 0."),
        ((*TRAIN, "--factors", 0), "--factors is 0. It is a whole number between 1 and 4096"),
        ((*TRAIN, "--lean-history", 0), "--lean-history is 0.0."),
        ((*TRAIN, "--settings", "settings.toml"), "settings.toml: n_factors is 0."),
        ((*TUNE, "--set", "n_factors=0"), "Error: n_factors is 0."),
        ((*TUNE, "--workers", HUGE), f"--workers is {HUGE}."),
        (("generate", "-o", "w", "--items", 200), "Lower --items-per-user or --scenes, or raise --items."),
        (("me", "untimed.csv", "--model", "model.safetensors", "--min-score", 0), "--min-score is 0.0."),
        ((*INGEST, "--since", "2024"), "Pass --time ... as well."),
        ((*INGEST, "--since", "2024", "--until", "2023"), "--since '2024' is not before --until '2023'."),
    ],
)
def test_a_message_names_the_option(folder, monkeypatch, words, message):
    monkeypatch.chdir(folder)
    assert message in " ".join(run(*words, code=2).stderr.split())


def test_what_has_the_option_beside_the_argument_stays(folder, monkeypatch):
    monkeypatch.chdir(folder)
    said = run("split", "plays.safetensors", "--train", "plays.safetensors", "--holdout", "new.csv", code=1).stderr
    assert "plays.safetensors is read, and would be lost." in said
    said = run("forget", "model.safetensors", "user 0000001", "-o", "settings.toml", code=1).stderr
    assert "Pass force=True (--force on the command line) to replace it." in said


def test_warnings_name_options_as_well(folder, tmp_path):
    columns = ("--user", "user", "--item", "item")
    said = run("ingest", folder / "western.csv", *columns, "-o", tmp_path / "plays.csv").stderr
    assert "is read as cp1252. If names look wrong, pass --encoding ..." in said


@pytest.mark.parametrize(
    "words",
    [
        ("train", "", "-o", "new.safetensors"),
        ("train", "plays.safetensors", "-o", ""),
        ("train", "plays.safetensors", "-o", "new.safetensors", "--settings", ""),
        ("me", "untimed.csv", "", "--model", "model.safetensors"),
        ("generate", "-o", ""),
        (*INGEST, "--names", ""),
    ],
)
def test_an_empty_path_is_told_as_such(folder, monkeypatch, words):
    monkeypatch.chdir(folder)
    before = sorted(folder.iterdir())
    said = " ".join(run(*words, code=2).stderr.replace("│", " ").split())
    assert "The path is empty. Name a file or a folder." in said
    assert sorted(folder.iterdir()) == before


def test_a_file_of_ids_has_a_name(folder):
    said = run("recommend", folder / "model.safetensors", "--user", "user 0000001", "--deny", "@", code=2).stderr
    assert "'@' names no file. Give @FILE" in said
