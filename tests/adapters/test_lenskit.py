"""The model inside of LensKit: trained, run in batches and measured by LensKit's own pipeline."""

from __future__ import annotations

import pickle
import re
from pathlib import Path

import numpy as np
import pytest
from lenskit import batch, recommend
from lenskit.basic import PopScorer
from lenskit.data import ItemList, from_interactions_df
from lenskit.metrics import NDCG, RunAnalysis
from lenskit.pipeline import topn_pipeline
from lenskit.splitting import SampleFrac, sample_users

import deepcuts as dc
from deepcuts.adapters import PersonaScorer, PersonaScorerConfig
from deepcuts.errors import SettingsError

pytestmark = pytest.mark.filterwarnings("ignore")  # of LensKit with newer libraries

SETTINGS = {"n_factors": 8, "n_personas": 2, "base_epochs": 5}


@pytest.fixture(scope="module")
def frame():
    plays = dc.generate_world(n_users=60, n_items=150, items_per_user=12, seed=0).plays.to_arrow().to_pandas()
    return plays.rename(columns={"plays": "rating"})


@pytest.fixture(scope="module")
def dataset(frame):
    return from_interactions_df(frame)


@pytest.fixture(scope="module")
def pipeline(dataset):
    made = topn_pipeline(PersonaScorer(settings=SETTINGS, lists={"rarity": 0.2}))
    made.train(dataset)
    return made


@pytest.fixture(scope="module")
def model(frame, dataset):
    """The same model, trained by the library on the numbers that LensKit gives users and items."""
    users, items = (dict(zip(v.ids().tolist(), range(len(v)), strict=True)) for v in (dataset.users, dataset.items))
    coded = frame.assign(user=frame.user_id.map(users), item=frame.item_id.map(items))
    return dc.PersonaNMF(**SETTINGS).fit(dc.read_plays(coded, user="user", item="item", plays="rating"), seed=0)


def test_lists_are_those_of_the_library(pipeline, dataset, frame, model):
    names = dataset.items.ids()
    for number, user in list(enumerate(dataset.users.ids().tolist()))[:15]:
        listed = recommend(pipeline, user, n=8)
        expected = model.recommend(str(number), k=8, rarity=0.2)["item_id"].to_pylist()
        assert listed.ids().tolist() == [names[int(item)] for item in expected]
        assert not set(listed.ids()) & set(frame.query("user_id == @user").item_id)


def test_somebody_new_is_folded_in_by_their_history(pipeline, dataset, model):
    items = dataset.items.ids()[[3, 8, 20]]
    listed = recommend(pipeline, ItemList(item_ids=items, rating=[5.0, 2.0, 1.0]), n=8)
    expected = model.fold_in({3: 5.0, 8: 2.0, 20: 1.0}).recommend(k=8, rarity=0.2)["item_id"].to_pylist()
    assert listed.ids().tolist() == [dataset.items.ids()[int(item)] for item in expected]


def test_candidates_decide_what_is_scored(pipeline, dataset):
    user, scorer = dataset.users.ids()[0], pipeline.node("scorer").component
    candidates = ItemList(item_ids=[*dataset.items.ids()[:5], "nobody has heard of this"])
    scores = scorer(user, candidates).scores()
    assert np.isnan(scores[-1])
    assert set(scores[~np.isnan(scores)].tolist()) <= {1.0, 0.5, np.float32(1 / 3).item(), 0.25, np.float32(0.2).item()}
    assert np.isnan(scorer("nobody", candidates).scores()).all()


def test_an_experiment_of_lenskit_runs(dataset):
    split = sample_users(dataset, 20, SampleFrac(0.25, rng=0), rng=0)
    analysis = RunAnalysis()
    analysis.add_metric(NDCG(n=20))
    means = {}
    for name, scorer in (("personas", PersonaScorer(settings=SETTINGS)), ("popular", PopScorer())):
        pipe = topn_pipeline(scorer, n=20)
        pipe.train(split.train)
        lists = batch.recommend(pipe, split.test, n=20, n_jobs=1)
        means[name] = analysis.measure(lists, split.test).list_summary().loc["NDCG@20", "mean"]
    assert means["personas"] > 0
    assert means["popular"] > 0


def test_a_pipeline_is_copied_and_keeps_its_lists(pipeline, dataset):
    user = dataset.users.ids()[4]
    copied = pickle.loads(pickle.dumps(pipeline))
    assert recommend(copied, user, n=6).ids().tolist() == recommend(pipeline, user, n=6).ids().tolist()


def test_wrong_settings_are_refused_at_once():
    with pytest.raises(SettingsError, match="no setting 'n_factor'"):
        PersonaScorerConfig({"n_factor": 3})
    with pytest.raises(SettingsError, match="no setting 'rarety'"):
        PersonaScorer(PersonaScorerConfig(lists={"rarety": 0.3}))


def test_the_example_of_the_guide_runs(dataset):
    (code,) = [text for text in blocks("text") if "lenskit" in text]
    names = {"split": sample_users(dataset, 10, SampleFrac(0.25, rng=0), rng=0)}
    exec(compile(code, "adapters.md", "exec"), names)
    assert len(names["lists"]) == 10


def blocks(language: str) -> list[str]:
    page = Path(__file__).parents[2] / "docs" / "guide" / "adapters.md"
    return re.findall(rf"```{language}\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
