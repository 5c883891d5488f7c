"""What can be asked for, which files there are, and what becomes of the workspace."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from deepcuts.data.id_twins import BLANKS
from deepcuts.errors import DataError, FileFormatError, OutputError, SettingsError
from deepcuts.ingest import Columns, ReadOptions, read_plays
from deepcuts.ingest.tabular.database import plain_errors
from waiting import PATIENCE


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ((0, 2), "user=0 is no column. Give its name, or its position from 1 on."),
        ((1, -1), "item=-1 is no column."),
        (("", 2), "user='' is no column."),
        ((1, 2, True), "plays=True is no column."),
        ((1, 2, 1.0), "plays=1.0 is no column."),
        (("a", "a"), "One column is named for two things: {'user': 'a', 'item': 'a'}. Name a different one for each."),
        ((1, 2, None, 2), "One column is named for two things"),
    ],
)
def test_columns_that_cannot_be_are_refused(columns, message):
    with pytest.raises(SettingsError) as caught:
        Columns(*columns)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"on_bad_rows": "drop"}, "on_bad_rows is 'drop'. Pass 'error' or 'skip'."),
        ({"on_bad_rows": []}, "on_bad_rows is []. Pass 'error' or 'skip'."),
        ({"trim": "no"}, "trim is 'no'. Give True or False."),
        ({"dislikes": 1}, "dislikes is 1. Give True or False."),
        ({"force": None}, "force is None. Give True or False."),
        ({"header": "no"}, "header is 'no'. Give True or False."),
        ({"header": 0}, "header is 0. Give True or False."),
        ({"bad_rows": 3}, "bad_rows is 3. Give a path."),
        ({"temp_directory": b"/tmp"}, "temp_directory is b'/tmp'. Give a path."),
        ({"times": {"half_life": 3}}, "times is {'half_life': 3}. Pass TimeRules(...)."),
        ({"delimiter": 3}, "delimiter is 3. Give one character, not a line end."),
        ({"delimiter": ""}, "delimiter is ''. Give one character, not a line end."),
        ({"delimiter": "\0"}, "delimiter is '\\x00'."),
        ({"quote": True}, "quote is True."),
        ({"memory_limit": 4}, "memory_limit is 4. Give a number and a unit, such as 4GB."),
        ({"delimiter": "::"}, "delimiter is '::'. Give one character, not a line end."),
        ({"delimiter": "\n"}, "delimiter is '\\n'."),
        ({"quote": "''"}, 'quote is "\'\'". Give one character other than the delimiter, or "" for none.'),
        ({"quote": ";", "delimiter": ";"}, "quote is ';'."),
        ({"memory_limit": "lots"}, "memory_limit is 'lots'. Give a number and a unit, such as 4GB."),
        ({"memory_limit": "-3GB"}, "memory_limit is '-3GB'."),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(SettingsError) as caught:
        ReadOptions(**options)
    assert str(caught.value).startswith(message)


def test_switches_and_positions_may_be_numpys():
    options = ReadOptions(trim=np.True_, header=np.False_, temp_directory="/tmp")
    assert (options.trim, options.header, options.temp_directory) == (True, False, Path("/tmp"))
    assert all(type(value) is bool for value in (options.trim, options.header))
    assert Columns(np.int64(1), np.uint8(2)) == Columns(1, 2)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("nothing.tsv", r"There is no file .*nothing\.tsv\."),
        ("no*.tsv", r"No file matches .*no\*\.tsv\."),
        ("", r"is a folder\. Name its files, for example .*\*\.parquet\."),
    ],
)
def test_files_that_are_not_there_are_refused(tmp_path, source, message):
    with pytest.raises(DataError, match=message):
        read_plays(os.path.join(tmp_path, source), user=1, item=2)


def test_no_files_at_all_are_refused():
    with pytest.raises(DataError, match="No files are given"):
        read_plays([], user=1, item=2)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"PK\3\4\x14\0", r"a\.csv is a zip archive or a spreadsheet\. Unpack it, or save the sheet as CSV"),
        ("a.tsv", b"user\titem\x00\n", r"a\.tsv is not text: byte 9 is 0\. CSV, TSV, JSON and Parquet can be read"),
        ("a.st", b"\x40\0\0\0\0\0\0\0{}", r"a\.st is a safetensors file, .* Load plays by Interactions\.load\(path\)"),
        ("a.parquet", b"user,item\n", r"a\.parquet is not a Parquet file: it begins with b'user', not with b'PAR1'"),
        ("a.parquet", b"PAR1", r"a\.parquet is truncated or damaged, or no Parquet file"),
        ("a.tsv.gz", gzip.compress(bytes(range(1, 255)) * 99)[:200], r"a\.tsv\.gz is truncated or damaged: "),
    ],
)
def test_files_that_are_not_what_they_seem_are_refused(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FileFormatError, match=message):
        read_plays(tmp_path / name, user=1, item=2)


@pytest.mark.slow
def test_a_file_that_breaks_off_past_its_sample_is_refused(tmp_path):
    lines = "".join(f"{k * 7919 % 99991}\t{k}\n" for k in range(99_991))
    (tmp_path / "plays.tsv.gz").write_bytes(gzip.compress(lines.encode())[:-2000])
    with pytest.raises(FileFormatError, match=r"plays\.tsv\.gz is truncated or damaged"):
        read_plays(tmp_path / "plays.tsv.gz", user=1, item=2)


def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / "plays.tsv").touch()
    with pytest.raises(DataError, match=r"plays\.tsv is empty\."):
        read_plays(tmp_path / "plays.tsv", user=1, item=2)


@pytest.mark.parametrize("content", [b"\n", b"  \t \r\n \n", "\ufeff\n\u3000\n".encode(), "\n \n".encode("utf-16")])
def test_a_file_of_blanks_is_refused(tmp_path, content):
    (tmp_path / "plays.tsv").write_bytes(content)
    with pytest.raises(DataError, match=r"plays\.tsv\. It holds nothing but blanks and empty lines\."):
        read_plays(tmp_path / "plays.tsv", user=1, item=2)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names on Windows")
def test_a_pipe_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match=r"pipe is not a regular file, and it takes one to read twice\."):
        read_plays(tmp_path / "pipe", user=1, item=2)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything, as all may on Windows")
def test_a_file_that_may_not_be_read_is_refused(tmp_path):
    (tmp_path / "plays.tsv").write_text("a\tb\n", encoding="utf-8")
    (tmp_path / "plays.tsv").chmod(0)
    with pytest.raises(DataError, match=r"plays\.tsv cannot be opened: Permission denied\."):
        read_plays(tmp_path / "plays.tsv", user=1, item=2)


def test_the_workspace_is_removed_and_a_folder_for_it_must_exist(tmp_path):
    table = pa.table({"user": ["ada"], "item": ["A"]})
    read_plays(table, user=1, item=2, temp_directory=tmp_path)
    assert not list(tmp_path.iterdir())
    with pytest.raises(OutputError, match=r"No temporary folder can be made in .*nowhere: No such file or directory\."):
        read_plays(table, user=1, item=2, temp_directory=tmp_path / "nowhere")


@pytest.mark.slow
def test_more_rows_than_memory_are_read_through_the_temporary_folder(tmp_path):
    rng = np.random.default_rng(0)
    users, items = rng.integers(0, 5000, 400_000), rng.integers(0, 20_000, 400_000)
    pq.write_table(pa.table({"user": users, "item": items}), tmp_path / "plays.parquet")
    bounded = read_plays(tmp_path / "plays.parquet", user=1, item=2, memory_limit="40MB", temp_directory=tmp_path)
    assert bounded.to_arrow().equals(read_plays(tmp_path / "plays.parquet", user=1, item=2).to_arrow())
    assert [path.name for path in tmp_path.iterdir()] == ["plays.parquet"]


def test_too_little_memory_is_said(tmp_path):
    pq.write_table(pa.table({"user": np.arange(200_000), "item": np.arange(200_000)}), tmp_path / "plays.parquet")
    with pytest.raises(SettingsError, match=r"took more than memory_limit='1MB', or than its temporary folder holds\."):
        read_plays(tmp_path / "plays.parquet", user=1, item=2, memory_limit="1MB", temp_directory=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["plays.parquet"]


def test_errors_of_the_database_are_told_as_ours():
    ours = plain_errors("plays.tsv", ReadOptions())
    with (
        pytest.raises(OutputError, match=r"The disk is full: No space left on .*temp_directory on a larger disk"),
        ours,
    ):
        raise duckdb.IOException("No space left on device\nmore")
    ours = plain_errors("plays.tsv", ReadOptions())
    with pytest.raises(FileFormatError, match=r"^Cannot read plays\.tsv\. DuckDB says: odd$"), ours:
        raise duckdb.Error("odd\nmore")


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows cannot send Ctrl-C to one process")
def test_an_interrupt_leaves_nothing_behind(tmp_path):
    keys = np.arange(4_000_000)
    pq.write_table(pa.table({"user": keys % 1_000_003, "item": keys}), tmp_path / "plays.parquet")
    code = "import sys, deepcuts as dc; dc.read_plays(sys.argv[1], user=1, item=2, temp_directory=sys.argv[2])"
    command = [sys.executable, "-c", code, str(tmp_path / "plays.parquet"), str(tmp_path)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    while not list(tmp_path.glob(".deepcuts-*")):
        assert process.poll() is None, process.communicate()
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=PATIENCE)[1].splitlines()[-1] == "KeyboardInterrupt"
    assert [path.name for path in tmp_path.iterdir()] == ["plays.parquet"]


def test_blanks_are_those_that_unicode_and_arrow_know():
    characters = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    blank = pc.equal(pc.utf8_trim_whitespace(pa.array(characters)), "").to_pylist()
    assert "".join(c for c, is_blank in zip(characters, blank, strict=True) if is_blank) == BLANKS
    assert all(character.isspace() for character in BLANKS)


def test_paths_may_be_of_any_kind_and_are_read_once(tmp_path):
    path = tmp_path / "plays.tsv"
    path.write_text("a\tb\t1\n", encoding="utf-8")
    for source in (path, str(path), Path(path), [path, str(path)], [str(path), tmp_path / "*.tsv"]):
        assert read_plays(source, user=1, item=2, plays=3).plays.tolist() == [1]
