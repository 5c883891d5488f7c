"""Delimited text: what stands between cells and around them, names or none, many files, compressed ones, real ones."""

from __future__ import annotations

import gzip
import hashlib
import logging
import os
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepcuts.data.interactions import Interactions
from deepcuts.errors import DataError
from deepcuts.ingest import Columns, ReadOptions, ingest, read_plays
from deepcuts.ingest.tabular.files import SAMPLE_BYTES
from reference.plays import pairs

BY_POSITION = {"user": 1, "item": 2, "plays": 3}
BY_NAME = {"user": "user", "item": "artist", "plays": "count"}


@pytest.fixture
def write(tmp_path: Path):
    """Write a file, text as UTF-8, and return its path."""

    def write(content: str | bytes, name: str = "plays.tsv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.mark.parametrize("delimiter", ["\t", ",", ";", "|", " "])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("header", [True, False])
def test_every_dialect_gives_the_same_plays(write, delimiter, end, header):
    rows = [["user", "artist", "count"]] * header + [["ada", "Grouper", "3"], ["bob", "坂本龍一", "1.5"]]
    path = write(end.join(delimiter.join(row) for row in rows) + end)
    for columns in [BY_POSITION] + [BY_NAME] * header:
        plays = read_plays(path, **columns)
        assert pairs(plays) == {("ada", "Grouper"): 3, ("bob", "坂本龍一"): 1.5}


def test_rows_of_one_pair_are_summed_and_the_latest_time_is_kept(write):
    path = write("ada\tA\t3\t5\nada\tA\t4\t2020-01-01T00:00:00+02:00\nada\tB\t1\t7\n")
    plays = read_plays(path, **BY_POSITION, time=4)
    assert pairs(plays) == {("ada", "A"): 7, ("ada", "B"): 1}
    assert plays.last_played.tolist() == [1577829600, 7]


def test_without_a_column_of_plays_every_row_is_one_play(write):
    log = write("ada,A\nada,A\nbob,A\n", "log.csv")
    assert pairs(read_plays(log, user=1, item=2)) == {("ada", "A"): 2, ("bob", "A"): 1}


@pytest.mark.parametrize(
    ("time", "seconds"),
    [
        ("1577836800", 1577836800),
        ("1577836800.9", 1577836800),
        ("-1", -1),
        ("2020-01-01", 1577836800),
        ("2020-01-01 00:00", 1577836800),
        ("2020-01-01T00:00:00Z", 1577836800),
        ("2020-01-01T00:00:00.999Z", 1577836800),
        ("2020-01-01T01:00:00+01:00", 1577836800),
    ],
)
def test_times_are_seconds_or_iso_8601(write, time, seconds):
    assert read_plays(write(f"ada\tA\t{time}\n"), user=1, item=2, time=3).last_played.tolist() == [seconds]


def test_digits_are_a_position_unless_a_column_has_that_name(write):
    path = write("2,1,3\nA,ada,5\n", "plays.csv")
    assert pairs(read_plays(path, user="1", item="2", plays="3", header=True)) == {("ada", "A"): 5}
    assert pairs(read_plays(path, user=2, item=1, plays=3, header=True)) == {("ada", "A"): 5}
    assert pairs(read_plays(path, user="2", item="1", plays="3", header=False)) == {("1", "2"): 3, ("ada", "A"): 5}


def test_a_header_is_found_out_where_columns_are_named_by_position_and_said(write, caplog):
    caplog.set_level(logging.INFO)
    assert pairs(read_plays(write("user,artist,n\nada,A,1\nbob,B,2\nbob,C,x\n", "a.csv"), **BY_POSITION, **SKIP)) == {
        ("ada", "A"): 1,
        ("bob", "B"): 2,
    }
    assert "a.csv is taken for the names of its columns: ['user', 'artist', 'n']" in caplog.text


SKIP = {"on_bad_rows": "skip"}


def test_a_first_line_with_numbers_or_above_words_is_no_header(write):
    assert pairs(read_plays(write("1,2,3\n4,5,6\n"), user=1, item=2)) == {("1", "2"): 1, ("4", "5"): 1}
    assert len(pairs(read_plays(write("user\titem\nada\tA\n"), user=1, item=2))) == 2
    assert len(pairs(read_plays(write("user\titem\nada\tA\n"), user=1, item=2, header=True))) == 1


def test_quotes_between_tabs_are_part_of_the_name(write):
    path = write('ada\t"Weird Al\t3\nbob\t12" Singles\t1\nbob\t"A"\t2\n')
    assert pairs(read_plays(path, **BY_POSITION)) == {
        ("ada", '"Weird Al'): 3,
        ("bob", '12" Singles'): 1,
        ("bob", '"A"'): 2,
    }


def test_quotes_between_tabs_can_be_asked_for(write):
    path = write('ada\t"""Weird Al"""\t3\nbob\t"A\tB"\t2\n')
    assert pairs(read_plays(path, **BY_POSITION, quote='"')) == {("ada", '"Weird Al"'): 3, ("bob", "A\tB"): 2}


def test_quoted_cells_hold_delimiters_quotes_and_line_ends(write):
    path = write('"ada","A, ""B""",3\nbob,5" vinyl,4\nbob,"over\ntwo lines",5\ncy, "Blanks" ,6\n', "plays.csv")
    assert pairs(read_plays(path, **BY_POSITION)) == {
        ("ada", 'A, "B"'): 3,
        ("bob", '5" vinyl'): 4,
        ("bob", "over\ntwo lines"): 5,
        ("cy", "Blanks"): 6,
    }


def test_a_semicolon_with_commas_in_numbers_and_names(write):
    path = write("user;artist;count\nada;Tyler, The Creator;3\nbob;Earth, Wind & Fire;4\n", "plays.csv")
    assert pairs(read_plays(path, **BY_NAME)) == {("ada", "Tyler, The Creator"): 3, ("bob", "Earth, Wind & Fire"): 4}


def test_a_delimiter_can_be_given(write):
    assert pairs(read_plays(write("ada~A, B~3\n"), **BY_POSITION, delimiter="~")) == {("ada", "A, B"): 3}


def test_marks_of_missing_values_are_names_like_any_other(write):
    names = ["NULL", "null", "nan", "NA", "None", "\\N", "#1", "-"]
    path = write("".join(f"ada\t{name}\t1\n" for name in names))
    assert {item for _, item in pairs(read_plays(path, **BY_POSITION))} == set(names)


def test_a_byte_order_mark_empty_lines_and_mixed_line_ends_are_passed_over(write):
    path = write(b"\xef\xbb\xbf\n\nuser,artist,count\r\n\nada,A,3\nbob,B,4\r\n\r\n", "plays.csv")
    assert pairs(read_plays(path, **BY_NAME)) == {("ada", "A"): 3, ("bob", "B"): 4}


def test_file_and_column_names_may_hold_quotes_and_marks_of_patterns(write):
    for name in ['it\'s "odd".csv', "[ab]*?.csv", "a{1,2}.csv", "ü ä.csv"]:
        path = write("user,'a\"\"b',count\nada,A,3\n", name)
        write("user,other,count\nbob,A,3\n", "b1.csv")
        assert pairs(read_plays(path, user="user", item="'a\"\"b'", plays="count")) == {("ada", "A"): 3}


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_compressed_files_are_known_by_their_content(tmp_path, compression):
    path = tmp_path / "plays.dat"
    with pa.CompressedOutputStream(str(path), compression) as stream:
        stream.write(b"ada\tA\t3\nbob\tB\tmany\n")
    plays, report = ingest(path, Columns(1, 2, 3), ReadOptions(on_bad_rows="skip"))
    assert pairs(plays) == {("ada", "A"): 3}
    assert report.n_skipped == 1


def test_a_gzip_file_of_several_members_is_read_to_its_end(write):
    path = write(gzip.compress(b"ada\tA\t3\n") + gzip.compress(b"bob\tB\t4\n"), "plays.tsv.gz")
    assert read_plays(path, **BY_POSITION).n_pairs == 2


def test_a_pattern_a_list_and_files_laid_out_differently_are_read_as_one(write, tmp_path):
    write("user,artist,count\nada,A,1\n", "1.csv")
    write("count\tartist\tuser\n2\tA\tada\n", "2.csv")
    last = write(gzip.compress(b"user;artist;count\nbob;B;4\n"), "3.csv.gz")
    pattern = str(tmp_path / "?.csv*")
    for source in [pattern, Path(pattern), [tmp_path / "1.csv", str(tmp_path / "2.csv"), last], [pattern, last]]:
        assert pairs(read_plays(source, **BY_NAME)) == {("ada", "A"): 3, ("bob", "B"): 4}


def test_one_file_of_many_that_lacks_a_column_is_named(write, tmp_path):
    write("user,artist,count\nada,A,1\n", "1.csv")
    write("user,artist,n\nada,A,1\n", "2.csv")
    with pytest.raises(
        DataError, match=r"Column 'count' not found in .*2\.csv\. Its columns are 'user', 'artist', 'n'"
    ):
        read_plays(tmp_path / "*.csv", **BY_NAME)


@pytest.mark.slow
def test_what_the_sample_does_not_show_is_still_read_right(write):
    """Past the sample come a quoted line end and a line with a cell too many."""
    n = SAMPLE_BYTES // 8
    lines = "".join(f"u{k},A,1\n" for k in range(n))
    plays, report = ingest(
        write(lines + '"x\ny",A,1\nz,A,1,1\nz,A,2\n', "plays.csv"), Columns(1, 2, 3), ReadOptions(on_bad_rows="skip")
    )
    assert plays.n_users == n + 2
    assert pairs(plays)["x\ny", "A"] == 1
    assert pairs(plays)["z", "A"] == 2
    assert dict(report.reasons) == {"line has 4 cells where 3 are expected": 1}


@pytest.mark.parametrize(
    ("content", "columns", "message"),
    [
        ("user,artist,count\na,b,1\n", {"user": "userid", "item": 2}, r"Column 'userid' not found in .*plays\.csv\. "),
        (
            "user,artist,count\na,b,1\n",
            {"user": "userid", "item": 2},
            r"are 'user', 'artist', 'count'\. Pass user='user' ",
        ),
        ("a,b,1\n", {"user": "user", "item": 2}, r"or a position, such as user=1\."),
        ("a,b,1\n", {"user": 1, "item": 7}, r"There is no column 7 in .*: it has 3\. Positions are counted from 1\."),
        (
            "a,a,b,b,c\n1,2,3,4,5\n",
            {"user": "a", "item": "c"},
            r"More than one column of .* is named 'a', 'b'\. Give each",
        ),
        ("user,artist\n", {"user": "user", "item": "artist"}, r"There are no rows in .*plays\.csv\."),
        ("\n\n", {"user": 1, "item": 2}, r"There are no rows in .*plays\.csv\."),
        ("ab\ncd\n", {"user": 1, "item": 2}, r"No tab, comma, semicolon, bar or blank divides .* Pass delimiter="),
    ],
)
def test_files_without_the_columns_asked_for_are_refused(write, content, columns, message):
    with pytest.raises(DataError, match=message):
        read_plays(write(content, "plays.csv"), **columns)


def test_names_cannot_be_asked_for_where_there_is_no_header(write):
    with pytest.raises(DataError, match=r"its columns have no names\. Pass a position, such as user=1\."):
        read_plays(write("a,b,1\n"), user="user", item=2, header=False)


def test_a_delimiter_that_is_not_there_is_refused(write):
    with pytest.raises(DataError, match="No ';' divides the lines of"):
        read_plays(write("a,b,1\n"), user=1, item=2, delimiter=";")


def test_duplicate_names_do_not_matter_to_positions(write):
    assert pairs(read_plays(write("a,a,b\nada,A,1\n"), **BY_POSITION)) == {("ada", "A"): 1}


@settings(max_examples=6, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from(["A", "Ä", "B C", "𝄞", "\uffff"]), st.integers(1, 9)),
        min_size=1,
        max_size=30,
    ),
    seed=st.randoms(use_true_random=False),
)
def test_the_order_of_rows_does_not_matter(tmp_path_factory, rows, seed):
    path = tmp_path_factory.mktemp("order") / "plays.tsv"
    results: list[Interactions] = []
    for _ in range(2):
        path.write_text("".join(f"{user}\t{item}\t{n}\n" for user, item, n in rows), encoding="utf-8")
        results.append(read_plays(path, **BY_POSITION))
        seed.shuffle(rows)
    one, other = results
    assert one.to_arrow().equals(other.to_arrow())
    for ids in (one.user_ids, one.item_ids):
        assert ids.values.to_pylist() == sorted(set(ids.values.to_pylist()), key=str.encode)
    expected = Counter()
    for user, item, n in rows:
        expected[user, item] += n
    assert pairs(one) == expected


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "columns", "shape", "n_pairs", "total"),
    [
        (
            "lastfm-hetrec2011/user_artists.dat",
            {"user": "userID", "item": "artistID", "plays": "weight"},
            (1892, 17632),
            92834,
            69183975,
        ),
        ("lastfm-hetrec2011/user_artists.dat", BY_POSITION, (1892, 17632), 92834, 69183975),
        ("audioscrobbler-2005-small/user_artist_data_small.txt", BY_POSITION, (50, 30677), 49481, 6461021),
        ("tasteprofile-heads/train_triplets_head.txt", BY_POSITION, (173, 7849), 10000, 25223),
        ("tasteprofile-heads/train_triplets_top_songs_head.txt", BY_POSITION, (1630, 9071), 42739, 129149),
    ],
)
def test_real_files_are_read_whole(shared_data, name, columns, shape, n_pairs, total):
    plays = read_plays(shared_data / name, **columns)
    assert (plays.shape, plays.n_pairs) == (shape, n_pairs)
    assert plays.plays.sum(dtype="float64") == total


