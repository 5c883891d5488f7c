"""Models, plays, evaluations and settings go to other processes and come back, all their values the same."""

from __future__ import annotations

import copy
import pickle
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields, is_dataclass
from multiprocessing import get_context

import numpy as np
import pytest

import deepcuts as dc
from deepcuts.baselines import EASE
from deepcuts.comparison.contenders import Contender
from deepcuts.evaluation import rank_lists
from deepcuts.tuning import TuningSettings
from faults.public_calls import trace


@pytest.fixture(scope="module")
def values(tmp_path_factory) -> dict[str, object]:
    world = dc.generate_world(120, 150, items_per_user=12)
    plays = world.plays
    train, holdout = dc.split_holdout(plays)
    settings = dc.PersonaNMF(n_factors=8, n_personas=3, base_epochs=2)
    model = settings.fit(train)
    path = tmp_path_factory.mktemp("files") / "model.safetensors"
    model.save(path)
    return {
        "world": world,
        "plays": train,
        "settings": settings,
        "model": model,
        "loaded model": dc.load(path),
        "visitor": model.fold_in({model.item_ids.values[0].as_py(): 3}),
        "evaluation": dc.evaluate(model.recommend(k=10), train, holdout),
        "ranked lists": rank_lists(model.recommend(k=10), train, holdout),
        "popularity": dc.Popularity().fit(train).recommend(k=3),
        "scored model": EASE().fit(train).recommend(k=3),
        "contender": Contender("rare", settings, {"rarity": 0.2}),
        "tuning settings": TuningSettings(fixed={"n_factors": 8}),
    }


def test_pickling_changes_nothing(values):
    for name, value in values.items():
        assert trace(pickle.loads(pickle.dumps(value))) == trace(value), name


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
@pytest.mark.parametrize("name", ["plays", "model", "loaded model", "visitor", "world", "ranked lists"])
def test_arrays_of_a_copy_are_read_only_where_those_of_the_original_are(values, name, copied):
    before, after = arrays_in(values[name]), arrays_in(copied(values[name]))
    assert len(before) > 2
    assert {path for path, array in before.items() if not array.flags.writeable} == {
        path for path, array in after.items() if not array.flags.writeable
    }


def arrays_in(value: object, path: str = "") -> dict[str, np.ndarray]:
    """All arrays that the fields of a dataclass hold, and the fields of these, by path."""
    if isinstance(value, np.ndarray):
        return {path: value}
    names = [field.name for field in fields(value)] if is_dataclass(value) else []
    return {at: array for name in names for at, array in arrays_in(getattr(value, name), f"{path}.{name}").items()}


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
