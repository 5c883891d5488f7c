"""Popularity: the same list for everyone, what most people have played first."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from scipy import sparse

from deepcuts.baselines import Popularity
from deepcuts.data.interactions import Interactions

PLAYS = {"ada": {"a": 9, "b": 1}, "bob": {"a": 1, "c": 80}, "cyd": {"a": 2, "b": 3, "d": 1}, "dot": {}}
ITEMS = ["a", "b", "c", "d", "nobody's"]


@pytest.fixture
def plays() -> Interactions:
    counts = [[own.get(item, 0) for item in ITEMS] for own in PLAYS.values()]
    return Interactions.from_csr(sparse.csr_array(np.array(counts)), list(PLAYS), ITEMS)


def test_most_listeners_come_first_and_equals_by_id(plays: Interactions) -> None:
    lists = Popularity().fit(plays).recommend("dot", k=5)
    assert lists["item_id"].to_pylist() == ["a", "b", "c", "d"]  # c has more plays than b, but fewer listeners
    assert lists["score"].to_pylist() == [3, 2, 1, 1]
    assert lists["persona"].to_pylist() == [0, 0, 0, 0]


def test_everyone_has_the_same_list_but_for_what_they_have_played(plays: Interactions) -> None:
    model = Popularity().fit(plays)
    for user, own in PLAYS.items():
        expected = [item for item in ["a", "b", "c", "d"] if item not in own]
        assert model.recommend(user)["item_id"].to_pylist() == expected
        assert model.recommend(user, include_seen=True)["item_id"].to_pylist() == ["a", "b", "c", "d"]


def test_an_item_that_nobody_has_played_is_never_listed(plays: Interactions) -> None:
    assert "nobody's" not in Popularity().fit(plays).recommend(include_seen=True)["item_id"].to_pylist()


def test_lists_come_in_parts_too(plays: Interactions) -> None:
    model = Popularity().fit(plays)
    (part,) = model.recommend_batches(k=3, mix="max")
    assert part.equals(model.recommend(k=3))


def test_a_fitted_one_is_pickled(plays: Interactions) -> None:
    fitted = Popularity().fit(plays)
    assert pickle.loads(pickle.dumps(fitted)).recommend().equals(fitted.recommend())
