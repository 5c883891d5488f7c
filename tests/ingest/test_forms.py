"""Encodings, forms of numbers and dates, and spellings of ids: plays of many users are read like exports."""

from __future__ import annotations

import bz2
import io
import json
import logging
import lzma
import tarfile

import pyarrow as pa
import pytest

from deepcuts.errors import DataError
from deepcuts.ingest import Columns, ReadOptions, ingest, read_plays
from reference.plays import pairs

BY_NAME = {"user": "user", "item": "artist"}


@pytest.fixture
def write(tmp_path):
    """Write a file, text as UTF-8, and return its path."""

    def write(content, name="plays.csv"):
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return tmp_path / name

    return write


def test_a_blank_does_not_divide_where_another_delimiter_does(write):
    path = write("User , Artist , Plays\nada , Daft Punk , 3\nada , Muse , 2\n")
    plays = read_plays(path, user="User", item="Artist", plays="Plays", trim=True)
    assert pairs(plays) == {("ada", "Daft Punk"): 3, ("ada", "Muse"): 2}


@pytest.mark.parametrize("rest", ["", "bob;one cell;too;many\n"])
def test_a_first_line_may_say_the_delimiter(write, rest):
    path = write(f"sep=;\nuser;artist;plays\nada;Earth, Wind & Fire;3\nada;Muse;2\n{rest}")
    plays = read_plays(path, **BY_NAME, plays="plays", on_bad_rows="skip")
    assert pairs(plays) == {("ada", "Earth, Wind & Fire"): 3, ("ada", "Muse"): 2}


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["12.345", "5"], [12345, 5]),
        (["12,5", "5"], [12.5, 5]),
        (["1.234,5", "5"], [1234.5, 5]),
        (["12\u202f345", "5"], [12345, 5]),
        (["12'345", "5"], [12345, 5]),
        (["0.345", "12.345"], [0.345, 12.345]),
    ],
)
def test_forms_of_numbers(write, cells, expected):
    text = "user;artist;plays\n" + "".join(f"ada;{n};{cell}\n" for n, cell in enumerate(cells))
    assert read_plays(write(text), **BY_NAME, plays="plays").plays.tolist() == pytest.approx(expected)


def test_numbers_and_dates_that_can_be_read_in_two_ways(write):
    path = write("user;artist;plays\na;X;12.345\na;Y;1234\n")
    with pytest.raises(DataError, match=r"Plays: numbers such as 12\.345 may be thousands or fractions"):
        read_plays(path, **BY_NAME, plays="plays")
    assert read_plays(path, **BY_NAME, plays="plays", decimal=",").plays.tolist() == [12345, 1234]
    path = write("user,artist,date\na,X,3/4/2023\na,Y,11/2/2023\n")
    with pytest.raises(DataError, match="Times: dates such as 3/4/2024 can be read in two ways"):
        read_plays(path, **BY_NAME, time="date")
    assert read_plays(path, **BY_NAME, time="date", dates="dmy").last_played.tolist() == [1680480000, 1676073600]


@pytest.mark.parametrize(
    "cell", ["20231114", "14.11.2023", "11/14/2023", "2023-11-14", "November 14, 2023", "20231114T000000Z"]
)
def test_dates_are_the_day_that_they_are(write, cell):
    assert read_plays(write(f'user,artist,date\na,X,"{cell}"\n'), **BY_NAME, time="date").last_played.tolist() == [
        1699920000
    ]


def test_times_that_all_lie_in_1970_are_told(write, caplog):
    read_plays(write("user,artist,time\na,X,45244\nb,Y,2023\n"), **BY_NAME, time="time")
    assert "All times lie in 1970" in caplog.text


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "cp1252", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_encoding(write, encoding, end):
    path = write(f"user,artist{end}ada,Björk{end}bob,Muse{end}".encode(encoding))
    assert pairs(read_plays(path, **BY_NAME)) == {("ada", "Björk"): 1, ("bob", "Muse"): 1}


def test_an_encoding_can_be_said_and_rows_keep_the_name_of_their_file(write):
    path = write("user,artist\nada,Кино\nbob\n".encode("cp1251"))
    with pytest.raises(DataError, match=r"plays\.csv, line 3: line has 1 cell where 2"):
        read_plays(path, **BY_NAME, encoding="cp1251")


@pytest.mark.parametrize("pack", [bz2.compress, lzma.compress])
def test_other_packings(write, pack):
    assert read_plays(write(pack(b"user,artist\nada,Muse\n")), **BY_NAME).n_pairs == 1


def test_ids_that_look_alike_are_told_and_can_be_read_as_one(write, caplog):
    path = write("user,artist\na,Bjo\u0308rk\na,Bj\u00f6rk\nb,Muse\u200e\nb,Muse\n")
    with caplog.at_level(logging.WARNING, "deepcuts"):
        plays, _ = ingest(path, Columns("user", "artist"), ReadOptions())
    assert plays.n_items == 4
    assert "ids of items look like others" in caplog.text
    assert read_plays(path, **BY_NAME, normalize=True).item_ids.values.to_pylist() == ["Björk", "Muse"]


@pytest.mark.parametrize(
    "pack", [lambda data: data, lambda data: pa.compress(data, "zstd", asbytes=True), lzma.compress]
)
def test_dumps_of_listenbrainz(write, pack):
    """Objects a line in an archive, whose fields lie in one another."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for month in (1, 2):
            listens = [
                {
                    "user_id": user,
                    "timestamp": 1_600_000_000 + month,
                    "track_metadata": {"artist_name": name, "x": None},
                }
                for user, name in ((1, "Muse"), (2, "Björk"))
            ]
            data = "".join(json.dumps(each) + "\n" for each in listens).encode()
            info = tarfile.TarInfo(f"listenbrainz/listens/2020/{month}.listens")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        archive.addfile(tarfile.TarInfo("listenbrainz/COPYING"), io.BytesIO(b""))
    path = write(pack(buffer.getvalue()), "dump.tar.zst")
    plays = read_plays(path, user="user_id", item="track_metadata.artist_name", time="timestamp")
    assert pairs(plays) == {("1", "Muse"): 2, ("2", "Björk"): 2}
    assert plays.last_played.tolist() == [1_600_000_002] * 2
