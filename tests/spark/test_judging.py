"""Holdouts, figures and samples of a shelf are those of one machine."""

from __future__ import annotations

import numpy as np
import pyarrow.dataset
import pytest

import deepcuts as dc
from deepcuts import spark as on_spark
from deepcuts.data.named_draws import split_by_name
from deepcuts.errors import DataError, SettingsError
from spark.conftest import SETTINGS


@pytest.fixture(scope="module")
def judged(spark, shelf, tmp_path_factory):
    folder = tmp_path_factory.mktemp("judged")
    on_spark.split(str(shelf), str(folder / "train"), fraction=0.25, seed=7)
    on_spark.fit(str(folder / "train"), dc.PersonaNMF(**SETTINGS), seed=1)
    on_spark.recommend(str(folder / "train"), out=str(folder / "lists"), k=20)
    return folder


def test_figures_are_those_of_one_machine(judged, plays):
    train, holdout = split_by_name(plays, fraction=0.25, seed=7)
    model = dc.PersonaNMF(**SETTINGS).fit(train, seed=1)
    lists = pyarrow.dataset.dataset(judged / "lists", format="parquet").to_table()
    keys = [("user_id", "ascending"), ("rank", "ascending")]
    assert lists.sort_by(keys).equals(model.recommend(k=20).sort_by(keys))
    found, expected = (
        on_spark.evaluate(str(judged / "train"), str(judged / "lists")),
        dc.evaluate(lists, train, holdout),
    )
    assert (found.n_users, found.n_without_list) == (expected.n_users, expected.n_without_list)
    assert found.figures.keys() == expected.figures.keys()
    assert len(found.figures) > 20
    for name, value in found.figures.items():
        assert value == pytest.approx(expected.figures[name], rel=1e-12), name


def test_one_figure_may_be_asked_for(judged):
    found = on_spark.evaluate(str(judged / "train"), str(judged / "lists"), {"recall": [5]})
    assert list(found.figures) == ["recall@5"]


def test_a_shelf_without_holdout_says_so(judged, shelf):
    with pytest.raises(DataError, match="Nothing was held out"):
        on_spark.evaluate(str(shelf), str(judged / "lists"))


def test_a_larger_sample_holds_a_smaller_one(spark, shelf, plays):
    small, large = (on_spark.sample(str(shelf), users=share, seed=3) for share in (0.1, 0.3))
    assert set(small.user_ids.values.to_pylist()) < set(large.user_ids.values.to_pylist())
    assert 0.25 * plays.n_users < large.n_users < 0.35 * plays.n_users
    users = plays.user_ids.indexes_of(large.user_ids.values)
    np.testing.assert_array_equal(np.diff(large.indptr), np.diff(plays.indptr)[users])
    with pytest.raises(SettingsError, match="users"):
        on_spark.sample(str(shelf), users=0)