@pytest.mark.slow
def test_a_real_file_with_malformed_rows_says_how_many(shared_data):
    path = shared_data / "audioscrobbler-2005-small" / "artist_alias_full.txt"
    with pytest.raises(DataError, match=r"line 28: user is empty: ''\. In all, 2,135 of 193,027 rows"):
        read_plays(path, user=1, item=2)


def test_a_header_that_is_read_as_a_listener_is_told(tmp_path, caplog):
    path = tmp_path / "plays.csv"
    for first, is_told in [
        ("user_id,Artist Name", True),
        ("userid,track", True),
        ("ada,Artist", False),
        ("u,x", False),
    ]:
        path.write_text(f"{first}\nada,Grouper\nbob,J Dilla\n", encoding="utf-8")
        caplog.clear()
        assert read_plays(path, user=1, item=2).n_pairs == 3
        assert ["is read as plays, of the user" in message for message in caplog.messages] == [True] * is_told
        for header in (True, False):
            caplog.clear()
            assert read_plays(path, user=1, item=2, header=header).n_pairs == 3 - header
            assert caplog.messages == []


WRITTEN = {
    "words": ("usuario,artista", ["ada,Grouper", "bob,J Dilla"]),
    "words of Japanese": ("ユーザー,アーティスト", ["ada,Grouper", "bob,J Dilla"]),
    "words of German": ("Benutzer_ID,Künstlername", ["ada,Grouper", "bob,J Dilla"]),
    "words above numbered ids": ("quem,o_que", [f"user_{n:06},artist {n % 3}" for n in range(8)]),
    "words above hashes": ("mtumiaji,msanii", [f"{hashlib.sha1(bytes([n])).hexdigest()},Grouper" for n in range(9)]),
    "words above names": ("mtumiaji,msanii", [f"{user},{item}" for user in ("ada", "bob", "eve") for item in "ABC"]),
}


