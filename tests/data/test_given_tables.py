"""Tables of a caller: columns that nobody asks for may hold anything, those that are asked for what can be read."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import deepcuts as dc
from deepcuts.errors import DataError
from deepcuts.evaluation import item_features

PLAYS = pd.DataFrame({"user_id": ["ada", "ada", "bob"], "item_id": ["x", "y", "x"], "plays": [1, 2, 3]})
FOREIGN = {
    "objects": [object(), None, 3],
    "complex": [1j, 2j, 3j],
    "wide floats": np.ones(3, np.longdouble),
    "sparse": pd.arrays.SparseArray([1, 0, 0]),
    "half floats": np.ones(3, np.float16),
    "mixed": [1, "a", 2.5],
    "periods": pd.period_range("2020", periods=3),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_columns_that_nobody_asks_for_may_hold_anything(kind):
    plays = PLAYS.assign(other=FOREIGN[kind])
    read = dc.read_plays(plays, user="user_id", item="item_id", plays="plays")
    assert read.plays.tolist() == [1, 2, 3]
    assert dc.prune(plays, min_users=1).plays.tolist() == [1, 2, 3]
    by_position = dc.read_plays(plays.iloc[:, [3, 0, 1, 2]], user=2, item=3, plays=4)
    assert by_position.plays.tolist() == [1, 2, 3]
    indexed = dc.read_plays(plays.set_index(["user_id", "item_id"]), user="user_id", item="item_id", plays="plays")
    assert indexed.plays.tolist() == [1, 2, 3]
    lists = pd.DataFrame({"user_id": ["bob", "bob", "cy"], "item_id": ["y", "z", "x"], "rank": [1, 2, 1]})
    train = dc.prune(plays.assign(item_id=["x", "y", "z"], user_id=["bob", "ada", "cy"]), min_users=1)
    holdout = dc.prune(PLAYS.assign(user_id="bob", item_id=["y", "y", "y"]), min_users=1)
    assert dc.evaluate(lists.assign(other=FOREIGN[kind]), train, holdout, {"recall": [1]}).figures["recall@1"] == 1
    labels = pd.DataFrame({"item_id": ["x", "y", "y"], "label": ["a", "a", "b"], "other": FOREIGN[kind]})
    assert item_features(labels, read.item_ids).n_labels == 2
    names = labels.rename(columns={"label": "name"})
    assert read.with_labels(names=names).labels.names.to_pylist() == ["a", "a"]


def test_numbers_of_types_that_duckdb_does_not_have_are_numbers():
    for plays in (np.array([1, 2.5, 3], np.float16), pa.array(map(Decimal, ("1", "2.5", "3")), pa.decimal256(60, 4))):
        table = pa.table({"user": ["a", "a", "b"], "item": ["x", "y", "x"], "plays": plays, "unused": plays})
        read = dc.read_plays(table, user="user", item="item", plays="plays")
        assert read.plays.tolist() == [1, 2.5, 3]


def test_a_column_that_is_asked_for_is_named_where_arrow_has_no_such_type():
    for plays in ([1j, 2j, 3j], pd.arrays.SparseArray([1, 2, 3])):
        for read in (dc.prune, lambda table: dc.read_plays(table, user="user_id", item="item_id", plays="plays")):
            with pytest.raises(DataError, match="column plays"):
                read(PLAYS.assign(plays=plays))


def test_ids_of_several_types_are_text_at_every_door():
    plays = PLAYS.assign(item_id=[7, "007", 7])
    assert dc.prune(plays, min_users=1).item_ids.to_pylist() == ["007", "7"]
    assert dc.Popularity().fit(plays).recommend(k=1).num_rows == 1


def test_counts_by_user_and_item_are_told_how_to_become_a_table():
    counts = PLAYS.groupby(["user_id", "item_id"]).size()
    for read in (dc.PersonaNMF().fit, lambda plays: dc.read_plays(plays, user="user_id", item="item_id")):
        with pytest.raises(DataError, match=r"are a Series: one column, .* plays.reset_index\(name='plays'\) makes"):
            read(counts)
    assert dc.prune(counts.reset_index(name="plays"), min_users=1).n_pairs == 3
