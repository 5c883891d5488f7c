"""Rows of one part of the users as plays in order: no row's place in the source changes a bit."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from deepcuts.data.ids import Ids
from deepcuts.errors import DataError
from deepcuts.ingest.aggregation import refuse_twins
from deepcuts.shelf.parts import added_up


def rows(*pairs: tuple[str, str, float]) -> pa.Table:
    users, items, plays = zip(*pairs, strict=True)
    return pa.table({"user": users, "item": items, "plays": pa.array(plays, pa.float64())})


def test_pairs_are_in_order_of_users_then_items():
    found = added_up(rows(("é", "b", 1), ("a", "z", 2), ("a", "é", 3), ("a", "b", 4)))
    assert found.to_arrow().to_pylist() == [
        {"user_id": "a", "item_id": "b", "plays": 4},
        {"user_id": "a", "item_id": "z", "plays": 2},
        {"user_id": "a", "item_id": "é", "plays": 3},
        {"user_id": "é", "item_id": "b", "plays": 1},
    ]


@pytest.mark.parametrize("seed", range(3))
def test_plays_of_a_pair_are_added_up_and_the_order_of_rows_is_no_matter(seed):
    rng = np.random.default_rng(seed)
    n = 500
    table = pa.table(
        {
            "user": rng.integers(0, 9, n).astype(str),
            "item": rng.integers(0, 9, n).astype(str),
            "plays": rng.normal(size=n) * 10.0 ** rng.integers(-8, 9, n),
        }
    )
    found = added_up(table).to_arrow()
    assert found.equals(added_up(table.take(rng.permutation(n))).to_arrow())
    expected = (
        table.group_by(["user", "item"])
        .aggregate([("plays", "sum")])
        .sort_by([("user", "ascending"), ("item", "ascending")])
    )
    np.testing.assert_allclose(found["plays"].to_numpy(), expected["plays_sum"].to_numpy(), rtol=1e-6)


def test_pairs_without_plays_are_left_out_and_sums_are_those_of_float32():
    found = added_up(rows(("a", "x", 2), ("a", "x", -2), ("a", "y", 0.1), ("a", "y", 0.2)))
    assert found.to_arrow().to_pylist() == [{"user_id": "a", "item_id": "y", "plays": float(np.float32(0.1 + 0.2))}]
    nothing = added_up(rows(("a", "x", 2)).slice(0, 0))
    assert nothing.shape == (0, 0)


def test_ids_that_differ_in_blanks_are_named_with_how_many_more_do():
    refuse_twins(Ids.of([" a", "b"], "item"))
    with pytest.raises(DataError, match=r"The items ' a' and 'a ' differ in surrounding blanks only, and so do 1 more"):
        refuse_twins(Ids.of([" a", "a ", "b", "b "], "item"))
