"""Which lists and holdouts are taken, and what is said about those that are not."""

from __future__ import annotations

import logging

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from deepcuts.baselines import Popularity
from deepcuts.errors import DataError
from deepcuts.evaluation import evaluate, rank_lists
from deepcuts.evaluation.lists_table import RowCode
from reference.metrics import interactions, table

TRAIN = {"ada": {"a", "b"}, "bob": {"c"}, "cyd": {"d", "e"}}
HOLDOUT = {"ada": {"c"}, "bob": {"a", "d"}}
LISTS = {"ada": ["d", "c"], "bob": ["e", "d", "a"]}


def rank(lists, train=None, holdout=None):
    return rank_lists(lists, interactions(train or TRAIN), interactions(holdout or HOLDOUT))


def rows(*triples, rank_type=None):
    users, items, ranks = zip(*triples, strict=True)
    return pa.table({"user_id": users, "item_id": items, "rank": pa.array(ranks, rank_type)})


def assert_same(ranked, expected):
    assert np.array_equal(ranked.items, expected.items)
    assert np.array_equal(ranked.hits, expected.hits)


def test_lists_become_arrays_padded_with_minus_one():
    ranked = rank(table(LISTS))
    assert ranked.items.tolist() == [[3, 2, -1], [4, 3, 0]]
    assert ranked.items.dtype == np.int32
    assert ranked.hits.tolist() == [[False, True, False], [False, True, True]]
    assert ranked.n_holdout.tolist() == [1, 2]
    assert ranked.item_listeners.tolist() == [1, 1, 1, 1, 1]
    assert (ranked.train.n_users, ranked.n_items, ranked.n_users, ranked.depth) == (3, 5, 2, 3)
    assert ranked.user_ids.to_pylist() == ["ada", "bob"]
    with pytest.raises(ValueError, match="read-only"):
        ranked.hits[0, 0] = True


def with_other_types(arrow):
    users, items, ranks = arrow.columns
    return pa.table([users.dictionary_encode(), items.cast("large_string"), ranks.cast("uint8")], arrow.schema.names)


CONVERSIONS = {
    "reader": lambda arrow: arrow.to_reader(max_chunksize=2),
    "batch": lambda arrow: arrow.to_batches()[0],
    "polars": pl.DataFrame,
    "pandas": lambda arrow: arrow.to_pandas(),
    "float ranks": lambda arrow: arrow.to_pandas().astype({"rank": "float64"}),
    "duckdb": lambda arrow: duckdb.sql("SELECT * FROM arrow"),
    "other types": with_other_types,
    "more columns": lambda arrow: arrow.append_column("score", pa.array([[0.5]] * len(arrow))),
    "other order": lambda arrow: arrow.select(["rank", "item_id", "user_id"]),
    "chunks": lambda arrow: pa.concat_tables([arrow.slice(0, 0), arrow.slice(3), arrow.slice(0, 3)]),
}


@pytest.mark.parametrize("convert", CONVERSIONS.values(), ids=CONVERSIONS.keys())
def test_any_arrow_table_will_do(convert):
    assert_same(rank(convert(table(LISTS))), rank(table(LISTS)))


def test_ids_are_compared_as_strings():
    lists = pa.table({"user_id": [7, 7], "item_id": [10, 9], "rank": [1, 2]})
    assert rank(lists, {"7": {"1"}, "8": {"9", "10"}}, {"7": {"9"}}).hits.tolist() == [[False, True]]


def test_ranks_may_leave_gaps_and_come_in_any_order():
    lists = rows(("bob", "a", 1000), ("ada", "c", 7), ("bob", "e", 3), ("ada", "d", 2), ("bob", "d", 999))
    assert_same(rank(lists), rank(table(LISTS)))


