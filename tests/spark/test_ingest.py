"""What a shelf holds is what `read_plays` reads, to the bit."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import deepcuts as dc
from deepcuts import spark as on_spark
from deepcuts.errors import DataError, OutputError
from deepcuts.ingest import prune
from deepcuts.model.training.rows import length_order
from deepcuts.shelf.files import Shelf
from deepcuts.shelf.units import Catalogue, named, plays_of
from shelf.object_store import object_store
from shelf.small import Loop
from spark.conftest import assert_same, no_users_collected, write

COLUMNS = {"user": "user", "item": "item", "plays": "plays"}


def on_shelf(folder: Any, users: list[str]) -> dc.Interactions:
    return plays_of(Loop(), Catalogue(Shelf.at(folder)), partial(named, users))


def odd_rows() -> pa.Table:
    """Rows of many kinds: doubles, fractions, dislikes, users of numbers."""
    rng = np.random.default_rng(1)
    n = 4_000
    plays = np.where(rng.random(n) < 0.2, -rng.integers(1, 4, n), rng.integers(1, 9, n)).astype(float)
    plays[rng.random(n) < 0.3] += 0.1
    items = [f"artist {number} é" for number in rng.integers(0, 60, n)]
    return pa.table({"user": rng.integers(0, 1_100, n), "item": items, "plays": plays})


def test_units_hold_all_users_by_length_and_then_by_id(spark, shelf, plays):
    catalogue = Catalogue(Shelf.at(shelf))
    n_units = catalogue.shelf.manifest()["n_units"]
    ids = pa.concat_arrays([catalogue.unit(number).user_ids.values for number in range(n_units)])
    assert ids.equals(plays.user_ids.take(length_order(np.diff(plays.indptr))))
    np.testing.assert_array_equal(catalogue.counts.listeners, plays.item_listeners)
    np.testing.assert_array_equal(catalogue.counts.plays, plays.item_plays)
    assert n_units == 8


def test_a_shelf_holds_what_read_plays_reads(spark, shelf, plays):
    some = plays.user_ids.values[5:500:7].to_pylist()
    found = on_shelf(shelf, some)
    assert found.user_ids.values.to_pylist() == some
    users = plays.user_ids.indexes_of(some)
    for row, user in enumerate(users):
        for mine, theirs in zip(found.user_items(row), plays.user_items(user), strict=True):
            np.testing.assert_array_equal(mine, theirs)


def test_numbers_fractions_dislikes_and_pruning_are_those_of_read_plays(spark, tmp_path, collected):
    rows = odd_rows()
    write(tmp_path / "odd.parquet", rows)
    options = {"dislikes": True}
    expected = prune(dc.read_plays(rows, **COLUMNS, **options), min_users=20, min_items=3)
    asked = {**COLUMNS, **options, "min_users": 20, "min_items": 3}
    with no_users_collected(collected, 4 * expected.n_pairs):
        report = on_spark.ingest(str(tmp_path / "odd.parquet"), **asked, shelf=str(tmp_path / "shelf"))
    assert (report.n_users, report.n_items, report.n_pairs) == (*expected.shape, expected.n_pairs)
    assert_same(on_shelf(tmp_path / "shelf", expected.user_ids.values.to_pylist()), expected)
    with pytest.raises(OutputError, match="exists already"):
        on_spark.ingest(str(tmp_path / "odd.parquet"), **COLUMNS, shelf=str(tmp_path / "shelf"), dislikes=True)


def test_parquet_and_shelf_may_lie_in_a_store_of_objects(spark, plays, tmp_path, collected, monkeypatch):
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")  # or the client asks for credentials elsewhere
    table = plays.to_arrow()
    with object_store() as store:
        for year, rows in ((2023, table[:9_000]), (2024, table[9_000:])):
            write(tmp_path / "part.parquet", rows)
            store.objects[f"logs/year={year}/part.parquet"] = (tmp_path / "part.parquet").read_bytes()
        named_columns = {"user": "user_id", "item": "item_id", "plays": "plays"}
        with no_users_collected(collected):
            report = on_spark.ingest(store.url("logs"), **named_columns, shelf=store.url("shelf"))
        assert (report.n_users, report.n_items, report.n_pairs) == (*plays.shape, plays.n_pairs)
        assert not [key for key in store.objects if "staging" in key]
        found = plays_of(Loop(), Catalogue(Shelf.at(store.url("shelf"))), partial(named, plays.user_ids.to_pylist()))
        assert_same(found, plays)
        with pytest.raises(DataError, match="cannot be read as Parquet"):
            on_spark.ingest(store.url("nothing"), **named_columns, shelf=store.url("other"))


def test_bad_rows_are_counted_and_refused_or_left_out_and_songs_become_artists(spark, tmp_path):
    text = "user,item,plays\nada,s1,2\nada,s2,3\nbob,s1,x\n,s3,1\nbob,s3,1\ncyd,s9,4\n"
    (tmp_path / "rows.csv").write_text(text)
    source, shelf = str(tmp_path / "rows.csv"), str(tmp_path / "shelf")
    unnamed = (tmp_path / "rows.csv").rename(tmp_path / "rows.dat")
    with pytest.raises(DataError, match=r"rows.dat cannot be read as Parquet. Names of other tables end in .csv, .tsv"):
        on_spark.ingest(str(unnamed), **COLUMNS, shelf=shelf)
    unnamed.rename(source)
    with pytest.raises(DataError, match=r"user is empty \(1 row\)\. In all, 2 of 6 rows cannot be used"):
        on_spark.ingest(source, **COLUMNS, shelf=shelf)
    artists = spark.createDataFrame([("s1", "A"), ("s2", "A"), ("s3", "B")], "song string, artist string")
    report = on_spark.ingest(source, **COLUMNS, shelf=shelf, on_bad_rows="skip", artists=artists, force=True)
    assert (report.n_rows, report.n_skipped, report.n_users, report.n_pairs) == (6, 2, 2, 2)
    found = on_shelf(shelf, ["ada", "bob", "cyd"])
    assert found.to_arrow().to_pylist() == [
        {"user_id": "ada", "item_id": "A", "plays": 5.0},
        {"user_id": "bob", "item_id": "B", "plays": 1.0},
    ]


def test_a_column_that_is_not_there_is_named_before_any_work(spark, tmp_path):
    frame = spark.createDataFrame([("ada", "A")], "user string, item string")
    with pytest.raises(DataError, match=r"Column 'artist' not found in the DataFrame\. Its columns are 'user', 'item'"):
        on_spark.ingest(frame, user="user", item="artist", shelf=str(tmp_path / "shelf"))


def test_ids_that_differ_in_blanks_only_are_refused(spark, tmp_path):
    frame = spark.createDataFrame([("ada", "A"), ("ada\u00a0", "B")], "user string, item string")
    with pytest.raises(DataError, match=r"'ada' and 'ada\\xa0' differ in surrounding blanks only"):
        on_spark.ingest(frame, user="user", item="item", shelf=str(tmp_path / "shelf"))
    report = on_spark.ingest(frame, user="user", item="item", shelf=str(tmp_path / "shelf"), trim=True, force=True)
    assert (report.n_users, report.n_pairs) == (1, 2)


def test_an_empty_shelf_says_what_to_do(tmp_path):
    with pytest.raises(DataError, match="There are no plays on the shelf"):
        Shelf.at(tmp_path / "none").manifest()
