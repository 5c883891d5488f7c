"""An evaluation as people use it: figures by name, tables, HTML, and a word on lists that are too short."""

from __future__ import annotations

import json
import logging
import pickle
import re

import pytest

import deepcuts as dc
from deepcuts.comparison import Contender, one_cut, run_all, tabulate
from deepcuts.errors import SettingsError


@pytest.fixture(scope="module")
def cut():
    return dc.split_holdout(dc.generate_world(n_users=60, n_items=120, items_per_user=12, seed=0).plays, seed=0)


@pytest.fixture(scope="module")
def found(cut):
    lists = dc.Popularity().fit(cut.train).recommend(k=20)
    return dc.evaluate(lists, *cut, cutoffs={"recall": [5, 20], "gini": [20]})


def test_figures_are_found_by_name(found):
    assert found["recall@20"] == found.figures["recall@20"]
    assert list(found) == ["recall@5", "recall@20", "gini@20"]
    assert len(found) == 3
    assert "recall@5" in found
    assert "recall@50" not in found
    with pytest.raises(SettingsError, match=r"This evaluation has no figure 'recal@20'\. Did you mean 'recall@20'\?"):
        found["recal@20"]


def test_an_evaluation_is_a_mapping_of_its_figures(found):
    assert dict(found) == {**found} == dict(found.figures)
    assert found.get("recall@5") == found["recall@5"]
    assert found.get("recall@50") is None
    assert list(found.items()) == list(found.figures.items())
    assert json.loads(json.dumps(found.figures)) == pickle.loads(pickle.dumps(found.figures)) == dict(found)


def test_figures_are_a_frame(found):
    frame = found.to_pandas()
    assert frame.value.to_dict() == dict(found.figures)
    assert frame.n_users.tolist() == [found.n_users] * 3


def test_text_and_html_say_how_recall_is_divided(found, cut):
    assert str(found).endswith("recall@k: hits among the first k, over min(k, held-out items)")
    html = found._repr_html_()
    assert "<td" in html
    assert "gini@20 ↓" in html
    assert f"{found['recall@20']:.5f}" in html
    other = dc.evaluate(dc.Popularity().fit(cut.train).recommend(k=20), *cut, cutoffs={"gini": [20]})
    assert "recall" not in str(other) + other._repr_html_()


def test_lists_that_end_before_a_cut_off_are_told_once(cut, caplog):
    lists = dc.Popularity().fit(cut.train).recommend(k=10)
    with caplog.at_level(logging.WARNING):
        dc.evaluate(lists, *cut, cutoffs={"recall": [5, 10, 20], "ndcg": [50]})
    (message,) = [record.getMessage() for record in caplog.records]
    assert message.startswith("The longest list has 10 items, and recall@20, ndcg@50 cut lists later")
    assert "such as recommend(k=50) (deepcuts recommend -k 50), or ask" in message
    assert "recommend(k=50)" in message


def test_lists_of_everything_there_is_are_not_too_short(cut, caplog):
    lists = dc.Popularity().fit(cut.train).recommend(k=1000)
    with caplog.at_level(logging.WARNING):
        dc.evaluate(lists, *cut, cutoffs={"recall": [1000]})
    assert not caplog.records


def test_plays_models_and_comparisons_have_html(cut):
    model = dc.PersonaNMF(n_factors=4, base_epochs=2).fit(cut.train, seed=0)
    assert f"{cut.train.n_users:,} users × {cut.train.n_items:,} items" in cut.train._repr_html_()
    assert re.search(r"base, 2 epochs in [\d.]+ s", model._repr_html_())
    contenders = [Contender("<mine>", dc.PersonaNMF(n_factors=4, base_epochs=2)), Contender("popular", dc.Popularity())]
    runs = run_all(contenders, one_cut(*cut, [0]), {"recall": (20,)}, n_resamples=20)
    compared = tabulate(runs, ["<mine>", "popular"], "popular", n_resamples=20)
    html = compared._repr_html_()
    assert "&lt;mine&gt;" in html
    assert html.count("<b>0.") == 1
    frame = compared.to_pandas()
    assert frame.loc[("popular", "recall@20"), "mean"] == compared.figures["popular", "recall@20"].mean


def test_names_of_items_are_text_in_html_and_cut_where_they_are_long(cut):
    best_known = cut.train.item_ids[int(cut.train.item_listeners.argmax())]
    assert "&lt;b&gt;loud&lt;/b&gt;" in cut.train.with_labels({best_known: "<b>loud</b>"})._repr_html_()
    assert f">{'x' * 79}…</td>" in cut.train.with_labels({best_known: "x" * 500})._repr_html_()


def test_lists_of_a_model_that_has_seen_the_holdout_are_found_out(caplog):
    plays = dc.generate_world(n_users=60, n_items=120, items_per_user=12, seed=0).plays
    train, holdout = dc.split_holdout(plays, seed=0)
    with caplog.at_level(logging.WARNING):
        lists = dc.Popularity().fit(plays).recommend(k=50)
        assert dc.evaluate(lists, train, holdout, {"recall": [50]})["recall@50"] == 0
        assert "None of 60 lists holds anything that was held out. If their model was trained on" in caplog.text
        caplog.clear()
        dc.evaluate(dc.Popularity().fit(train).recommend(k=50), train, holdout, {"recall": [50]})
    assert not caplog.records
