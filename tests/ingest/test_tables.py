"""Parquet, and tables in memory."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy import sparse

from deepcuts.errors import DataError, FileFormatError
from deepcuts.ingest import as_plays, read_plays
from reference.plays import pairs

COLUMNS = {"user": "user", "item": "artist", "plays": "count"}
TABLE = pa.table({"count": [3, 4, 2], "user": ["ada", "bob", "ada"], "artist": ["Grouper", "坂本龍一", "Grouper"]})
PERIODS = pa.table(pd.DataFrame({"month": pd.period_range("2020", periods=2, freq="M")}))["month"]  # kept as integers
JSON_TEXTS = pa.ExtensionArray.from_storage(pa.json_(), pa.array(["1", '"a"']))
PLAYS = {("ada", "Grouper"): 5, ("bob", "坂本龍一"): 4}


@pytest.mark.parametrize(
    "convert",
    [
        lambda table: table,
        lambda table: table.to_reader(),
        lambda table: table.to_pandas(),
        lambda table: table.to_pandas().astype({"user": "category"}),
        lambda table: table.to_pandas().set_index("user").reset_index(),
        pl.from_arrow,
        lambda table: pl.from_arrow(table).with_columns(pl.col("artist").cast(pl.Categorical)),
        lambda table: duckdb.connect().from_arrow(table),
    ],
    ids=["table", "reader", "pandas", "pandas-categories", "pandas-index", "polars", "polars-categories", "duckdb"],
)
def test_tables_of_every_kind_give_the_same_plays(convert):
    assert pairs(read_plays(convert(TABLE), **COLUMNS)) == PLAYS


def test_frames_of_pandas_may_mix_types_of_ids():
    frame = pd.DataFrame({"u": [7, "7", "007", None], "i": ["a", 5, 5.0, "c"], "n": [1, 2, 4, 8]})
    plays = read_plays(frame, user="u", item="i", plays="n", on_bad_rows="skip")
    assert pairs(plays) == {("7", "a"): 1, ("7", "5"): 2, ("007", "5"): 4}


def test_whole_numbers_longer_than_any_column_holds_are_ids():
    frame = pd.DataFrame({"u": [2**70, 2**71], "i": ["a", "b"], "n": [1, 2]})
    assert pairs(read_plays(frame, user="u", item="i", plays="n")) == {(str(2**70), "a"): 1, (str(2**71), "b"): 2}


@pytest.mark.parametrize("role", ["user", "item", "plays"])
@pytest.mark.parametrize("column", [PERIODS, JSON_TEXTS])
def test_types_that_mean_something_else_than_they_are_stored_as_are_refused(tmp_path, role, column):
    frame = pa.table({"user": ["a", "b"], "item": ["c", "d"], "plays": [1, 2]})
    frame = frame.drop_columns(role).append_column(role, column)
    pq.write_table(frame, tmp_path / "plays.parquet")
    for source in (frame, tmp_path / "plays.parquet"):
        with pytest.raises(DataError, match=rf"Column '{role}' of .* is of the type [a-z.0-9]+\. Turn it into text"):
            read_plays(source, user="user", item="item", plays="plays")


@pytest.mark.parametrize("cells", [{"u": ["a", "b"], "n": [1, "x"]}, {"u": ["a", 1.5], "n": [1, 2]}])
def test_other_mixtures_are_refused(cells):
    with pytest.raises(DataError, match=r"values of one type|whole and below"):
        read_plays(pd.DataFrame(cells).assign(i="b"), user="u", item="i", plays="n")


def test_columns_of_tables_can_be_named_by_position():
    assert pairs(read_plays(TABLE, user=2, item="3", plays=1)) == PLAYS


def test_parquet_files_are_read_whatever_their_ending(tmp_path):
    pq.write_table(TABLE, tmp_path / "plays.parquet")
    pq.write_table(TABLE.select(["user", "artist", "count"]), tmp_path / 'it\'s "odd"[1].dat')
    assert pairs(read_plays(tmp_path / "plays.parquet", **COLUMNS)) == PLAYS
    assert pairs(read_plays(tmp_path / 'it\'s "odd"[1].dat', **COLUMNS)) == PLAYS
    assert pairs(read_plays(tmp_path / "*", **COLUMNS)) == {pair: 2 * n for pair, n in PLAYS.items()}


def test_names_that_differ_in_case_only_are_told_apart(tmp_path):
    table = pa.table([["x"], ["ada"], ["A"]], names=["User", "user", 'a"b'])
    pq.write_table(table, tmp_path / "plays.parquet")
    for source in (table, tmp_path / "plays.parquet"):
        assert pairs(read_plays(source, user="user", item='a"b')) == {("ada", "A"): 1}
        assert pairs(read_plays(source, user="User", item='a"b')) == {("x", "A"): 1}


def test_text_that_parquet_calls_binary_is_read(tmp_path):
    pq.write_table(pa.table({"user": [b"ada"], "artist": [b"A"]}), tmp_path / "plays.parquet")
    assert pairs(read_plays(tmp_path / "plays.parquet", user=1, item=2)) == {("ada", "A"): 1}


@pytest.mark.parametrize(
    ("values", "ids"),
    [
        (pa.array([10, 9, -1], pa.int8()), ["-1", "10", "9"]),
        (pa.array([2**64 - 1, 0], pa.uint64()), ["0", "18446744073709551615"]),
        (pa.array([3.0, 10000000001.0, -0.0, 1e15]), ["0", "1000000000000000", "10000000001", "3"]),
        (pa.array([Decimal("3.00"), Decimal("2.50")]), ["2.5", "3"]),
        (pa.array([Decimal("3"), Decimal("12")], pa.decimal128(20, 0)), ["12", "3"]),
        (pa.array(["b", "a"]).dictionary_encode(), ["a", "b"]),
        (pa.array(["b", "a"], pa.large_string()), ["a", "b"]),
        (pa.array(["b", "a"], pa.string_view()), ["a", "b"]),
    ],
)
def test_ids_of_every_type_become_text(values, ids):
    table = pa.table({"user": values, "artist": values})
    plays = read_plays(table, user="user", item="artist")
    assert plays.user_ids.values.to_pylist() == plays.item_ids.values.to_pylist() == ids


@pytest.mark.parametrize("plays", [[2], [2.0], ["2"], [Decimal("2.00")], pa.array([2], pa.uint8())])
def test_plays_of_every_type_are_numbers(plays):
    assert pairs(read_plays(pa.table({"u": ["ada"], "i": ["A"], "n": plays}), user=1, item=2, plays=3)) == {
        ("ada", "A"): 2
    }


@pytest.mark.parametrize(
    "time",
    [
        [datetime(2020, 1, 1)],
        [datetime(2020, 1, 1, tzinfo=UTC)],
        pa.array([datetime(2020, 1, 1)], pa.timestamp("s")),
        pa.array([datetime(2020, 1, 1)], pa.timestamp("ms")),
        pa.array([datetime(2020, 1, 1)], pa.timestamp("ns")),
        pa.array([datetime(2020, 1, 1)], pa.timestamp("ns", "Asia/Tokyo")),
        [date(2020, 1, 1)],
        [1577836800],
        [1577836800.5],
        ["1577836800"],
        ["2020-01-01T00:00Z"],
    ],
)
def test_times_of_every_type_become_seconds(time):
    table = pa.table({"u": ["ada"], "i": ["A"], "t": time})
    assert read_plays(table, user=1, item=2, time=3).last_played.tolist() == [1577836800]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"user": "list"},
            r"Column 'list' of the table holds BIGINT\[\]; ids are text or numbers\. Name another column",
        ),
        ({"item": "flag"}, "Column 'flag' of the table holds BOOLEAN; ids are text or numbers"),
        ({"item": "day"}, "Column 'day' of the table holds DATE; ids are text or numbers"),
        ({"plays": "blob"}, "Column 'blob' of the table holds BLOB; play counts are numbers"),
        ({"plays": "day"}, "Column 'day' of the table holds DATE; play counts are numbers"),
        ({"time": "flag"}, "Column 'flag' of the table holds BOOLEAN; times are timestamps or seconds since 1970"),
        ({"user": "name"}, r"Column 'name' not found in the table\. Its columns are 'user', 'artist'"),
        ({"item": "Artist"}, r"Column 'Artist' not found .*\. Pass item='artist' or another of these, or a position"),
        ({"plays": "artists"}, r"Column 'artists' not found .*\. Pass plays='list' or another of these, or a"),
        (
            {"time": "zzz"},
            r"Column 'zzz' not found .*\. Pass time=\.\.\. with one of these, or a position, such as tim",
        ),
    ],
)
def test_columns_of_another_kind_are_refused(columns, message):
    table = pa.table(
        {"user": ["a"], "artist": ["b"], "list": [[1]], "flag": [True], "blob": [b"x"], "day": [date(2020, 1, 1)]}
    )
    with pytest.raises(DataError, match=message):
        read_plays(table, **{"user": "user", "item": "artist"} | columns)


def test_columns_of_another_kind_in_parquet_are_refused_too(tmp_path):
    pq.write_table(pa.table({"user": [[1]], "artist": ["b"]}), tmp_path / "plays.parquet")
    with pytest.raises(DataError, match=r"Column 'user' of .*plays\.parquet holds BIGINT\[\]; ids are text or numbers"):
        read_plays(tmp_path / "plays.parquet", user="user", item="artist")


def test_duplicate_names_are_refused(tmp_path):
    table = pa.table([["a"], ["b"], ["c"]], names=["user", "user", "artist"])
    pq.write_table(table, tmp_path / "plays.parquet")
    with pytest.raises(DataError, match="More than one column of the table is named 'user'"):
        read_plays(table, user="user", item="artist")
    with pytest.raises(DataError, match=r"More than one column of .*plays\.parquet is named 'user'"):
        read_plays(tmp_path / "plays.parquet", user="user", item="artist")


@pytest.mark.parametrize("values", [["ada", None], [1.0, float("nan")], ["ada", "  "], [None, None]])
def test_missing_ids_are_bad_rows(tmp_path, values):
    table = pa.table({"user": values, "artist": ["A", "B"]})
    pq.write_table(table, tmp_path / "plays.parquet")
    with pytest.raises(DataError, match=r"Table, row [12]: user is .*\. In all, [12] of 2 rows"):
        read_plays(table, user="user", item="artist")
    with pytest.raises(DataError, match=r"plays\.parquet, row [12]: user is "):
        read_plays(tmp_path / "plays.parquet", user="user", item="artist")


def test_an_empty_table_is_refused():
    with pytest.raises(DataError, match=r"There are no rows in the table\."):
        read_plays(TABLE[:0], **COLUMNS)


@pytest.mark.parametrize("damage", ["cut", "overwritten", "foreign"])
def test_damaged_parquet_is_refused(tmp_path: Path, damage):
    path = tmp_path / "plays.parquet"
    pq.write_table(pa.table({"user": np.arange(5000), "artist": np.arange(5000)}), path)
    content = path.read_bytes()
    path.write_bytes(
        {
            "cut": content[: len(content) // 2],
            "overwritten": content[:99] + bytes(99) + content[198:],
            "foreign": b"user",
        }[damage]
    )
    with pytest.raises(FileFormatError, match=r"plays\.parquet"):
        read_plays(path, user="user", item="artist")


def test_what_is_no_table_is_refused_with_advice():
    with pytest.raises(
        DataError, match=r"SciPy matrix has no ids\. Pass it to Interactions\.from_csr\(matrix, user_ids, "
    ):
        read_plays(sparse.csr_array((2, 2)), user=1, item=2)
    with pytest.raises(DataError, match=r"from an object of type LazyFrame\. Pass paths, or a table"):
        read_plays(pl.LazyFrame({"u": ["a"]}), user=1, item=2)
    with pytest.raises(DataError, match="from an object of type int"):
        read_plays(5, user=1, item=2)
    with pytest.raises(DataError, match="cannot be turned into Arrow data"):
        read_plays(pd.DataFrame({"u": ["a", "b"], "i": ["x", "y"], "n": ["a", 1]}), user=1, item=2, plays=3)


@pytest.mark.parametrize("kind", ["arrow", "pandas", "csv", "parquet"])
def test_columns_that_nobody_asks_for_may_be_named_alike(tmp_path, kind):
    table = pa.table([["a", "b"], [1, 2], ["x", "y"], [7, 9], [3, 4]], names=["user", "o", "artist", "o", "n"])
    path = tmp_path / f"plays.{kind}"
    if kind == "parquet":
        pq.write_table(table, path)
    elif kind == "csv":
        path.write_text("user,o,artist,o,n\na,1,x,7,3\nb,2,y,9,4\n")
    given = {"arrow": lambda: table, "pandas": lambda: _pandas_alike(table)}.get(kind, lambda: path)
    assert read_plays(given(), user="user", item="artist", plays="n").plays.tolist() == [3, 4]
    assert read_plays(given(), user="user", item="artist", plays=4).plays.tolist() == [7, 9]  # as the message advises
    with pytest.raises(DataError, match=r"^More than one column of .* is named 'o'\. Give each its own name, or pass"):
        read_plays(given(), user="user", item="artist", plays="o")


def _pandas_alike(table):
    return table.rename_columns(["user", "o", "artist", "p", "n"]).to_pandas().rename(columns={"p": "o"})


def test_a_frame_of_plays_may_have_other_columns_named_alike():
    twice = pd.DataFrame({"user_id": ["a", "b"], "item_id": ["x", "y"], "plays": [3, 4], "o": [1, 1], "p": [0, 0]})
    assert as_plays(twice.rename(columns={"p": "o"})).plays.tolist() == [3, 4]
    with pytest.raises(DataError, match=r"^More than one column of the table is named 'plays'\. Give"):
        as_plays(twice.rename(columns={"o": "plays"}))


def test_polars_columns_that_arrow_does_not_have_are_of_no_account():
    table = pl.DataFrame({"wide": [1, 2], "user": ["a", "b"], "artist": ["x", "y"], "n": [3, 4]})
    table = table.with_columns(pl.col("wide").cast(pl.Int128))
    assert read_plays(table, user="user", item="artist", plays="n").plays.tolist() == [3, 4]
    assert read_plays(table, user=2, item=3, plays=4).plays.tolist() == [3, 4]


def test_polars_integers_of_128_bits_are_ids_and_counts():
    table = pl.DataFrame({"user_id": [2**70, 7], "item_id": [1, None], "plays": [3, 4]}).cast(pl.Int128)
    read = as_plays(table.head(1))
    assert (list(read.user_ids), list(read.item_ids), read.plays.tolist()) == ([str(2**70)], ["1"], [3])
    with pytest.raises(DataError, match="row 2: item is empty"):
        as_plays(table)
