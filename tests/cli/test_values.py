"""Values of options that are more than one word."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_line import run
from deepcuts.cli.terminal import printable
from deepcuts.cli.values import by_persona, ids, ids_in_file, plays_in_file, turn
from deepcuts.errors import DataError, SettingsError
from deepcuts.tuning.files import parse_values


@given(st.dictionaries(st.integers(0, 99), st.floats(allow_nan=False), min_size=1))
def test_numbers_by_persona_are_read_as_they_are_written(numbers):
    text = ",".join(f"{persona}={number}" for persona, number in numbers.items())
    assert by_persona(text, "--boost") == numbers


@pytest.mark.parametrize("text", ["", "1", "1=", "=2", "1=2=3", "a=1", "1=x", "1=2;2=3", "1.5=2"])
def test_other_spellings_are_refused(text):
    message = "--boost is .*Give numbers by persona, such as 0=2 or 0=0.3,2=-0.1"
    with pytest.raises(SettingsError, match=message):
        by_persona(text, "--boost")


@pytest.mark.parametrize("text", ["0=1,0=2", "0=1,1=2,00=3"])
def test_a_persona_stands_once(text):
    with pytest.raises(SettingsError, match=r"where a persona stands twice\. Give one number for each"):
        turn(text, "--rarity")


@pytest.mark.parametrize("words", [("--boost", "0=2", "--boost", "0=3"), ("--mute", "0", "--boost", "0=2")])
def test_a_persona_is_muted_or_boosted_once(words):
    said = run("recommend", "model.safetensors", "--user", "ada", *words, code=2).stderr
    assert "Persona 0 is muted or boosted more than once. Say one thing of each persona." in " ".join(said.split())


def test_a_setting_is_given_once():
    with pytest.raises(SettingsError, match=r"--set gives n_factors twice\. Give it once\."):
        parse_values(["n_factors=3", "n-factors=4"], "--set")


def test_rarity_is_one_number_or_one_for_each_persona():
    assert turn("-0.25", "--rarity") == -0.25
    assert turn("0=0.3,2=-0.1", "--rarity") == {0: 0.3, 2: -0.1}
    with pytest.raises(SettingsError, match="--strength is 'rare'"):
        turn("rare", "--strength")


def test_ids_come_as_they_are_or_from_a_file(tmp_path):
    (tmp_path / "ids.txt").write_bytes("\ufeffBjörk\r\n\r\nJ Dilla\n a b \n".encode())
    assert ids(["x, y", f"@{tmp_path / 'ids.txt'}", "z"]) == ["x, y", "Björk", "J Dilla", " a b ", "z"]


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"\n \n", "holds no ids. Write one on each line."), (b"\xff\xfe\x00", "is not a text file in UTF-8.")],
)
def test_files_without_ids_are_refused(tmp_path, content, message):
    (tmp_path / "ids.txt").write_bytes(content)
    with pytest.raises(DataError, match=message):
        ids_in_file(tmp_path / "ids.txt")
    with pytest.raises(DataError, match=r"There is no file .*none\.txt\."):
        ids_in_file(tmp_path / "none.txt")


@pytest.mark.parametrize(
    ("content", "plays"),
    [
        ("Grouper\t40\nJ Dilla\t12\n", {"Grouper": 40, "J Dilla": 12}),
        ("Grouper,40\nJ Dilla,12.5\n", {"Grouper": 40, "J Dilla": 12.5}),
        ("Grouper\n\nJ Dilla\nGrouper\n", {"Grouper": 2, "J Dilla": 1}),
        ("item_id,plays\nGrouper,40\n", {"Grouper": 40}),
        ("Artist\tPlays\nGrouper\t40\n", {"Grouper": 40}),
        ("item\nGrouper\n", {"Grouper": 1}),
        ("item,40\n", {"item": 40}),
        ('"Heroes"\t2\n', {'"Heroes"': 2}),
        ('"Tyler, the Creator",3\nEarth, Wind & Fire\t2\n', {"Tyler, the Creator": 3, "Earth, Wind & Fire": 2}),
    ],
)
def test_histories_in_every_spelling(tmp_path, content, plays):
    (tmp_path / "plays.txt").write_text(content)
    assert plays_in_file(tmp_path / "plays.txt") == plays


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "holds no items."),
        ("item,plays\n", "holds no items."),
        (" \n\n\t\n \u3000\n", "holds no items."),
        ("a\n \t3\n", r"Line 2 of .* is \[' ', '3'\]\. Give an item, then a tab"),
        ("Grouper,1\nEarth, Wind & Fire\n", "Line 2 of .*put an item with a comma in it between double quotes"),
        ("Grouper\t0\n", "Line 1 of .*a play count above 0"),
        ("Grouper\tnan\n", "a play count above 0"),
        ("Grouper\tinf\n", "a play count above 0"),
        ("Grouper\t1\t2\n", "a play count above 0"),
    ],
)
def test_histories_that_cannot_be_used(tmp_path, content, message):
    (tmp_path / "plays.txt").write_text(content)
    with pytest.raises(DataError, match=message):
        plays_in_file(tmp_path / "plays.txt")


@given(st.text())
def test_printable_text_holds_nothing_that_a_terminal_obeys(text):
    assert printable(text).isprintable()
    assert printable("Björk [bold] 😀") == "Björk [bold] 😀"


@pytest.mark.parametrize("read", [ids_in_file, plays_in_file])
def test_pipes_and_devices_are_refused(tmp_path, read):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), Path("/dev/urandom")):
        with pytest.raises(DataError, match="is a pipe or a device, not a file"):
            read(path)
    with pytest.raises(DataError, match="is a folder"):
        read(tmp_path)


def test_a_cell_without_end_is_an_error_of_its_line(tmp_path):
    (tmp_path / "plays.csv").write_text("a,1\n" + "x" * 200_000 + ",2\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"Line 2 of .* cannot be read: field larger than field limit"):
        plays_in_file(tmp_path / "plays.csv")