@pytest.mark.parametrize("first", WRITTEN)
def test_a_header_in_any_language_that_is_read_as_a_listener_is_told(write, caplog, first):
    header, rows = WRITTEN[first]
    read_plays(write("\n".join([header, *rows])), user=1, item=2)
    assert ["looks like names of columns" in message for message in caplog.messages] == [True]
    caplog.clear()
    read_plays(write("\n".join(rows)), user=1, item=2)
    assert caplog.messages == []


@pytest.mark.parametrize(
    "text",
    [
        "a,x\nb,y\n",
        "ada,Grouper\n" * 9,
        "".join(f"{name},{item}\n" for name in ("ada", "bob", "eve", "kim", "lou", "max") for item in "AB"),
        "".join(f"user_{n:03},artist {n % 5}\n" for n in range(50)),
        "".join(f"{name},only {name}\n" for name in ("ada", "bob", "eve", "kim", "lou", "max", "ned")),
    ],
)
def test_a_first_line_like_those_below_is_not_told(write, caplog, text):
    read_plays(write(text), user=1, item=2)
    assert caplog.messages == []


@pytest.mark.parametrize("quoted", [False, True])
@pytest.mark.parametrize("n_characters", [131_072, 131_073, 200_000, 3_000_000])
def test_cells_may_be_long(write, quoted, n_characters):
    cell = "x" * n_characters
    written = f'"{cell}"' if quoted else cell
    for text in (f"user,item,plays\nada,{written},2\nbob,A,1\n", f"user,plays,item\n{written},3,A\nbob,1,A\n"):
        plays = read_plays(write(text), user="user", item="item", plays="plays")
        assert plays.n_pairs == 2
        assert n_characters in {
            len(each) for ids in (plays.user_ids, plays.item_ids) for each in ids.values.to_pylist()
        }


def test_a_file_whose_name_is_no_text_is_refused_by_name(tmp_path):
    path = os.path.join(os.fsencode(tmp_path), b"plays\xff.csv")
    with open(path, "wb") as file:
        file.write(b"user,artist\nada,Grouper\n")
    with pytest.raises(DataError, match=r"plays\\udcff\.csv' is not UTF-8 text"):
        read_plays(os.fsdecode(path), user="user", item="artist")
