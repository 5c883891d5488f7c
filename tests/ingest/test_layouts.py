"""What stands above the names of columns, after the last cell, and between tables that were put together."""

from __future__ import annotations

import pytest

from deepcuts.errors import DataError
from deepcuts.ingest import read_plays
from reference.plays import pairs

NAMES = {"user": "user", "item": "artist", "plays": "plays"}
POSITIONS = {"user": 1, "item": 2, "plays": 3}
TABLE = "user,artist,plays\nada,Muse,3\nbob,Blur,2\n"
EXPECTED = {("ada", "Muse"): 3, ("bob", "Blur"): 2}


@pytest.fixture
def write(tmp_path):
    """Write a file and return its path."""

    def write(text, encoding="utf-8"):
        (tmp_path / "plays.csv").write_bytes(text.encode(encoding))
        return tmp_path / "plays.csv"

    return write


@pytest.mark.parametrize("columns", [NAMES, POSITIONS], ids=["names", "positions"])
@pytest.mark.parametrize(
    "text",
    [
        "My export\n\n" + TABLE,
        "# made by a script\n# on 2024-01-01\n" + TABLE,
        '"A title, and more"\n' + TABLE,
        "sep=,\nMy export\n" + TABLE,
        TABLE.replace("\n", ",\n"),
        "user,artist,plays\nada,Muse,3,,\nbob,Blur,2,,\n",
        "user,artist,plays,,\nada,Muse,3\nbob,Blur,2\n",
        "user,artist,plays\nada,Muse,3\nbob,Blur,2,,\n",
        'user,artist,plays\n"ada","Muse","3",\n"bob","Blur","2",\n',
        TABLE.replace(",", "\t").replace("\n", "\t\r\n"),
    ],
)
def test_lines_above_the_names_and_delimiters_at_the_end_pass_silently(write, text, columns):
    assert pairs(read_plays(write(text), **columns)) == EXPECTED


def test_names_are_looked_for_in_the_first_twenty_lines(write):
    assert pairs(read_plays(write("exported, by, x\n" * 19 + TABLE), **NAMES)) == EXPECTED
    assert pairs(read_plays(write("Titel\n" + TABLE, "utf-16"), **NAMES)) == EXPECTED
    with pytest.raises(DataError, match="Column 'user' not found"):
        read_plays(write("exported, by, x\n" * 30 + TABLE), **NAMES)


def test_a_line_number_counts_the_lines_above_the_names(write):
    with pytest.raises(DataError, match="line 5: plays are not a number: 'x'"):
        read_plays(write("t\n\n" + "user,artist,plays\nada,Muse,3\nada,Blur,x\n"), **NAMES)


@pytest.mark.parametrize("end", ["", ","])
def test_a_filled_cell_without_a_name_is_a_bad_row(write, end):
    path = write(f"user,artist,plays\nada,Muse,3{end}\nbob,Blur,2,x\n")
    with pytest.raises(DataError, match="line 3: line has 4 cells where 3 are expected"):
        read_plays(path, **NAMES)
    assert pairs(read_plays(path, **NAMES, on_bad_rows="skip")) == {("ada", "Muse"): 3}


def test_names_that_come_again_are_no_plays(write):
    path = write("user,artist\nada,Muse\nuser,artist\nbob,Blur\n")
    with pytest.raises(DataError, match="line 3: line names the columns again"):
        read_plays(path, user="user", item="artist")
    plays = read_plays(path, user="user", item="artist", on_bad_rows="skip")
    assert pairs(plays) == {("ada", "Muse"): 1, ("bob", "Blur"): 1}


def test_a_position_past_the_names_of_columns_is_no_column(tmp_path):
    path = tmp_path / "plays.csv"
    path.write_text("user,artist,plays,\nada,Muse,3,\n")
    assert read_plays(path, user=1, item=2, plays=3).plays.tolist() == [3]
    with pytest.raises(DataError, match=r"There is no column 4 in .*plays.csv: it has 3"):
        read_plays(path, user=1, item=2, time=4, header=True)
