"""The model inside of RecTools: fitted, asked, cross-validated and configured by RecTools itself."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import deepcuts as dc
from deepcuts.errors import SettingsError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of its dependencies
    from rectools import Columns
    from rectools.dataset import Dataset
    from rectools.metrics import MAP, Recall
    from rectools.model_selection import LastNSplitter, cross_validate
    from rectools.models import PopularModel, model_from_config

    from deepcuts.adapters import PersonaNMFModel

pytestmark = pytest.mark.filterwarnings("ignore")  # of RecTools with newer pandas

SETTINGS = {"n_factors": 8, "n_personas": 2, "base_epochs": 5}


@pytest.fixture(scope="module")
def frame():
    plays = dc.generate_world(n_users=60, n_items=150, items_per_user=12, seed=0).plays.to_arrow().to_pandas()
    frame = plays.rename(columns={"user_id": Columns.User, "item_id": Columns.Item, "plays": Columns.Weight})
    frame[Columns.Datetime] = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(len(frame)) % 97, "D")
    return frame


@pytest.fixture(scope="module")
def dataset(frame):
    return Dataset.construct(frame)


@pytest.fixture(scope="module")
def fitted(dataset):
    return PersonaNMFModel(SETTINGS, {"rarity": 0.2}).fit(dataset)


def test_lists_are_those_of_the_library(fitted, dataset, frame):
    users = frame[Columns.User].unique()[:20]
    found = fitted.recommend(users, dataset, k=7, filter_viewed=True)
    plays = dc.read_plays(frame, user=Columns.User, item=Columns.Item, plays=Columns.Weight)
    codes = dict(zip(dataset.item_id_map.external_ids, map(str, dataset.item_id_map.internal_ids), strict=True))
    coded = plays.to_csr(), [str(dataset.user_id_map.convert_to_internal([u])[0]) for u in plays.user_ids]
    model = dc.PersonaNMF(**SETTINGS).fit(
        dc.Interactions.from_csr(*coded, [codes[item] for item in plays.item_ids]), seed=0
    )
    for user, own in found.groupby(Columns.User):
        code = dataset.user_id_map.convert_to_internal([user])[0]
        expected = model.recommend(str(code), k=7, rarity=0.2)
        assert [codes[item] for item in own[Columns.Item]] == expected["item_id"].to_pylist()
        assert own[Columns.Rank].tolist() == list(range(1, 8))
    seen = set(zip(frame[Columns.User], frame[Columns.Item], strict=True))
    assert not seen & set(zip(found[Columns.User], found[Columns.Item], strict=True))


def test_items_to_recommend_and_seen_ones_are_as_asked(fitted, dataset, frame):
    users, few = frame[Columns.User].unique()[:5], frame[Columns.Item].unique()[:30]
    found = fitted.recommend(users, dataset, k=10, filter_viewed=False, items_to_recommend=few)
    assert set(found[Columns.Item]) <= set(few)
    seen = set(zip(frame[Columns.User], frame[Columns.Item], strict=True))
    assert seen & set(zip(found[Columns.User], found[Columns.Item], strict=True))


def test_items_like_items(fitted, dataset, frame):
    items = frame[Columns.Item].unique()[:3]
    found = fitted.recommend_to_items(items, dataset, k=4)
    assert found.groupby(Columns.TargetItem).size().tolist() == [4] * 3
    assert (found[Columns.TargetItem] != found[Columns.Item]).all()
    itself = fitted.recommend_to_items(items, dataset, k=4, filter_itself=False)
    assert set(items) == set(itself.query("rank == 1")[Columns.Item])


def test_a_cross_validation_of_rectools_runs(dataset):
    models = {"personas": PersonaNMFModel(SETTINGS), "popular": PopularModel()}
    metrics = {"recall": Recall(k=10), "map": MAP(k=10)}
    results = cross_validate(dataset, LastNSplitter(n=2, n_splits=2), metrics, models, k=10, filter_viewed=True)
    table = pd.DataFrame(results["metrics"])
    assert sorted(table.model.unique()) == ["personas", "popular"]
    assert len(table) == 4
    assert table[["recall", "map"]].notna().all().all()
    assert table.query("model == 'personas'").recall.min() > 0


def test_configurations_make_the_same_model(fitted, dataset, frame):
    config = fitted.get_config(simple_types=True)
    assert config["settings"] == SETTINGS
    again = model_from_config(config).fit(dataset)
    users = frame[Columns.User].unique()[:5]
    asked = {"users": users, "dataset": dataset, "k": 5, "filter_viewed": True}
    pd.testing.assert_frame_equal(again.recommend(**asked), fitted.recommend(**asked))
    pd.testing.assert_frame_equal(PersonaNMFModel.loads(fitted.dumps()).recommend(**asked), fitted.recommend(**asked))


def test_wrong_settings_are_refused_at_once():
    with pytest.raises(SettingsError, match="no setting 'n_factor'"):
        PersonaNMFModel({"n_factor": 3})
    with pytest.raises(SettingsError, match="no setting 'rarety'"):
        PersonaNMFModel(lists={"rarety": 0.3})


def test_the_example_of_the_guide_runs(dataset):
    page = Path(__file__).parents[2] / "docs" / "guide" / "adapters.md"
    (code,) = [
        text for text in re.findall(r"```text\n(.*?)```", page.read_text("utf-8"), re.DOTALL) if "rectools" in text
    ]
    names = {"dataset": dataset}
    exec(compile(code, "adapters.md", "exec"), names)
    assert {row["model"] for row in names["results"]["metrics"]} == {"personas", "popular"}