def test_lists_of_users_that_are_not_judged_are_not_looked_at(caplog):
    caplog.set_level(logging.INFO)
    others = rows(("cyd", "d", 1), ("cyd", "unheard of", 1), ("zoe", "a", 0), ("nobody", "a", 1))
    assert_same(rank(pa.concat_tables([others, table(LISTS)], promote_options="permissive")), rank(table(LISTS)))
    assert "Left out, of users that are not judged: 4 rows of 9." in caplog.text
    with pytest.raises(DataError, match=r"Of 1 user id, 1 is missing \(None, NaN or null\)"):
        rank(rows((None, "a", 1)))


def test_ranks_that_do_not_fit_beside_users_and_items_are_told():
    code = RowCode(10_000_000, 50_000_000, 128)
    assert code.n_ranks == 144
    assert code.advice == (
        " More do not fit beside 10,000,000 users, 50,000,000 items and 128 personas: shorten the lists, drop the "
        "column persona, or evaluate the users in parts, with the train of each."
    )
    assert RowCode(1000, 1000, 128).advice == ""


def test_users_without_a_list_are_judged_and_counted(caplog):
    ranked = rank(table({"bob": ["a"]}))
    assert ranked.items.tolist() == [[-1], [0]]
    assert ranked.n_without_list == 1
    assert "Of 2 users judged, 1 has no list; what was held out counts as missed." in caplog.text
    assert rank(table({})).items.tolist() == [[-1], [-1]]
    assert rank(table({})).n_without_list == 2


def test_items_that_train_does_not_have_count_as_held_out():
    ranked = rank(table(LISTS), holdout={"ada": {"c", "unheard of"}, "zoe": {"a"}})
    assert ranked.n_holdout.tolist() == [2]
    assert ranked.hits.tolist() == [[False, True]]


def test_users_of_the_holdout_that_train_does_not_have_are_left_out(caplog):
    caplog.set_level(logging.INFO)
    rank(table(LISTS), holdout={"ada": {"c"}, "zoe": {"a"}})
    assert "Judged: 1 user of the holdout. Others are not in train." in caplog.text


def test_one_user_who_has_everything_but_one_item():
    ranked = rank(table({"ada": ["d"]}), {"ada": {"a", "b", "c"}, "bob": {"d"}}, {"ada": {"d"}})
    assert ranked.hits.tolist() == [[True]]


