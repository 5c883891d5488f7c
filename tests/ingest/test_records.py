"""Text taken apart line by line, and that DuckDB's parser does it alike wherever it is used."""

from __future__ import annotations

import csv
import io
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from deepcuts.ingest import Columns, ReadOptions, ingest
from deepcuts.ingest.tabular.csv_records import read_csv_records
from reference.plays import is_good, pairs, read_text

LINE_ENDS = st.sampled_from(["\n", "\r\n", "\r", "\n\n"])
NAMES = st.sampled_from(["a", "Ä b", "NULL", "\\N", "#c", "'q'", 'x"y', "\\", "𝄞"])


def cells_of(text: str, delimiter: str = ",", quote: str = '"') -> list[list[str] | None]:
    return [cells for _, _, cells in read_csv_records(io.StringIO(text, ""), delimiter, quote)]


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("", []),
        ("\n\r\n", []),
        ("a,b", [["a", "b"]]),
        ("a,\n,b\r\n", [["a", ""], ["", "b"]]),
        ('"a","b,c"\n', [["a", "b,c"]]),
        ('"a ""b""",""\n', [['a "b"', ""]]),
        ('5" vinyl,x\n', [['5" vinyl', "x"]]),
        (' "a" , b \n', [["a", " b "]]),
        ('"a\nb",c\nd,e\n', [["a\nb", "c"], ["d", "e"]]),
        ('"a\r\n\r\nb",c', [["a\r\n\r\nb", "c"]]),
        ('"a,b\nc,d\n', [None, ["c", "d"]]),
        ('"a"b,c\nd,e\n', [None, ["d", "e"]]),
        ('"a" "b",c\n"d",e', [None, ["d", "e"]]),
        ('a,"b\nc,"d",e', [None, ["c", "d", "e"]]),
    ],
)
def test_records_by_hand(text, cells):
    assert cells_of(text) == cells


def test_records_know_the_lines_they_begin_on_and_their_text():
    text = 'a,1\n\n"b\nb",2\n"c,3\nd,4'
    assert [(number, line) for number, line, _ in read_csv_records(io.StringIO(text, ""), ",", '"')] == [
        (1, "a,1\n"),
        (3, '"b\nb",2\n'),
        (5, '"c,3\n'),
        (6, "d,4"),
    ]


def test_a_quote_that_is_never_closed_costs_its_own_line_only():
    n = 3000
    assert cells_of('a,"b\n' + "c,d\n" * n) == [None] + [["c", "d"]] * n


@given(st.lists(st.lists(st.text(st.sampled_from('ab", \n'), max_size=4), min_size=2, max_size=4), max_size=6))
def test_what_csv_writes_is_read_back(rows):
    file = io.StringIO(newline="")
    csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows)
    assert cells_of(file.getvalue()) == rows


@given(st.text(st.sampled_from('ab", \n'), max_size=30))
def test_no_line_is_lost_or_read_twice(text):
    found = list(read_csv_records(io.StringIO(text, ""), ",", '"'))
    assert "".join(line for _, line, _ in found).replace("\n", "") == text.replace("\n", "")
    assert all(one < other for (one, _, _), (other, _, _) in pairwise(found))


@st.composite
def texts(draw):
    """A text file of three columns, most of it sound."""
    delimiter, quote = draw(st.sampled_from([("\t", ""), (",", '"'), (";", '"'), (" ", ""), ("\t", '"'), ("|", "'")]))
    inside = st.text(st.sampled_from(["a", "b", '"', "'", delimiter, " ", "\n"]), max_size=3)
    quoted = st.builds(lambda blank, text: f"{blank}{quote}{text}{quote}", st.sampled_from(["", "", " ", "  "]), inside)
    cell = st.one_of(NAMES, NAMES, quoted if quote else NAMES, st.sampled_from(["", " ", '"', "'", '" "']))
    odd = st.tuples(cell, cell, st.sampled_from(["1", "2.5", "0", "x", ""]), LINE_ENDS)
    sound = [(f"u{k}", f"i{k}", "1", draw(LINE_ENDS)) for k in range(12)]
    lines = draw(st.permutations(sound + draw(st.lists(odd, max_size=4))))
    return "".join(delimiter.join(cells) + end for *cells, end in lines), delimiter, quote


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(texts())
def test_duckdb_and_the_slow_way_agree(tmp_path_factory, case):
    """Whichever of the two parsers reads a file, the plays and the number of bad rows are those of the slow one."""
    text, delimiter, quote = case
    path = tmp_path_factory.mktemp("agree") / "plays.txt"
    path.write_text(text, encoding="utf-8", newline="")
    expected: dict[tuple[str, str], float] = {}
    n_bad = 0
    for _, _, cells in read_csv_records(io.StringIO(text, ""), delimiter, quote):
        if cells is None or not is_good(cells):
            n_bad += 1
        else:
            expected[cells[0], cells[1]] = expected.get((cells[0], cells[1]), 0) + float(cells[2])
    options = ReadOptions(on_bad_rows="skip", header=False, delimiter=delimiter, quote=quote)
    for ids in map(set, zip(*expected, strict=True)):
        assume(len({identifier.strip() for identifier in ids}) == len(ids))  # those that differ in blanks are refused
    plays, report = ingest(path, Columns(1, 2, 3), options)
    assert pairs(plays) == expected
    assert report.n_skipped == n_bad


def test_a_name_between_single_quotes_is_a_name_where_the_first_line_is_a_row_without(tmp_path):
    path = tmp_path / "plays.tsv"
    path.write_text("ada\tGrouper\t1\nada\t'q'\t2\n", encoding="utf-8")
    assert pairs(ingest(path, Columns(1, 2, 3))[0]) == {("ada", "Grouper"): 1, ("ada", "'q'"): 2}
    path.write_text("user\titem\tplays\nada\t'q'\t2\n", encoding="utf-8")
    assert pairs(ingest(path, Columns("user", "item", "plays"))[0]) == {("ada", "q"): 2}


@settings(max_examples=10, deadline=None)
@given(rows=st.lists(st.tuples(NAMES, NAMES, st.integers(1, 9), LINE_ENDS), min_size=1, max_size=20))
def test_python_reads_the_same_plays(tmp_path_factory, rows):
    """An independent reader, Python's csv module, agrees on files without quotes around cells."""
    assume(not all("'q'" in row for row in rows))  # cells of every line between single quotes are cells in quotes
    path: Path = tmp_path_factory.mktemp("python") / "plays.tsv"
    path.write_text("".join(f"{u}\t{i}\t{n}{end}" for u, i, n, end in rows), encoding="utf-8", newline="")
    expected, bad = read_text(path, "\t", "")
    assert not bad
    assert pairs(ingest(path, Columns(1, 2, 3))[0]) == expected
