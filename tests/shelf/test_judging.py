"""Holdouts, figures and samples of a shelf are those of one machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
import pyarrow.fs
import pytest

import deepcuts as dc
from deepcuts.data.named_draws import split_by_name
from deepcuts.errors import DataError, SettingsError
from deepcuts.shelf.judging import evaluate, sample, split
from deepcuts.shelf.lists import recommend
from deepcuts.shelf.training import fit
from shelf.object_store import Store, object_store
from shelf.small import SETTINGS, Loop, has_lists


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with object_store() as store:
        yield store


@pytest.fixture(scope="module")
def judged(shelf, store) -> Iterator[dict[str, str]]:
    """A shelf to train on and lists, both in a store of objects."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        train, lists = store.url("train"), store.url("lists")
        split(Loop(), str(shelf), train, fraction=0.25, seed=7)
        fit(Loop(), train, dc.PersonaNMF(**SETTINGS), seed=1)
        recommend(Loop(), train, out=lists, k=20)
        yield {"train": train, "lists": lists}


def test_figures_are_those_of_one_machine(judged, plays):
    train, holdout = split_by_name(plays, fraction=0.25, seed=7)
    model = dc.PersonaNMF(**SETTINGS).fit(train, seed=1)
    system, folder = pyarrow.fs.FileSystem.from_uri(judged["lists"])
    lists = model.recommend(k=20)
    assert has_lists(folder, lists, filesystem=system)
    found = evaluate(Loop(), judged["train"], judged["lists"])
    expected = dc.evaluate(lists, train, holdout)
    assert (found.n_users, found.n_without_list) == (expected.n_users, expected.n_without_list)
    assert found.figures.keys() == expected.figures.keys()
    assert len(found.figures) > 20
    for name, value in found.figures.items():
        assert value == pytest.approx(expected.figures[name], rel=1e-12), name


def test_one_figure_may_be_asked_for(judged):
    found = evaluate(Loop(), judged["train"], judged["lists"], {"recall": [5]})
    assert list(found.figures) == ["recall@5"]


def test_nothing_is_written_to_judge_lists(judged, store):
    before = Counter(store.requests)
    evaluate(Loop(), judged["train"], judged["lists"])
    assert set(store.requests - before) <= {"GET", "HEAD"}


def test_a_shelf_without_holdout_says_so(judged, shelf):
    with pytest.raises(DataError, match="Nothing was held out"):
        evaluate(Loop(), str(shelf), judged["lists"])


def test_a_larger_sample_holds_a_smaller_one(shelf, plays):
    small, large = (sample(Loop(), str(shelf), users=share, seed=3) for share in (0.1, 0.3))
    assert set(small.user_ids.values.to_pylist()) < set(large.user_ids.values.to_pylist())
    assert 0.25 * plays.n_users < large.n_users < 0.35 * plays.n_users
    users = plays.user_ids.indexes_of(large.user_ids.values)
    np.testing.assert_array_equal(np.diff(large.indptr), np.diff(plays.indptr)[users])
    with pytest.raises(SettingsError, match="users"):
        sample(Loop(), str(shelf), users=0)
