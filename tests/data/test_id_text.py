"""Ids are one text, whichever way they come in."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from scipy.sparse import csr_array

from deepcuts import Interactions, evaluate, read_plays
from deepcuts.data.id_text import to_text
from deepcuts.data.ids import Ids
from deepcuts.data.labels import Labels
from deepcuts.errors import DataError
from deepcuts.evaluation import item_features
from deepcuts.history.matching import Matcher
from deepcuts.recommendation import ListSettings
from deepcuts.recommendation.lists import known_users
from reference.id_texts import IDS, expected

HUGE = 12_345_678_901_234_567_890


def arrow_of(value: object) -> pa.Array:
    if isinstance(value, Decimal):
        return pa.array([value], pa.decimal128(38, 10))
    if isinstance(value, UUID):
        return pa.array([str(value)])
    return pa.array([value], pa.uint64() if isinstance(value, int) and value >= 2**63 else None)


def texts_by_way(value: object, folder) -> dict[str, str]:
    """The text that each way in makes of an id."""
    array = arrow_of(value)
    table = pa.table({"user": array, "item": array})
    pq.write_table(table, folder / "plays.parquet")
    plays = Interactions.from_csr(csr_array([[1.0]]), [value], [value])
    text = plays.user_ids.values[0].as_py()
    catalogue = Ids.of([text], "item")
    (found,) = known_users(catalogue, [value])
    named = Labels.of(catalogue, {value: "a name"}, pa.table({"item_id": array, "tag": ["a tag"]}))
    lists = pa.table({"user_id": array, "item_id": array, "rank": [1]})
    holdout = plays
    train = Interactions.from_csr(csr_array([[0.0, 1.0]]), [value], [value, text + "x"])
    assert evaluate(lists, train, holdout, {"recall": [1]}).figures["recall@1"] == 1
    assert (found, named.names[0].as_py(), named.tags_of(np.array([0]))) == (0, "a name", ["a tag"])
    assert item_features({value: "l"}, catalogue).main_labels.tolist() == [0]
    assert [catalogue.index_of(value)] == catalogue.indexes_of([value]).tolist() == [0]
    assert Matcher(catalogue, catalogue.values).match([value]).table["item_id"].to_pylist() == [text]
    ways = {
        "from_csr": text,
        "Arrow": to_text(array, "item")[0].as_py(),
        "NumPy objects": to_text(np.array([value, None], object)[:1], "item")[0].as_py(),
        "dictionary": to_text(array.dictionary_encode(), "item")[0].as_py(),
        "allow": ListSettings(allow=[value]).allow[0],
        "deny": ListSettings(deny=array).deny[0],
        "table": read_plays(table, user="user", item="item").item_ids.values[0].as_py(),
        "Parquet": read_plays(folder / "plays.parquet", user="user", item="item").item_ids.values[0].as_py(),
    }
    if not isinstance(value, Decimal | UUID):
        (folder / "plays.jsonl").write_text(json.dumps({"user": value, "item": value}))
        ways["JSON"] = read_plays(folder / "plays.jsonl", user="user", item="item").item_ids.values[0].as_py()
    return ways


@pytest.mark.slow
@settings(deadline=None, max_examples=40)
@given(IDS)
def test_all_ways_in_give_the_same_text(tmp_path_factory, value):
    ways = texts_by_way(value, tmp_path_factory.mktemp("ways"))
    assert ways == dict.fromkeys(ways, expected(value))


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([1, "1", b"a", np.int64(4), np.str_("x"), 2.0, 3], ["1", "1", "a", "4", "x", "2", "3"]),
        ([np.float16(2), np.float32(-3), np.float64(4), np.longdouble(5)], ["2", "-3", "4", "5"]),
        ([np.uint64(2**64 - 1), np.int8(-3), Fraction(6), np.bytes_(b"a")], [str(2**64 - 1), "-3", "6", "a"]),
        ([Decimal("1.50"), Decimal("1E+3"), Decimal("1E-10"), Decimal("-0.0")], ["1.5", "1000", "0.0000000001", "0"]),
        (pa.array([Decimal("1E-10"), Decimal("-0.5"), None], pa.decimal128(38, 12)), ["0.0000000001", "-0.5", None]),
        (pa.array([Decimal("1.5"), Decimal("-123")], pa.decimal256(60, 12)), ["1.5", "-123"]),
        (pa.array([Decimal("100"), Decimal(0)], pa.decimal128(5, -2)), ["100", "0"]),
        (pa.array([Decimal("1.50"), Decimal("20.00")]).slice(1), ["20"]),
        (pa.array([b"ab"], pa.binary(2)), ["ab"]),
        (pa.array([b"ab"], pa.binary_view()), ["ab"]),
        (pa.array(["ab"], pa.string_view()), ["ab"]),
        (pa.array(["ab"], pa.large_string()), ["ab"]),
        (pa.array([7, 7, None]).dictionary_encode(), ["7", "7", None]),
        (pa.chunked_array([[1], [2, None]]), ["1", "2", None]),
        (pa.array([UUID(int=3).bytes], pa.uuid()), [str(UUID(int=3))]),
        (np.array([1.0, np.nan, -0.0]), ["1", None, "0"]),
        (np.array([1, 2], ">i4"), ["1", "2"]),
        (np.array(["a", "b"]), ["a", "b"]),
        (np.ma.masked_array([1, 2], [False, True]), ["1", None]),
        ([None, float("nan"), Decimal("NaN"), np.datetime64("NaT"), pa.scalar(None)], [None] * 5),
        ((number for number in [1, 2]), ["1", "2"]),
        ({7: "a"}, ["7"]),
    ],
)
def test_values_have_the_text_of_the_table_in_the_docs(values, texts):
    assert to_text(values, "user", allow_missing=True).to_pylist() == texts


def test_values_of_pandas_have_the_same_text():
    pandas = pytest.importorskip("pandas")
    column = pandas.Series([1, None, 3], dtype="Int64")
    assert to_text(column, "user", allow_missing=True).to_pylist() == ["1", None, "3"]
    assert to_text(pandas.Series([1.0, None]), "user", allow_missing=True).to_pylist() == ["1", None]
    assert to_text([pandas.NA, pandas.NaT], "user", allow_missing=True).to_pylist() == [None, None]
    assert to_text(pandas.Series(["b", "a"], dtype="category"), "user").to_pylist() == ["b", "a"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1.5], r"A user id is the floating-point number 1\.5\. As ids, these are whole and below 2\^53"),
        ([2.0**53], "whole and below 2"),
        ([np.float32(2**24)], r"below 2\^24"),
        ([np.float32(0.5)], r"number .*0\.5.*below 2\^24"),
        ([np.longdouble(0.5)], r"number .*0\.5"),
        (np.array([1.5]), r"number 1\.5\. As ids"),
        ([float("inf")], "number inf"),
        (["a\0b"], r"A user id is 'a\\x00b'\. Ids are UTF-8 text without NUL characters"),
        (pa.array(["a", "a\0"]).dictionary_encode(), "without NUL"),
        (["\ud800"], "A user id is '.ud800'. Ids are UTF-8"),
        ([b"\xff"], r"A user id is b'\\xff'"),
        (pa.array([b"a", b"\xff"]), r"A user id is b'\\xff'"),
        ([True], "A user id is True, of the type bool. Ids are text, whole numbers"),
        ([date(2020, 1, 1)], "of the type date"),
        ([[1]], r"A user id is \[1\], of the type list"),
        (pa.array([True]), "The user ids are of the type bool"),
        (pa.array([[1]]), "The user ids are of the type list<"),
        (np.array([[1]]), r"array of shape \(1, 1\)"),
        ("ada", "The user ids are 'ada'. Pass a list of ids, even of a single one."),
        (5, "The user ids are 5. Pass a list"),
        ([10**5000], "more than 4,300 digits"),
        ([None, "a"], r"Of 2 user ids, 1 is missing \(None, NaN or null\)"),
        (["x" * 10**6 + "\0"], "A user id is 'xxx"),
    ],
)
def test_what_is_no_id_is_refused(values, message):
    with pytest.raises(DataError, match=message) as caught:
        to_text(values, "user")
    assert len(str(caught.value)) < 500


def test_decimals_of_a_database_stay_apart(tmp_path):
    users = [Decimal(f"123456789012345678.{number:010}") for number in range(60)]
    table = pa.table({"user": pa.array(users, pa.decimal128(38, 10)), "item": ["a"] * 60})
    pq.write_table(table, tmp_path / "plays.parquet")
    for source in (table, tmp_path / "plays.parquet"):
        assert read_plays(source, user="user", item="item").n_users == 60


def test_whole_numbers_of_json_keep_their_digits(tmp_path):
    rows = [{"user": 2**64 + number, "item": 10**25 + number} for number in range(5)]
    (tmp_path / "plays.jsonl").write_text("\n".join(map(json.dumps, rows)))
    plays = read_plays(tmp_path / "plays.jsonl", user="user", item="item")
    assert plays.user_ids.values.to_pylist() == [str(2**64 + number) for number in range(5)]
    assert plays.item_ids.values.to_pylist() == [str(10**25 + number) for number in range(5)]


def test_lists_with_ids_as_floats_find_their_users():
    train = Interactions.from_csr(csr_array([[1, 0], [1, 1]]), [10_000_000_001, 10_000_000_002], ["a", "b"])
    holdout = Interactions.from_csr(csr_array([[1.0]]), [10_000_000_001], ["b"])
    lists = pa.table({"user_id": [10_000_000_001.0], "item_id": ["b"], "rank": [1]})
    assert evaluate(lists, train, holdout, {"recall": [1]}).figures["recall@1"] == 1
    with pytest.raises(DataError, match="Of 1 user id, 1 is missing"):
        evaluate(lists.set_column(0, "user_id", pa.nulls(1, pa.string())), train, holdout)


@pytest.mark.parametrize("missing", [None, float("nan"), np.datetime64("NaT")])
def test_missing_ids_of_a_matrix_are_refused(missing):
    with pytest.raises(DataError, match="One id of the users is empty"):
        Interactions.from_csr(csr_array([[1.0]]), [missing], ["a"])


def test_a_set_has_no_order_for_a_matrix():
    with pytest.raises(DataError, match="The item ids are a set, which has no order"):
        Interactions.from_csr(csr_array([[1.0]]), ["ada"], {"a"})


def test_labels_are_found_by_ids_of_other_types():
    items = Ids.of(["1", "2"], "item")
    assert Labels.of(items, {1.0: "one", Decimal("2.0"): "two"}).names.to_pylist() == ["one", "two"]
    table = pa.table({"item_id": [2.0, 1.0], "name": ["two", "one"]})
    assert Labels.of(items, table).names.to_pylist() == ["one", "two"]
    assert item_features({1.0: "x"}, items).main_labels.tolist() == [0, -1]


def test_users_of_a_generator_are_taken_once():
    ids = Ids.of(["1", "2", "3"], "user")
    assert known_users(ids, (number for number in (3, 1.0, 3))).tolist() == [2, 0]
    assert known_users(ids, np.array([2, 1])).tolist() == [1, 0]
    assert known_users(ids, 2).tolist() == known_users(ids, b"2").tolist() == [1]


def test_filters_are_arrays_generators_or_lists():
    for items in (np.array([1, 2]), pa.array(["1", "2"]), (number for number in (1, 2)), [1.0, b"2"]):
        assert ListSettings(deny=items).deny == ("1", "2")
    with pytest.raises(DataError, match="Of 1 item id, 1 is missing"):
        ListSettings(allow=[None])


def test_parquet_whose_statistics_deny_its_nulls_is_read_as_it_is(tmp_path):
    columns = {"user": [f"u{row % 50}" for row in range(1000)], "item": ["a"] * 1000, "plays": [1.0] * 1000}
    for name, values in columns.items():
        given = [None if row % 10 == 0 and row < 770 else value for row, value in enumerate(values)]
        path = tmp_path / f"{name}.parquet"
        pq.write_table(pa.table(columns | {name: given}), path, compression="none", use_dictionary=False)
        content = path.read_bytes()
        assert content.count(b"\x9a\x01") >= 1  # 77 nulls, as the file's statistics write them
        path.write_bytes(content.replace(b"\x9a\x01", b"\x80\x00"))  # none, in as many bytes
        with pytest.raises(DataError, match=r"row 1: .*In all, 77 of 1,000 rows"):
            read_plays(path, user="user", item="item", plays="plays")


@pytest.mark.parametrize("plain", [pa.string_view(), pa.binary_view()])
def test_categories_of_views_are_read_as_those_of_text(plain):
    views = pa.DictionaryArray.from_arrays(pa.array([1, 0, None, 1]), pa.array(["ada", "bob"]).cast(plain))
    assert to_text(views, "user", allow_missing=True).to_pylist() == ["bob", "ada", None, "bob"]


def test_messages_have_the_article_of_what_they_name():
    with pytest.raises(DataError, match=r"^An item id is True"):
        to_text([True], "item")
    with pytest.raises(DataError, match=r"^A user id is True"):
        to_text([True], "user")


@pytest.mark.parametrize("kind", [pl.Int128, pl.UInt128])
def test_integers_of_128_bits_are_ids(kind):
    assert to_text(pl.Series([7, 2**100], dtype=kind), "user").to_pylist() == ["7", str(2**100)]


@pytest.mark.parametrize("table", [pd.DataFrame, pa.table, pl.DataFrame])
def test_a_table_in_place_of_its_column_is_told(table):
    given = table({"who": ["ada"], "n": [3]})
    with pytest.raises(
        DataError, match=r"^The user ids are a table \(\w+\) with the columns 'who', 'n'\. Pass one col"
    ):
        to_text(given, "user")
