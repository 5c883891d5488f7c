"""Rows that cannot be used: refused with the first of them shown, or left out and listed."""

from __future__ import annotations

import csv
import logging
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from deepcuts.errors import DataError, OutputError, SettingsError
from deepcuts.ingest import Columns, IngestReport, ReadOptions, ingest, read_plays
from reference.plays import pairs

SKIP = {"on_bad_rows": "skip"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "plays.tsv"


def rows_of(path: Path) -> list[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("row", "reason", "value"),
    [
        ("ada\tB\tabc\t1", "plays are not a number", "abc"),
        ("ada\tB\t1,5\t1", "plays are not a number", "1,5"),
        ("ada\tB\t-3\t1", "plays are negative", "-3"),
        ("ada\tB\tNaN\t1", "plays are NaN", "NaN"),
        ("ada\tB\t-inf\t1", "plays are infinite", "-inf"),
        ("ada\tB\t1e999\t1", "plays are infinite", "1e999"),
        ("ada\tB\t0\t1", "plays are zero", "0"),
        ("ada\tB\t1e31\t1", "plays are outside 1e-30 to 1e30", "1e31"),
        ("ada\tB\t\t1", "plays are missing", ""),
        ("\tB\t3\t1", "user is empty", ""),
        (" \u3000\tB\t3\t1", "user is empty", " \u3000"),
        ("ada\t \t3\t1", "item is empty", " "),
        ("ada\tB\t3\tyesterday", "time is neither a timestamp nor seconds since 1970", "yesterday"),
        ("ada\tB\t3\t", "time is missing", ""),
        (
            "ada\tB\t3\t1577836800000",
            "time is after the year 9999, as milliseconds would be; give seconds",
            "1577836800000",
        ),
        ("ada\tB\t3", "line has 3 cells where 4 are expected", "ada\tB\t3"),
        ("ada\tB\t3\t1\tx", "line has 5 cells where 4 are expected", "ada\tB\t3\t1\tx"),
    ],
)
def test_the_first_bad_row_is_shown_with_its_line_and_value(path, row, reason, value):
    path.write_text(f"ada\tA\t3\t1\n\nada\tA\t2\t1\n{row}\nada\tB\tlast\t1\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_plays(path, user=1, item=2, plays=3, time=4)
    assert str(caught.value) == (
        f"{path}, line 4: {reason}: {value!r}. In all, 2 of 4 rows cannot be used. Correct them, or leave them out "
        'with on_bad_rows="skip" (--on-bad-rows skip on the command line).'
    )
    assert pairs(read_plays(path, user=1, item=2, plays=3, time=4, **SKIP)) == {("ada", "A"): 5}


def test_bad_rows_are_counted_listed_and_told(path, tmp_path, caplog):
    path.write_bytes(
        b'user\tartist\tn\nada\tA\t3\nada\t"B\tnone\n\t\t1\nada\n'
        b"bj\xf6rk\tA\t1\nbob\t\xc3\x84, B\t-1\nbob\tC\t0\nada\tA\t1\n"
    )
    listed = tmp_path / "bad.csv"
    plays, report = ingest(path, Columns(1, 2, 3), ReadOptions(**SKIP, bad_rows=listed))
    assert pairs(plays) == {("ada", "A"): 4}
    assert report == IngestReport(
        n_rows=8,
        n_skipped=6,
        reasons={
            "line has 1 cell where 3 are expected": 1,
            "line is not UTF-8 text (convert the file, say with iconv)": 1,
            "plays are negative": 1,
            "plays are not a number": 1,
            "plays are zero": 1,
            "user is empty": 1,
        },
        bad_rows=listed,
    )
    rows = rows_of(listed)
    assert list(rows[0]) == ["file", "row", "reason", "user", "item", "plays", "time", "line"]
    assert [(row["row"], row["user"], row["item"], row["plays"], row["line"]) for row in rows] == [
        ("3", "ada", '"B', "none", ""),
        ("4", "", "", "1", ""),
        ("5", "", "", "", "ada"),
        ("6", "", "", "", "bj\ufffdrk\tA\t1"),
        ("7", "bob", "Ä, B", "-1", ""),
        ("8", "bob", "C", "0", ""),
    ]
    assert {row["file"] for row in rows} == {str(path)}
    assert caplog.messages == [
        f"Left out 6 of 8 rows that cannot be used. {path}, line 3: plays are not a number: 'none'."
    ]
    assert caplog.records[0].levelno == logging.WARNING


def test_a_quote_without_its_pair_takes_no_other_line_with_it(tmp_path):
    path = tmp_path / "plays.csv"
    path.write_text('u,a,1\nu,"Weird Al,2\n"u" "v",b,3\nu,c,4\nu,"d"x,5\nu,"e\n,6\nu,"f",7', encoding="utf-8")
    plays, report = ingest(path, Columns(1, 2, 3), ReadOptions(**SKIP, bad_rows=tmp_path / "bad.csv"))
    assert pairs(plays) == {("u", "a"): 1, ("u", "c"): 4, ("u", "f"): 7}
    assert report.reasons == {"line has a quote without its pair": 4, "line has 2 cells where 3 are expected": 1}
    assert [row["row"] for row in rows_of(tmp_path / "bad.csv")] == ["2", "3", "5", "6", "7"]


def test_bad_rows_of_several_sources_are_all_listed(tmp_path):
    (tmp_path / "a.csv").write_text("user,artist,n\nada,A,0\nada,B,1\n", encoding="utf-8")
    (tmp_path / "b.json").write_text('[{"user": "bob", "artist": "A", "n": -1}]', encoding="utf-8")
    pq.write_table(
        pa.table({"user": ["x", "y"], "artist": ["A", "B"], "n": [1.0, float("inf")]}), tmp_path / "c.parquet"
    )
    plays, report = ingest(
        tmp_path / "*", Columns("user", "artist", "n"), ReadOptions(**SKIP, bad_rows=tmp_path / "bad.csv")
    )
    assert (plays.n_pairs, report.n_rows, report.n_skipped) == (2, 5, 3)
    assert [(Path(row["file"]).name, row["row"], row["reason"]) for row in rows_of(tmp_path / "bad.csv")] == [
        ("a.csv", "2", "plays are zero"),
        ("b.json", "1", "plays are negative"),
        ("c.parquet", "2", "plays are infinite"),
    ]


def test_without_bad_rows_nothing_is_listed_or_told(path, tmp_path, caplog):
    path.write_text("ada\tA\t3\n", encoding="utf-8")
    report = ingest(path, Columns(1, 2, 3), ReadOptions(**SKIP, bad_rows=tmp_path / "bad.csv"))[1]
    assert report == IngestReport(1, 0, {}, None)
    assert not (tmp_path / "bad.csv").exists()
    assert not caplog.messages


def test_a_list_of_bad_rows_replaces_no_file_unless_told_to(path, tmp_path):
    path.write_text("ada\tA\t3\nada\tB\t0\n", encoding="utf-8")
    listed = tmp_path / "bad.csv"
    listed.write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match=r"bad\.csv exists already\. Pass force=True"):
        read_plays(path, user=1, item=2, plays=3, **SKIP, bad_rows=listed)
    assert listed.read_text(encoding="utf-8") == "mine"
    read_plays(path, user=1, item=2, plays=3, **SKIP, bad_rows=listed, force=True)
    assert len(rows_of(listed)) == 1


def test_where_all_rows_are_bad_there_is_nothing_to_leave_out(path):
    path.write_text("ada\tA\t-3\nada\tB\t0\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"None of 2 rows can be used\. .*, line 1: plays are negative: '-3'\."):
        read_plays(path, user=1, item=2, plays=3, **SKIP)


def test_a_long_value_is_shortened(path):
    path.write_text("ada\tA\t" + "9x" * 99 + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"plays are not a number: '(9x){39}9…'\."):
        read_plays(path, user=1, item=2, plays=3)


@pytest.mark.parametrize("blank", [" ", "\u00a0", "\u3000"])
def test_ids_that_differ_in_blanks_only_are_refused_unless_trimmed(path, blank):
    path.write_text(f"ada\tA\t1\nada{blank}\tA\t2\n{blank}bob\tB{blank}\t4\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_plays(path, user=1, item=2, plays=3)
    assert str(caught.value) == (
        f"The users 'ada' and {'ada' + blank!r} differ in surrounding blanks only. Pass trim=True (--trim on the "
        "command line) to read them as one, or correct the ids."
    )
    assert pairs(read_plays(path, user=1, item=2, plays=3, trim=True)) == {("ada", "A"): 3, ("bob", "B"): 4}


def test_blanks_that_tell_no_ids_apart_stay(path):
    path.write_text(" ada\tA \t1\nbob\tB\t2\n", encoding="utf-8")
    assert pairs(read_plays(path, user=1, item=2, plays=3)) == {(" ada", "A "): 1, ("bob", "B"): 2}


def test_more_collisions_are_counted():
    table = pa.table({"u": ["x"] * 5, "i": ["a", "a ", " a", "b", "b\t"]})
    with pytest.raises(
        DataError, match=r"The items ' a' and 'a ' differ in .* only, and so do 1 more\. Pass trim=True"
    ):
        read_plays(table, user=1, item=2)


def test_a_file_for_skipped_rows_asks_for_rows_to_be_skipped(tmp_path):
    (tmp_path / "plays.csv").write_text("a,x,1\n")
    with pytest.raises(
        SettingsError, match=r'bad_rows is for rows that are skipped.* Pass on_bad_rows="skip" as well\.'
    ):
        read_plays(tmp_path / "plays.csv", user=1, item=2, plays=3, bad_rows=tmp_path / "bad.csv")
