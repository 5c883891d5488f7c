"""Settings and results of another type, such as a dict of settings, are refused where they are given."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse

import deepcuts as dc
from deepcuts.baselines import refit_users
from deepcuts.datasets import fetch
from deepcuts.errors import SettingsError
from deepcuts.history import HistoryOptions, Matcher, read_history, read_upload
from deepcuts.ingest import Columns, ingest
from deepcuts.recommendation import ListSettings, recommend, recommend_batches
from deepcuts.report import model_contenders, render, write
from deepcuts.tuning import plot_front, tune, tune_automatically, write_settings

PLAYS = dc.Interactions.from_csr(sparse.csr_array(np.eye(3)), ["a", "b", "c"], ["x", "y", "z"])
MATCHER = Matcher(PLAYS.item_ids, PLAYS.item_ids.values)
D: Any = {"a": 1}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ingest("a.csv", D), r"columns is {'a': 1}\. Pass Columns\(user=\.\.\., item=\.\.\.\)\."),
        (lambda: ingest("a.csv", Columns(1, 2), D), r"options is {'a': 1}\. Pass ReadOptions"),
        (lambda: read_history("a.csv", D), r"options is {'a': 1}\. Pass HistoryOptions"),
        (lambda: HistoryOptions(times=D), r"times is {'a': 1}\. Pass TimeRules"),
        (lambda: HistoryOptions(limits=D), r"limits is {'a': 1}\. Leave it out"),
        (lambda: read_upload("a.csv", D), r"data is {'a': 1}\. Give the content of the file as bytes"),
        (lambda: read_upload(D, b""), r"name is {'a': 1}\. Give the name of the file"),
        (lambda: MATCHER.search(D), r"query is {'a': 1}\. Give what was typed, as text"),
        (lambda: MATCHER.search("x", k=D), r"k is {'a': 1}"),
        (lambda: recommend(dc.Popularity().fit(PLAYS), None, D), r"settings is {'a': 1}\. Pass ListSettings"),
        (lambda: list(recommend_batches(D, None, ListSettings())), r"source is {'a': 1}\. Pass a model"),
        (lambda: tune(PLAYS, Path("study.db"), D), r"settings is {'a': 1}\. Pass TuningSettings"),
        (lambda: tune_automatically(PLAYS, D), r"settings is {'a': 1}\. Pass AutoSettings"),
        (lambda: plot_front(D, "a.svg"), r"tuning is {'a': 1}\. Give what tune returns"),
        (lambda: write_settings("a.toml", D), r"settings is {'a': 1}\. Give settings, such as model\.settings"),
        (lambda: render(D), r"report is {'a': 1}\. Give what collect returns"),
        (lambda: write(D, "a.html"), r"report is {'a': 1}\. Give what collect returns"),
        (lambda: model_contenders([D]), r"models is \[{'a': 1}\]\. Give models by the names to show"),
        (lambda: refit_users(D), r"model is {'a': 1}\. Give a model that was fitted"),
        (lambda: fetch(D, Path("a")), r"dataset is {'a': 1}\. Pass find_dataset"),
    ],
)
def test_an_object_of_another_type_is_refused(
    call: Callable[[], Any], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match=message):
        call()
    assert not list(tmp_path.iterdir())
