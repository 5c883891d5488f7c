"""Personas that lean on the base vector at the moment of asking."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

import deepcuts as dc
from deepcuts.errors import SettingsError
from deepcuts.recommendation import ListSettings
from deepcuts.recommendation.item_sizes import fitted_sizes
from deepcuts.recommendation.rarity import FORMS, item_frequency
from deepcuts.recommendation.turned_personas import leans_of_user


@pytest.fixture(scope="module", params=[True, False], ids=["nonnegative", "signed"])
def model(request: pytest.FixtureRequest) -> dc.PersonaModel:
    plays = dc.generate_world(n_users=80, n_items=300, seed=0).plays
    return dc.PersonaNMF(n_factors=8, n_personas=3, nonnegative=request.param).fit(plays, seed=0)


def test_a_lean_of_0_changes_nothing(model):
    assert model.recommend(k=10, base_lean=0.0).equals(model.recommend(k=10))


def test_a_lean_of_1_is_the_base(model):
    leaning, base = (
        model.recommend(k=10, base_lean=1.0, mix="max", strength=0.4),
        model.base.recommend(k=10, strength=0.4),
    )
    assert leaning["item_id"].equals(base["item_id"])
    np.testing.assert_allclose(leaning["score"].to_numpy(), base["score"].to_numpy(), rtol=1e-4, atol=1e-5)


def test_between_them_the_vectors_are_mixed(model):
    base = np.repeat(model.base_factors, np.diff(model.persona_indptr), axis=0)
    mixed = (0.75 * model.persona_factors + 0.25 * base).astype(np.float32)
    expected = replace(model, user_personas=replace(model.user_personas, persona_factors=mixed)).recommend(
        k=10, strength=0.2, base_lean=0.0
    )
    leaning = model.recommend(k=10, base_lean=0.25, strength=0.2)
    assert np.mean(leaning["item_id"].to_numpy() == expected["item_id"].to_numpy()) > 0.99
    np.testing.assert_allclose(leaning["score"].to_numpy(), expected["score"].to_numpy(), rtol=1e-3, atol=1e-4)


def test_a_model_without_base_vectors_does_not_lean(model):
    popular = dc.Popularity().fit(model.seen)
    assert popular.recommend(k=5, base_lean=0.5).equals(popular.recommend(k=5))


@pytest.mark.parametrize("lean", [-0.1, 1.5, float("nan"), "much"])
def test_a_lean_out_of_range_is_refused(model, lean):
    with pytest.raises(SettingsError, match="Pass 'auto', or a number from 0, as trained, to 1, the base vector"):
        model.recommend(k=5, base_lean=lean)


def test_the_former_name_is_taken_and_told(model):
    with pytest.warns(DeprecationWarning, match="lean is called base_lean now"):
        assert ListSettings(lean=0.25) == ListSettings(base_lean=0.25)
    user, item = model.user_ids[0], model.item_ids[3]
    with pytest.warns(DeprecationWarning, match="lean is called base_lean now"):
        former = model.explain(user, item, lean=0.25)
    assert former.equals(model.explain(user, item, base_lean=0.25))


@pytest.mark.parametrize("dial", ["norm", "shift", "power"])
@pytest.mark.parametrize("mix", ["share", "max"])
def test_the_rarer_lists_are_the_more_personas_lean(model: dc.PersonaModel, dial: str, mix: str) -> None:
    of_form = FORMS[dial].lean
    for strength in (-1.0, 0.0, 0.1, 0.25, 4.0):
        lean = min(0.8, max(0.0, of_form * strength))
        asked = {"k": 10, "dial": dial, "mix": mix, "strength": strength}
        assert model.recommend(**asked).equals(model.recommend(**asked, base_lean=lean))
        np.testing.assert_allclose(leans_of_user(model, 3, ListSettings(**asked)), np.float32(lean), rtol=1e-6)


def test_each_persona_leans_as_it_is_turned(model: dc.PersonaModel) -> None:
    (user,) = np.flatnonzero(np.diff(model.persona_indptr) == 3)[:1]
    settings = ListSettings(strength={0: 0.5, 2: 0.25}, dial="norm")
    np.testing.assert_allclose(leans_of_user(model, int(user), settings), [0.25, 0.0, 0.125], rtol=1e-6)
    listed = model.recommend(model.user_ids[user], k=12, strength={0: 0.5, 2: 0.25}, base_weight=0.0).to_pylist()
    rows = model.persona_factors[slice(*model.persona_indptr[user : user + 2])]
    leans = np.array([0.25, 0.0, 0.125])[:, None]
    scores = ((1 - leans) * rows + leans * model.base_factors[user]) @ model.item_factors.T
    frequency = item_frequency(model.item_listeners, model.n_listeners)
    bases = fitted_sizes(np.linalg.norm(model.item_factors.astype(np.float64), axis=1), frequency)
    for row in listed:
        item, persona = model.item_ids.index_of(row["item_id"]), row["persona"]
        expected = scores[persona, item] * bases[item] ** -(0.5, 0.0, 0.25)[persona]
        assert row["score"] == pytest.approx(expected, rel=1e-3)


def test_where_a_persona_is_muted_none_leans(model: dc.PersonaModel) -> None:
    """The base vector would bring the muted taste back."""
    for muting in ({"pick": [0]}, {"weights": {1: 0.0}}):
        rare = model.recommend(k=10, strength=0.8, **muting)
        straight = model.recommend(k=10, strength=0.8, base_lean=0.0, **muting)
        several = np.flatnonzero(np.diff(model.persona_indptr) > 1)
        users = pa.array(np.isin(model.user_ids.indexes_of(rare["user_id"]), several))
        assert rare.filter(users).equals(straight.filter(users))


def test_an_explanation_by_the_settings_of_a_list_is_of_its_score(model: dc.PersonaModel) -> None:
    user = model.user_ids[5]
    (row,) = model.recommend(user, k=1, strength=0.7).to_pylist()
    turned, straight = (
        np.sum(model.explain(user, row["item_id"], 999, persona=row["persona"], **asked)["contribution"].to_numpy())
        for asked in ({"strength": 0.7}, {})
    )
    persona = model.persona_factors[model.persona_indptr[5] + row["persona"]]
    item = model.item_factors[model.item_ids.index_of(row["item_id"])]
    assert straight == pytest.approx(persona @ item, rel=5e-3)
    assert turned == pytest.approx((0.65 * persona + 0.35 * model.base_factors[5]) @ item, rel=5e-3)


def test_typical_tastes_do_not_lean(model: dc.PersonaModel) -> None:
    """They are of many people: no one vector stands for all of them."""
    assert model.popular(10, rarity=0.8).equals(model.popular(10, rarity=0.8, base_lean=0.0))
    assert not model.popular(10, rarity=0.8).equals(model.popular(10, rarity=0.8, base_lean=0.8))
