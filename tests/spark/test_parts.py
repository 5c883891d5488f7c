"""Rows of one part of the users as pairs in order: no row's place in the source changes a bit."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from deepcuts.spark.pairs import in_order


def rows(*pairs: tuple[str, str, float, bool]) -> pa.Table:
    columns = zip(*pairs, strict=True)
    return pa.table(dict(zip(("user", "item", "plays", "held"), map(list, columns), strict=True)))


def test_pairs_are_in_order_of_users_then_what_is_held_out_then_items():
    found = in_order(rows(("é", "b", 1, False), ("a", "z", 2, True), ("a", "é", 3, False), ("a", "b", 4, False)))
    assert [(row["user"], row["item"], row["held"]) for row in found.to_pylist()] == [
        ("a", "b", False),
        ("a", "é", False),
        ("a", "z", True),
        ("é", "b", False),
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
            "held": np.zeros(n, bool),
        }
    )
    found = in_order(table)
    assert found.equals(in_order(table.take(rng.permutation(n))))
    expected = (
        table.group_by(["user", "item"])
        .aggregate([("plays", "sum")])
        .sort_by([("user", "ascending"), ("item", "ascending")])
    )
    np.testing.assert_allclose(found["plays"].to_numpy(), expected["plays_sum"].to_numpy(), rtol=1e-6)


def test_pairs_without_plays_are_left_out_and_sums_are_those_of_float32():
    found = in_order(rows(("a", "x", 2, False), ("a", "x", -2, False), ("a", "y", 0.1, False), ("a", "y", 0.2, False)))
    assert found.to_pylist() == [{"user": "a", "item": "y", "plays": float(np.float32(0.1 + 0.2)), "held": False}]
    nothing = in_order(rows(("a", "x", 2, False)).slice(0, 0))
    assert len(nothing) == 0
