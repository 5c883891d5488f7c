"""Cells and layouts that `me` and `ingest` read by the same code: units, digits, quotes, months, rows of JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deepcuts.errors import DataError, DeepcutsError, FileFormatError
from deepcuts.history import HistoryOptions, read_upload
from deepcuts.history.documents import HEAD_BYTES
from deepcuts.ingest import read_plays
from deepcuts.ingest.tabular.files import SAMPLE_BYTES
from deepcuts.ingest.tabular.json_rows import closed
from deepcuts.ingest.tabular.numbers import form_of_numbers

DECEMBER = 1_701_388_800  # 2023-12-01


def plays(text: str, **options: object) -> dict[str, float]:
    counts = read_upload("export", text.encode(), HistoryOptions(**options)).counts
    return dict(zip(counts["artist"].to_pylist(), counts["plays"].to_pylist(), strict=True))


def of_users(folder: Path, text: str, name: str = "plays.csv", **options: object) -> dict[tuple[str, str], float]:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    rows = read_plays(path, **{"user": "user", "item": "artist", "plays": "plays", **options}).to_arrow().to_pylist()
    return {(row["user_id"], row["item_id"]): row["plays"] for row in rows}


NUMBERS = {
    "a word": ("12 plays", "1 play"),
    "a word of another language": ("12 Wiedergaben", "1 Wiedergabe"),
    "times": ("12x", "1x"),
    "groups and a word": ("1 234 scrobbles", "3 scrobbles"),
    "Arabic": ("١٢", "٣"),
    "Persian": ("۱۲", "۳"),
    "full width": ("１２", "３"),
    "Devanagari and a word": ("१२ बार", "३ बार"),
}
VALUES = {"a word": (12, 1), "a word of another language": (12, 1), "times": (12, 1), "groups and a word": (1234, 3)}


@pytest.mark.parametrize("kind", NUMBERS)
def test_numbers_as_people_write_them(tmp_path, kind):
    (one, other), (first, second) = NUMBERS[kind], VALUES.get(kind, (12, 3))
    assert plays(f"Artist;Plays\nMuse;{one}\nBjörk;{other}\n") == {"Muse": first, "Björk": second}
    assert plays(f"Muse\t{one}\nBjörk\t{other}\n") == {"Muse": first, "Björk": second}
    text = f"user;artist;plays\nada;Muse;{one}\nbob;Björk;{other}\n"
    assert of_users(tmp_path, text) == {("ada", "Muse"): first, ("bob", "Björk"): second}
    assert of_users(tmp_path, text.partition("\n")[2], user=1, item=2, plays=3) == {
        ("ada", "Muse"): first,
        ("bob", "Björk"): second,
    }


@pytest.mark.parametrize("cells", [("12 min", "3 min"), ("12k", "3k"), ("12 songs", "3 songs"), ("12 Mio", "3 Mio")])
def test_words_that_are_no_plays_are_not_left_out(tmp_path, cells):
    with pytest.raises(DataError, match="its plays are no number"):
        plays(f"Artist,Plays\nMuse,{cells[0]}\nBjörk,{cells[1]}\n")
    with pytest.raises(DataError, match="plays are not a number"):
        of_users(tmp_path, f"user,artist,plays\nada,Muse,{cells[0]}\nbob,Björk,{cells[1]}\n")


def test_a_word_after_some_numbers_is_no_unit():
    history = read_upload("export", b"Artist,Plays\nMuse,12\nBlur,4\nBjork,3 listeners\n")
    assert history.n_bad == 1
    assert form_of_numbers(["12 plays", "3 visits"], "plays").unit == ""
    assert form_of_numbers(["12 plays", "1 play", "–"], "plays").unit == "pla"


@pytest.mark.parametrize(
    "text",
    [
        "'Artist','Plays'\n'Earth, Wind & Fire','12'\n'Guns N'' Roses','3'\n",
        "Artist,Plays\r\n'Earth, Wind & Fire',12\r\n'Guns N'' Roses',3\r\n",
        "'Earth, Wind & Fire',12\n'Guns N'' Roses',3\n",
        "sep=,\nArtist,Plays\n'Earth, Wind & Fire','12'\n'Guns N'' Roses','3'\n",
    ],
)
def test_single_quotes_around_cells(tmp_path, text):
    assert plays(text) == {"Earth, Wind & Fire": 12, "Guns N' Roses": 3}
    of_two = "'user','artist','plays'\n'ada','Earth, Wind & Fire','12'\n'bob','Guns N'' Roses','3'\n"
    assert of_users(tmp_path, of_two) == {("ada", "Earth, Wind & Fire"): 12, ("bob", "Guns N' Roses"): 3}


@pytest.mark.parametrize(
    "text", ["Artist,Plays\n'Til Tuesday,12\n'N Sync,3\n", "Artist,Track,Plays\n'Til Tuesday,In',12\n'N Sync,On',3\n"]
)
def test_names_that_begin_with_an_apostrophe_keep_it(text):
    assert plays(text) == {"'Til Tuesday": 12, "'N Sync": 3}


@pytest.mark.parametrize(
    "months",
    [
        ("2023-11", "2023-12"),
        ("2023/11", "2023/12"),
        ("11/2023", "12/2023"),
        ("Nov 2023", "December 2023"),
        ("novembre 2023", "déc. 2023"),
        ("2023年11月", "2023年12月"),
    ],
)
def test_a_month_is_a_time_with_the_resolution_of_a_month(tmp_path, months):
    history = read_upload("export", f"artist;month\nMuse;{months[0]}\nMuse;{months[0]}\nBlur;{months[1]}\n".encode())
    assert history.counts.select(["artist", "plays"]).to_pydict() == {"artist": ["Muse", "Blur"], "plays": [2, 1]}
    assert (history.last_played, history.n_duplicates) == (DECEMBER, 0)
    text = f"user;artist;plays;month\nada;Muse;2;{months[0]}\nada;Blur;1;{months[1]}\n"
    (tmp_path / "plays.csv").write_text(text, encoding="utf-8")
    read = read_plays(tmp_path / "plays.csv", user="user", item="artist", plays="plays", time="month")
    assert max(read.to_arrow()["last_played"].to_pylist()) == DECEMBER


def test_years_and_months_that_there_are_not_are_no_moments():
    for cells in (["2023", "2022", "2021"], ["2023-13", "2023-00", "2023-14"]):
        with pytest.raises(FileFormatError, match="column 'date'"):
            plays("artist,date\n" + "".join(f"Muse,{cell}\n" for cell in cells))


def test_times_in_other_digits(tmp_path):
    history = read_upload("export", "artist,time\nMuse,٢٠٢٣-١١-١٤ ٢٢:١٠\nBlur,٢٠٢٣-١١-١٥\n".encode())
    assert history.last_played == 1_700_006_400
    path = tmp_path / "plays.csv"
    path.write_text("user,artist,time\nada,Muse,２０２３-１１-１５\n", encoding="utf-8")
    read = read_plays(path, user="user", item="artist", time="time").to_arrow()
    assert read["last_played"].to_pylist() == [1_700_006_400]


MANY = {f"Artist {n:050}": n + 5 for n in range(5_000)}  # more than what is looked at of a document at first


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"Muse": 12, "Blur": "3"}, {"Muse": 12, "Blur": 3}),
        ({"user": "ada", "artists": {"Muse": 12, "Blur": 3}}, {"Muse": 12, "Blur": 3}),
        ({"artists": {"Muse": {"plays": 12, "minutes": 99}, "Blur": {"plays": 3}}}, {"Muse": 12, "Blur": 3}),
        ([["Muse", 12], ["Blur", 3], ["Pulp", 0]], {"Muse": 12, "Blur": 3}),
        ([["artist", "rank", "plays"], ["Muse", 1, 12], ["Blur", 2, 3]], {"Muse": 12, "Blur": 3}),
        ({"data": [["Muse", "a", 1600000000], ["Muse", "b", 1600000300]]}, {"Muse": 2}),
        (MANY, MANY),
        ({"rows": [[name, count] for name, count in MANY.items()]}, MANY),
    ],
    ids=["mapping", "mapping within", "objects", "pairs", "rows with names", "listens", "long mapping", "long array"],
)
def test_json_whose_rows_are_no_objects(data, expected):
    for indent in (None, 1):
        text = json.dumps(data, indent=indent)
        assert (len(text) > HEAD_BYTES) == (expected is MANY)
        assert plays(text) == expected


@pytest.mark.parametrize(
    "data",
    [
        {"user": "ada", "albums": {"Ruins": 12, "Jóga": 3}},
        {"total": 5, "page": 1},
        {"2023": {"plays": 12}, "2024": {"plays": 3}},
        {"Muse": 12, "Blur": "often"},
        [["Muse", [12]], ["Blur", [3]]],
    ],
    ids=["albums", "the frame of something", "years", "no number", "lists in cells"],
)
def test_json_that_is_no_table_is_refused(data):
    with pytest.raises(FileFormatError, match="holds no listens"):
        plays(json.dumps(data))
    with pytest.raises(FileFormatError, match="counts 1, 2, 3"):
        plays('{"Muse": 1, "Blur": 2, "Pulp": 3}')
    with pytest.raises(FileFormatError, match="not JSON to its end"):
        plays('{"Muse": 12, "Blur": 3')


def test_a_mapping_with_a_name_twice_counts_both():
    assert plays('{"Muse": 12, "Muse": 3}') == {"Muse": 15}


ROWS = [{"user": "ada", "artist": "Muse", "plays": 12}, {"user": "bob", "artist": "Blur", "plays": 3}]
BOTH = {("ada", "Muse"): 12, ("bob", "Blur"): 3}


@pytest.mark.parametrize("between", ["\n", "\n\n", ""])
@pytest.mark.parametrize("indent", [None, 1, 4])
def test_objects_one_after_the_other_as_me_reads_them(tmp_path, between, indent):
    text = between.join(json.dumps(row, indent=indent) for row in ROWS)
    assert of_users(tmp_path, text, "plays.json") == BOTH
    if between:
        assert plays(text.replace("user", "who")) == {"Muse": 12, "Blur": 3}


def test_indented_objects_with_a_bad_one_are_numbered(tmp_path):
    text = "\n".join(json.dumps(row, indent=2) for row in [*ROWS, {"user": "", "artist": "x", "plays": 1}])
    with pytest.raises(DataError, match="record 3: user is empty"):
        of_users(tmp_path, text, "plays.json")
    with pytest.raises(FileFormatError, match="unexpected end of data"):
        of_users(tmp_path, text[:-5], "plays.json")


def test_an_array_of_rows_is_a_table_to_ingest(tmp_path):
    rows = [["ada", "Muse", 12], ["bob", "Blur", 3]]
    assert of_users(tmp_path, json.dumps(rows), "plays.json", user=1, item=2, plays=3) == BOTH
    assert of_users(tmp_path, json.dumps([["user", "artist", "plays"], *rows], indent=1), "plays.json") == BOTH
    long = [["ada", f"Artist {n:050}", n + 1] for n in range(5_000)]
    assert len(json.dumps(long)) > SAMPLE_BYTES
    assert len(of_users(tmp_path, json.dumps(long), "plays.json", user=1, item=2, plays=3)) == 5_000
    with pytest.raises(FileFormatError, match="does not go on so to its end"):
        of_users(tmp_path, json.dumps(long)[:-9], "plays.json", user=1, item=2, plays=3)
    with pytest.raises(DeepcutsError, match="array of objects"):
        of_users(tmp_path, json.dumps([["ada", ["Muse"], 12]]), "plays.json", user=1, item=2, plays=3)


def test_the_beginning_of_a_document_ends_with_its_last_whole_row():
    assert closed('[["Muse", 12], ["Bl') == '[["Muse", 12]]'
    assert closed('{"Muse": 12, "Blur": ') == '{"Muse": 12}'
    assert closed('{"a": 1}') == '{"a": 1}'


@pytest.mark.parametrize(("text", "column"), [("Muse,1\nBlur,2\nPulp,3\n", "2"), ("1,Muse\n2,Blur\n3,Pulp\n", "1")])
def test_a_column_given_by_position_takes_no_row_for_names(text, column):
    assert plays(text, plays_column=column) == {"Pulp": 3, "Blur": 2, "Muse": 1}
    assert plays("a,Muse,x,1\nb,Blur,y,2\n", plays_column="4", artist_column="2") == {"Blur": 2, "Muse": 1}
    with pytest.raises(FileFormatError, match="has no column 'x'"):
        plays(text, plays_column="x")