@pytest.mark.parametrize(
    ("lists", "message"),
    [
        (
            rows(("ada", "d", 1), ("bob", "a", 2), ("bob", "e", 1), ("bob", "a", 3)),
            r"The list of user 'bob' holds the item 'a' twice\. List every item once\.",
        ),
        (
            rows(("ada", "d", 1), ("ada", "d", 1)),
            r"The list of user 'ada' holds the item 'd' twice\. List every item once\.",
        ),
        (
            rows(("ada", "c", 1), ("bob", "c", 2), ("bob", "e", 1)),
            r"The list of user 'bob' holds the item 'c', which the user already has in train\. Leave seen items out",
        ),
        (
            rows(("ada", "c", 1), ("bob", "zither", 1)),
            r"The list of user 'bob' holds the item 'zither', which is not in train\. Lists and train must use",
        ),
        (rows(("bob", None, 1)), r"Of 1 item id, 1 is missing \(None, NaN or null\)\. Give every item an id"),
        (
            rows(("ada", "d", 1), ("bob", "d", 2), ("bob", "e", 2)),
            r"In the list of user 'bob' the items 'd' and 'e' have the same rank\. Give every item of a list a rank",
        ),
        (
            rows(("ada", "d", 1), ("bob", "e", 0)),
            r"In the list of user 'bob' the item 'e' has the rank 0\. Ranks are whole numbers from 1, for a user's",
        ),
        (rows(("ada", "d", -3)), r"In the list of user 'ada' the item 'd' has the rank -3\."),
        (rows(("ada", "d", 1), ("ada", "c", None)), r"In the list of user 'ada' the item 'c' has the rank nan\."),
        (rows(("ada", "d", 1.0), ("ada", "c", None)), r"In the list of user 'ada' the item 'c' has the rank nan\."),
        (rows(("ada", "d", float("nan"))), r"In the list of user 'ada' the item 'd' has the rank nan\."),
        (rows(("ada", "d", float("inf"))), r"In the list of user 'ada' the item 'd' has the rank inf\."),
        (rows(("ada", "d", 1.5)), r"In the list of user 'ada' the item 'd' has the rank 1\.5\."),
        (
            rows(("ada", "d", 2**64 - 1), rank_type=pa.uint64()),
            r"item 'd' has the rank 18446744073709551615\. Ranks are whole .*, to 614,891,469,123,651,719\.",
        ),
        (
            rows(("ada", "d", "first")),
            r"Column 'rank' of the lists holds string\. Ranks are whole numbers, 1 for a user's best item\.",
        ),
        (
            table(LISTS).set_column(1, "item_id", pa.array([["d"]] * 5)),
            r"Column 'item_id' of the lists holds list<.*>\. Ids are strings\.",
        ),
        (
            table(LISTS).rename_columns(["user_id", "item_id", "position"]),
            r"Column 'rank' not found in the lists\. Their columns are user_id, item_id, position\. Name three of them "
            r"user_id, item_id, rank\.",
        ),
        (
            pa.Table.from_arrays([*table(LISTS).columns, pa.array([1] * 5)], ["user_id", "item_id", "rank", "rank"]),
            r"Column 'rank' is more than once in the lists\.",
        ),
        (
            [("ada", "d", 1)],
            r"The lists are a list, not a table\. Pass a table with the columns user_id, item_id",
        ),
        ("lists.parquet", r"The lists are a str, not a table\. Read the file 'lists\.parquet' first, such as by"),
        (Popularity().fit(interactions(TRAIN)), r"Pass those that the model makes: model\.recommend\(k=100\)\."),
        (pa.chunked_array([[1]]), r"The lists are a ChunkedArray, not a table\."),
    ],
)
def test_lists_that_cannot_be_judged_are_refused(lists, message):
    with pytest.raises(DataError, match=message):
        evaluate(lists, interactions(TRAIN), interactions(HOLDOUT))


@pytest.mark.parametrize(
    ("holdout", "message"),
    [
        (
            {"ada": {"c", "b"}, "bob": {"c"}},
            r"2 pairs of the holdout are in train too; the first is user 'ada' with item 'b'\. A holdout holds pairs",
        ),
        (
            {"yan": {"a"}, "zoe": {"b"}},
            r"None of the users of the holdout is in train \(the first is 'yan'\)\. Holdout and train must be cut from",
        ),
    ],
)
def test_holdouts_that_do_not_fit_train_are_refused(holdout, message):
    with pytest.raises(DataError, match=message):
        evaluate(table(LISTS), interactions(TRAIN), interactions(holdout))


def test_an_empty_holdout_is_refused():
    train = interactions(TRAIN)
    empty = train.keep_pairs(np.zeros(train.n_pairs, bool))
    with pytest.raises(DataError, match=r"The holdout has no pairs, so there is nothing to judge by\. Hold out some"):
        evaluate(table(LISTS), train, empty)


@pytest.mark.slow
def test_errors_name_rows_far_down_a_large_table():
    n_users, n_items = 30_000, 50
    users, items = [f"{n:05}" for n in range(n_users)], [f"{n:02}" for n in range(n_items)]
    train = {user: {"seen"} for user in users} | {"everyone": set(items)}
    lists = pd.DataFrame({"user_id": np.repeat(users, n_items), "item_id": items * n_users})
    lists["rank"] = np.tile(np.arange(1, n_items + 1), n_users)
    lists.loc[len(lists) - 1, "item_id"] = "seen"
    holdout = interactions({user: {"00"} for user in users})
    with pytest.raises(DataError, match=r"The list of user '29999' holds the item 'seen', which the user already has"):
        evaluate(lists, interactions(train), holdout)
