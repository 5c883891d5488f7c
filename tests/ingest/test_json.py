"""JSON: one array of objects, or one object a line."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest

from deepcuts.errors import DataError, FileFormatError
from deepcuts.ingest import Columns, ReadOptions, ingest, read_plays
from reference.plays import pairs

COLUMNS = {"user": "user", "item": "artist", "plays": "count"}
ROWS = [
    {"user": "ada", "artist": "Grouper", "count": 3},
    {"artist": "坂本龍一", "more": {"artist": "x"}, "user": "bob", "count": "1.5"},
    {"user": "ada", "artist": "Grouper", "count": 0.5},
]
PLAYS = {("ada", "Grouper"): 3.5, ("bob", "坂本龍一"): 1.5}


@pytest.fixture
def write(tmp_path: Path):
    def write(content: str, name: str = "plays.jsonl") -> Path:
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize("ascii_only", [True, False])
def test_an_array_and_objects_a_line_give_the_same_plays(write, ascii_only):
    array = write(json.dumps(ROWS, ensure_ascii=ascii_only, indent=1), "plays.json")
    lines = write("\n\n".join(json.dumps(row, ensure_ascii=ascii_only) for row in ROWS), "plays.ndjson")
    assert pairs(read_plays(array, **COLUMNS)) == PLAYS
    assert pairs(read_plays(lines, **COLUMNS)) == PLAYS
    assert pairs(read_plays(lines, user=1, item="2", plays=3)) == PLAYS
    assert pairs(read_plays([array, lines], **COLUMNS)) == {pair: 2 * n for pair, n in PLAYS.items()}


def test_compressed_json_is_read(tmp_path):
    path = tmp_path / "plays.json.gz"
    with pa.CompressedOutputStream(str(path), "gzip") as stream:
        stream.write(json.dumps(ROWS).encode())
    assert pairs(read_plays(path, **COLUMNS)) == PLAYS


def test_numbers_are_ids_in_decimal(write):
    rows = [{"u": 7, "i": 7.0}, {"u": "7.0", "i": "2.5"}, {"u": 12345678901234567890, "i": -1}, {"u": 1e3, "i": "x"}]
    plays = read_plays(write("\n".join(map(json.dumps, rows))), user="u", item="i")
    assert set(pairs(plays)) == {("7", "7"), ("7.0", "2.5"), ("12345678901234567890", "-1"), ("1000", "x")}
    with pytest.raises(DataError, match=r"line 1: item is a fraction, or a floating-point number too large .*: '2\.5'"):
        read_plays(write(json.dumps({"u": 1, "i": 2.5})), user="u", item="i")


def test_keys_may_hold_quotes(write):
    assert pairs(read_plays(write(json.dumps({'it\'s "u"': "ada", "i": "A"})), user='it\'s "u"', item="i")) == {
        ("ada", "A"): 1
    }


def test_bad_lines_are_found_by_number_and_passed_over(write, tmp_path):
    lines = [
        '{"user": "ada", "artist": "A", "count": 3}',
        "",
        '{"user": "ada", "artist": "A", "count": 3',
        "[1, 2]",
        '{"user": "ada", "artist": "A"}',
        '{"user": {"x": 1}, "artist": "A", "count": 1}',
        '{"user": "ada", "artist": true, "count": 1}',
        '{"user": "ada", "artist": null, "count": 1}',
    ]
    path = write("\n".join(lines))
    with pytest.raises(DataError, match=r"plays\.jsonl, line 3: line is not a JSON object: '.*'\. In all, 6 of 7 rows"):
        read_plays(path, **COLUMNS)
    plays, report = ingest(path, Columns(**COLUMNS), ReadOptions(on_bad_rows="skip", bad_rows=tmp_path / "bad.csv"))
    assert pairs(plays) == {("ada", "A"): 3}
    assert report.reasons == {
        "line is not a JSON object": 2,
        "artist is empty".replace("artist", "item"): 1,
        "item is neither text nor a number": 1,
        "plays are missing": 1,
        "user is neither text nor a number": 1,
    }
    assert [line.split(",")[1] for line in (tmp_path / "bad.csv").read_text().splitlines()[1:]] == list("345678")


def test_bad_records_of_an_array_are_counted_from_one(write):
    path = write(json.dumps([*ROWS, {"user": "cy", "artist": "A", "count": -2}]), "plays.json")
    with pytest.raises(DataError, match=r"plays\.json, record 4: plays are negative: '-2'\. In all, 1 of 4 rows"):
        read_plays(path, **COLUMNS)
    assert pairs(read_plays(path, **COLUMNS, on_bad_rows="skip")) == PLAYS


@pytest.mark.parametrize("content", ["[]", " [ ] ", "\n"])
def test_json_without_rows_is_refused(write, content):
    with pytest.raises(DataError, match=r"There are no rows in .*plays\.json\."):
        read_plays(write(content, "plays.json"), **COLUMNS)


@pytest.mark.parametrize("content", ["3", "[[1, [2]]]", "user,artist\n", "nonsense", "{"])
def test_json_that_is_no_objects_is_refused(write, content):
    with pytest.raises(FileFormatError, match=r"plays\.json begins with '.*'\. JSON is read as an array of objects or"):
        read_plays(write(content, "plays.json"), **COLUMNS)


@pytest.mark.parametrize("end", ["", ', {"user": "b', ", 3]"])
def test_an_array_that_is_cut_off_or_mixed_is_refused(write, end):
    with pytest.raises(FileFormatError, match=r"Cannot read .*plays\.json\. DuckDB says: .*JSON"):
        read_plays(write('[{"user": "a", "artist": "b", "count": 1}' + end, "plays.json"), **COLUMNS)


def test_a_missing_key_names_those_that_exist(write):
    with pytest.raises(
        DataError, match=r"Column 'count' not found in .*\. Its columns are 'user', 'artist'\. Pass plays="
    ):
        read_plays(write('{"user": "a", "artist": "b"}\n{"user": "a"}\n'), **COLUMNS)


def test_a_line_with_a_wanted_key_twice_is_bad(write):
    lines = ['{"user": "ada", "artist": "A", "count": 3, "count": 7}', '{"user": "bob", "artist": "A", "count": 1}']
    path = write("\n".join(lines))
    with pytest.raises(DataError, match=r"line 1: line has a key of these columns twice: .* 1 of 2 rows"):
        read_plays(path, **COLUMNS)
    assert pairs(read_plays(path, **COLUMNS, on_bad_rows="skip")) == {("bob", "A"): 1}


def test_an_array_with_a_wanted_key_twice_is_refused(write):
    rows = '[{"user": "ada", "artist": "A", "count": 3},\n{"user": "ada", "artist": "B", "count": 3, "count": 4}]'
    with pytest.raises(FileFormatError, match=r'plays\.json\. Record 2 has the key "count" twice: give it once\.'):
        read_plays(write(rows, "plays.json"), **COLUMNS)


def test_a_key_twice_that_is_not_wanted_does_no_harm(write):
    lines = [
        '{"user": "ada", "artist": "A", "count": 3, "x": 1, "x": 2}',
        '{"user": "bob", "artist": "A", "count": -1}',
    ]
    assert pairs(read_plays(write("\n".join(lines)), **COLUMNS, on_bad_rows="skip")) == {("ada", "A"): 3}
