"""Draws by names."""

from __future__ import annotations

import numpy as np

import deepcuts as dc
from deepcuts.data.named_draws import split_by_name


def test_a_draw_by_names_does_not_depend_on_who_else_is_there():
    plays = dc.generate_world(n_users=300, n_items=100, items_per_user=15, seed=2).plays
    train, holdout = split_by_name(plays, fraction=0.3, seed=4)
    n_items = np.diff(plays.indptr)
    np.testing.assert_array_equal(np.diff(train.indptr), n_items - np.floor(0.3 * n_items).astype(int))
    some = plays.without(plays.user_ids.values[::2].to_pylist())
    of_some = split_by_name(some, fraction=0.3, seed=4).holdout.to_arrow().to_pylist()
    users = set(some.user_ids.values.to_pylist())
    assert of_some == [row for row in holdout.to_arrow().to_pylist() if row["user_id"] in users]
    other = split_by_name(plays, fraction=0.3, seed=5).holdout
    assert not np.array_equal(other.indices[:50], holdout.indices[:50])
