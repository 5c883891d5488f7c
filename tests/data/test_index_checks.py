"""Indexes that there are not are refused; a negative one is no count from the end."""

from __future__ import annotations

import numpy as np
import pytest

import deepcuts as dc
from deepcuts.baselines import EASE
from deepcuts.errors import SettingsError

NO_INDEXES = [-1, 60, 1.5, "ada", True, None, [0]]
NO_ROWS = [[-1], [10_000], [1.5], ["ada"], [True], [[0]], 0, [0, [1]]]


@pytest.fixture(scope="module")
def plays() -> dc.Interactions:
    return dc.generate_world(60, 100, items_per_user=10).plays


@pytest.mark.parametrize("index", NO_INDEXES)
def test_the_index_of_a_user_is_checked(plays, index):
    for call in (plays.user, plays.user_items):
        with pytest.raises(SettingsError, match="user_index"):
            call(index)


@pytest.mark.parametrize("rows", NO_ROWS)
def test_indexes_of_items_and_of_rows_are_checked(plays, rows):
    model, other = dc.PersonaNMF(n_factors=4).fit(plays), EASE().fit(plays)
    for call, name in ((plays.item_names, "item_indexes"), (model.item_names, "item_indexes")):
        with pytest.raises(SettingsError, match=name):
            call(rows)
    for source in (model, other):
        with pytest.raises(SettingsError, match="rows"):
            source.scores(rows)


def test_indexes_of_all_kinds_of_integers_are_taken(plays):
    ids = plays.item_ids.to_pylist()
    for indexes in ([2, 0], (2, 0), np.array([2, 0], np.uint8), np.array([2, 0])):
        assert plays.item_names(indexes).to_pylist() == [ids[2], ids[0]]
    assert plays.item_names([]).to_pylist() == []
    items, counts = plays.user_items(np.int32(3))
    assert plays.user(3).indices.tolist() == items.tolist()
    assert len(items) == len(counts) > 0
