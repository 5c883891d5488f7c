"""Which factors are held at or above 0: everything that a model does works for users, items or neither of them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from typer.testing import CliRunner

import deepcuts as dc
from deepcuts.cli.main import app
from deepcuts.evaluation.purity import group_purity
from deepcuts.model.naming import strongest_items
from deepcuts.model.training.alternation import start_base, start_personas
from deepcuts.model.training.settings import PersonaSettings
from deepcuts.recommendation import ListSettings, recommend
from deepcuts.web.page.state.map_marks import map_marks
from deepcuts.web.page.state.own_artists import start_from_user
from deepcuts.web.page.state.view_models import persona_cards, recommended_list
from deepcuts.web.page.state.visit import Visit
from reference import lists as reference
from reference import objective

SIGNS = ("both", "items", "none")


@pytest.fixture(scope="module")
def plays() -> dc.Interactions:
    world = dc.generate_world(n_users=150, n_items=120, items_per_user=15, seed=5)
    items = world.plays.item_ids.values
    tags = pa.table({"item_id": items, "tag": [f"scene {scene}" for scene in world.item_scenes]})
    return world.plays.with_labels({}, tags)


@pytest.fixture(scope="module", params=SIGNS)
def signs(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def model(plays: dc.Interactions, signs: str) -> dc.PersonaModel:
    return dc.PersonaNMF(n_factors=10, n_personas=3, base_epochs=8, nonnegative=signs).fit(plays, seed=2).with_map()


def test_factors_have_the_signs_that_were_asked_for(model, signs):
    users, items = (np.min(factors) < 0 for factors in (model.persona_factors, model.item_factors))
    assert (users, items) == {"both": (False, False), "items": (True, False), "none": (True, True)}[signs]
    assert model.settings.nonnegative == signs


@pytest.mark.parametrize(("given", "meant"), [(True, "both"), (False, "none"), (np.False_, "none")])
def test_truth_values_still_mean_both_sides(given, meant):
    assert PersonaSettings(nonnegative=given) == PersonaSettings(nonnegative=meant)


@pytest.mark.parametrize(
    "terms",
    [{}, {"diversity": 0.5, "distinction": 0.5}, {"unobserved_exponent": 0.5, "diversity": 0.5}],
    ids=["usual", "diverse and distinct", "by popularity"],
)
def test_the_loss_is_that_of_the_twin_and_never_rises(plays, signs, terms):
    base = start_base(plays, PersonaSettings(n_factors=6, n_personas=3, nonnegative=signs, **terms), seed=1)
    for start in (lambda: base, lambda: start_personas(base, seed=1)):
        stage, previous = start(), np.inf
        for _ in range(4):
            epoch = stage.run_epoch()
            assert epoch.loss == pytest.approx(sum(objective.terms(stage, plays).values()), rel=1e-3)
            assert epoch.loss <= previous * (1 + 1e-5)
            previous = epoch.loss


def test_a_model_that_was_saved_is_the_same(model, tmp_path):
    model.save(tmp_path / "model.safetensors")
    loaded = dc.load(tmp_path / "model.safetensors")
    assert loaded.settings == model.settings
    assert loaded.recommend(k=9, rarity=0.3).equals(model.recommend(k=9, rarity=0.3))
    refolded = loaded.fold_in(loaded.seen)
    np.testing.assert_array_equal(refolded.persona_factors, model.persona_factors)


@pytest.mark.parametrize(
    "asked",
    [{}, {"mix": "max"}, {"strength": 0.5}, {"strength": 0.5, "dial": "power", "mix": "max"}, {"strength": -0.5}],
    ids=str,
)
def test_lists_are_those_of_scoring_everything(model, asked):
    settings = ListSettings(k=15, base_weight=0.0, base_lean=0.0, **asked)  # scores without factors have no base
    scores = model.scores(np.arange(len(model.persona_factors)))
    sizes = np.linalg.norm(model.item_factors.astype(np.float64), axis=1)
    dense = reference.SizedScores(model.seen, model.persona_indptr, model.persona_shares, scores, sizes)
    bounded, exhaustive = recommend(model, None, settings), recommend(dense, None, settings)
    assert bounded.drop_columns("score").equals(exhaustive.drop_columns("score"))
    np.testing.assert_allclose(bounded["score"], exhaustive["score"], rtol=1e-5, atol=1e-6)


def test_explanations_sum_to_the_score(plays, model):
    scores = objective.best_scores(model)
    for user, item in ((0, 0), (7, 60), (99, 119)):
        table = model.explain(plays.user_ids.values[user].as_py(), plays.item_ids.values[item].as_py(), 999)
        assert np.sum(table["contribution"].to_numpy()) == pytest.approx(scores[user, item], rel=2e-3, abs=1e-4)


def test_factors_are_named_by_items_of_the_end_that_users_are_at(plays, model, signs):
    items, strength = strongest_items(model, 5)
    loadings = model.item_factors[items, np.arange(len(items))[:, None]]
    ends = np.sign(model.item_side.user_factor_sum) if signs == "none" else np.ones(len(items))
    assert np.all(strength[:, 0] > 0)
    assert np.all(loadings[:, 0] * ends > 0)
    names = model.factors(n_items=5)["factor_name"].unique()
    assert len(names) == model.settings.n_factors
    purity = group_purity(plays, items, plays.item_listeners)
    assert np.nanmean(purity.main_tag) > 1.5 / len(plays.labels.tag_names)


def test_personas_are_named_differently_and_described(plays, model):
    user = plays.user_ids.values[int(np.argmax(np.diff(model.persona_indptr)))].as_py()
    names = model.persona_names(user)
    assert len(set(names)) == len(names) > 1
    assert set(model.personas(user)["persona_name"].to_pylist()) == set(names)
    assert np.isfinite(model.diagnostics().mean_cosine)


def test_similar_items_and_the_map(model):
    assert model.similar_items(model.item_ids.values[4].as_py(), k=5).num_rows == 5
    assert np.all(np.abs(model.item_map.positions) <= 1.001)
    located = model.item_map.locate(model.persona_factors[:4], model.item_factors)
    assert np.all(np.isfinite(located))


def test_new_plays_join(plays, signs):
    old = plays.user_of_pair() < 120
    first, later = plays.keep_pairs(old & (plays.indices < 110)), plays.keep_pairs(~old | (plays.indices >= 110))
    grown = dc.PersonaNMF(n_factors=8, base_epochs=4, nonnegative=signs).fit(first).extend(later)
    assert np.all(np.isfinite(grown.item_factors))
    assert (np.min(grown.item_factors) < 0) == (signs == "none")
    assert len(grown.recommend(k=4)["user_id"].unique()) == plays.n_users


def test_dislikes_lower_the_score(model):
    liked = dict.fromkeys(model.item_ids.values[:6].to_pylist(), 5.0)
    best = model.fold_in(liked).recommend(k=1)["item_id"][0].as_py()
    index = model.item_ids.index_of(best)
    before, after = (objective.best_scores(model.fold_in(given))[0, index] for given in (liked, liked | {best: -9}))
    assert after < before


def test_the_page_shows_a_visit(plays, model):
    visit = Visit(lambda: model)
    start_from_user(visit, plays.user_ids.values[int(np.argmax(np.diff(plays.indptr)))].as_py())
    cards, listed = persona_cards(visit), recommended_list(visit)
    assert len(listed.rows) > 0
    marks = map_marks(visit, model.item_map, listed, cards)
    assert {mark.kind for mark in marks} == {"own", "listed", "persona"}
    assert visit.visitor_model.reasons(listed.rows[0].item_id, listed.rows[0].persona, 0.0)
    novelties = [listed.novelty]
    for position in (-1, 1):
        visit.list_options.set_dial(position)
        novelties.append(recommended_list(visit).novelty)
    assert novelties[1] <= novelties[0] <= novelties[2]


def test_the_commands_train_and_show_them(plays, signs, tmp_path):
    plays.save(tmp_path / "plays.safetensors")
    model = str(tmp_path / "model.safetensors")
    options = ["--factors", "4", "--base-epochs", "2", "--nonnegative", signs]
    for command in (
        ["train", str(tmp_path / "plays.safetensors"), "-o", model, *options],
        ["personas", model, plays.user_ids.values[3].as_py()],
        ["personas", model, "--factors"],
        ["info", model],
    ):
        result = CliRunner().invoke(app, command)
        assert result.exit_code == 0, result.output
    assert dc.load(model).settings.nonnegative == signs


def test_the_flag_of_before_means_neither(plays, tmp_path):
    plays.save(tmp_path / "plays.safetensors")
    paths = [str(tmp_path / name) for name in ("plays.safetensors", "model.safetensors")]
    result = CliRunner().invoke(app, ["train", paths[0], "-o", paths[1], "--factors", "4", "--no-nonnegative"])
    assert result.exit_code == 0, result.output
    assert dc.load(paths[1]).settings.nonnegative == "none"
