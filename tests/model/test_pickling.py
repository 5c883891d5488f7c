"""Models, plays, evaluations and settings go to other processes and come back, all their values the same."""

from __future__ import annotations

import copy
import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

import deepcuts as dc
from deepcuts.baselines import EASE
from deepcuts.comparison.contenders import Contender
from deepcuts.tuning import TuningSettings
from faults.public_calls import trace


@pytest.fixture(scope="module")
def values(tmp_path_factory) -> dict[str, object]:
    plays = dc.generate_world(120, 150, items_per_user=12).plays
    train, holdout = dc.split_holdout(plays)
    settings = dc.PersonaNMF(n_factors=8, n_personas=3, base_epochs=2)
    model = settings.fit(train)
    path = tmp_path_factory.mktemp("files") / "model.safetensors"
    model.save(path)
    return {
        "plays": train,
        "settings": settings,
        "model": model,
        "loaded model": dc.load(path),
        "visitor": model.fold_in({model.item_ids.values[0].as_py(): 3}),
        "evaluation": dc.evaluate(model.recommend(k=10), train, holdout),
        "popularity": dc.Popularity().fit(train).recommend(k=3),
        "scored model": EASE().fit(train).recommend(k=3),
        "contender": Contender("rare", settings, {"rarity": 0.2}),
        "tuning settings": TuningSettings(fixed={"n_factors": 8}),
    }


def test_pickling_changes_nothing(values):
    for name, value in values.items():
        assert trace(pickle.loads(pickle.dumps(value))) == trace(value), name


@pytest.mark.slow
def test_other_processes_get_and_return_the_same(values):
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        seen, returned = pool.map(trace, values.values()), pool.map(copy.copy, values.values())
        for (name, value), there, back in zip(values.items(), seen, returned, strict=True):
            assert there == trace(value) == trace(back), name


@pytest.mark.slow
def test_a_model_makes_the_same_lists_in_workers_of_joblib(values):
    joblib = pytest.importorskip("joblib")
    model = values["model"]
    users = model.user_ids.values[:8].to_pylist()
    lists = joblib.Parallel(n_jobs=2)(joblib.delayed(model.recommend)(user, k=5) for user in users)
    for user, made in zip(users, lists, strict=True):
        assert made.equals(model.recommend(user, k=5))
