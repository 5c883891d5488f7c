"""Personas that lean on the base vector at the moment of asking."""

from dataclasses import replace

import numpy as np
import pytest

import deepcuts as dc
from deepcuts.errors import SettingsError
from deepcuts.recommendation import ListSettings


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
        k=10, strength=0.2
    )
    leaning = model.recommend(k=10, base_lean=0.25, strength=0.2)
    assert np.mean(leaning["item_id"].to_numpy() == expected["item_id"].to_numpy()) > 0.99
    np.testing.assert_allclose(leaning["score"].to_numpy(), expected["score"].to_numpy(), rtol=1e-3, atol=1e-4)


def test_a_model_without_base_vectors_does_not_lean(model):
    popular = dc.Popularity().fit(model.seen)
    assert popular.recommend(k=5, base_lean=0.5).equals(popular.recommend(k=5))


@pytest.mark.parametrize("lean", [-0.1, 1.5, float("nan"), "much"])
def test_a_lean_out_of_range_is_refused(model, lean):
    with pytest.raises(SettingsError, match="Pass a number from 0, as trained, to 1, the base vector"):
        model.recommend(k=5, base_lean=lean)


def test_the_former_name_is_taken_and_told(model):
    with pytest.warns(DeprecationWarning, match="lean is called base_lean now"):
        assert ListSettings(lean=0.25) == ListSettings(base_lean=0.25)
    user, item = model.user_ids[0], model.item_ids[3]
    with pytest.warns(DeprecationWarning, match="lean is called base_lean now"):
        former = model.explain(user, item, lean=0.25)
    assert former.equals(model.explain(user, item, base_lean=0.25))
