"""Figures of users that lie in parts are those of all at once."""

from __future__ import annotations

import numpy as np
import pytest

import deepcuts as dc
from deepcuts.data.forgetting import select_users
from deepcuts.errors import DataError
from deepcuts.evaluation.list_layout import rank_lists
from deepcuts.evaluation.partial_sums import from_sums, sums_of_part


@pytest.fixture(scope="module")
def judged():
    plays = dc.generate_world(n_users=200, n_items=240, items_per_user=12, seed=0).plays
    train, holdout = dc.split_holdout(plays, seed=0)
    return dc.PersonaNMF(n_factors=4, n_personas=1, base_epochs=2).fit(train).recommend(k=10), train, holdout


CUTOFFS = {"recall": [5, 10], "ndcg": [10], "coverage": [10], "gini": [10]}


def test_sums_of_parts_add_up_to_the_figures_of_all(judged):
    lists, train, holdout = judged
    expected = dc.evaluate(lists, train, holdout, CUTOFFS)
    of_parts = [select_users(holdout, users) for users in np.array_split(np.arange(holdout.n_users), 3)]
    parts = [sums_of_part(rank_lists(lists, train, part), CUTOFFS) for part in of_parts]
    found = from_sums({name: sum(part[name] for part in parts) for name in parts[0]}, CUTOFFS)
    assert (found.n_users, found.n_without_list) == (expected.n_users, expected.n_without_list)
    assert found.figures == pytest.approx(expected.figures)


def test_figures_without_sums_are_named_and_nobody_judged_is_refused(judged, caplog):
    sums = sums_of_part(rank_lists(*judged), {"recall": [5]})
    assert list(from_sums(sums, {"recall": [5], "ndcg": [5]}).figures) == ["recall@5"]
    assert "Left out" in caplog.text
    assert "ndcg@5" in caplog.text
    with pytest.raises(DataError, match="Nothing was held out"):
        from_sums(sums_of_part(None, None), None)
    np.testing.assert_array_equal(sums_of_part(None, None)["users"], [0, 0])
