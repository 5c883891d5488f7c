"""The scale of the dial: a rarity is the same turn for every form and every source, in steps that are equal."""

from __future__ import annotations

import numba
import numpy as np
import pytest

import deepcuts as dc
from deepcuts.baselines import EASE
from deepcuts.data.popularity import item_novelties
from deepcuts.recommendation import ListSettings
from deepcuts.recommendation.dial_scale import DialCurve, DialScale, measured_users, scale_of
from reference.lists import random_source

FORMS = ["norm", "shift", "power"]
POSITIONS = np.linspace(-1, 1, 9)


@pytest.fixture(scope="module")
def model() -> dc.PersonaModel:
    if numba.config.DISABLE_JIT:
        pytest.skip("training takes minutes without the JIT")
    world = dc.generate_world(n_users=500, n_items=600, items_per_user=20, seed=5)
    return dc.PersonaNMF(n_factors=16, n_personas=4).fit(world.plays, seed=0)


def mean_novelty(model: dc.PersonaModel, **settings: object) -> float:
    listed = model.item_ids.indexes_of(model.recommend(k=20, **settings)["item_id"])
    return float(item_novelties(model.item_listeners, model.n_listeners)[listed].mean())


@pytest.mark.parametrize("mix", ["share", "max"])
@pytest.mark.parametrize("dial", FORMS)
def test_equal_steps_change_novelty_equally(model: dc.PersonaModel, dial: str, mix: str) -> None:
    steps = np.diff([mean_novelty(model, rarity=r, dial=dial, mix=mix) for r in POSITIONS])
    for half in (steps[:4], steps[4:]):
        np.testing.assert_allclose(half, half.mean(), rtol=0.3)


@pytest.mark.parametrize("position", [-0.5, 0.5, 1.0])
def test_a_rarity_is_the_same_turn_for_every_form(model: dc.PersonaModel, position: float) -> None:
    found = [mean_novelty(model, rarity=position, dial=dial) for dial in FORMS]
    assert np.ptp(found) < 0.2 * abs(np.mean(found) - mean_novelty(model))


def test_1_is_half_way_from_neutral_lists_to_blind_ones(model: dc.PersonaModel) -> None:
    blind = item_novelties(model.item_listeners, model.n_listeners).mean()
    assert mean_novelty(model, rarity=1) == pytest.approx((mean_novelty(model) + blind) / 2, abs=0.15)


def test_users_who_are_folded_in_have_the_dial_of_the_model(model: dc.PersonaModel) -> None:
    visitor = model.fold_in({model.item_ids.values[3].as_py(): 2.0})
    again = visitor.fold_in({model.item_ids.values[7].as_py(): 2.0})
    for asked in (ListSettings(), ListSettings(mix="max"), ListSettings(dial="shift", frequency="plays")):
        expected = scale_of(model).strength(model, asked, 0.7)
        assert scale_of(visitor).strength(visitor, asked, 0.7) == expected
        assert scale_of(again).strength(again, asked, 0.7) == expected


def test_a_visitor_may_turn_the_dial_first(model: dc.PersonaModel) -> None:
    fresh = dc.PersonaNMF(**{"n_factors": 8}).fit(model.seen, seed=1)
    visitor = fresh.fold_in({model.item_ids.values[3].as_py(): 2.0})
    first = scale_of(visitor).strength(visitor, ListSettings(), 0.7)
    assert DialScale().strength(fresh, ListSettings(), 0.7) == first
    assert len(visitor.dial_scale.sample.user_ids) == len(measured_users(fresh)) == 128


def test_a_source_without_factors_has_a_scale(model: dc.PersonaModel) -> None:
    rival = EASE(regularization=20).fit(model.seen)
    for dial in FORMS:
        neutral, rare = (mean_novelty_of(rival, model, rarity=r, dial=dial) for r in (0, 1))
        blind = item_novelties(model.item_listeners, model.n_listeners).mean()
        assert rare == pytest.approx((neutral + blind) / 2, abs=0.25)


def mean_novelty_of(rival: dc.PersonaModel, model: dc.PersonaModel, **settings: object) -> float:
    listed = model.item_ids.indexes_of(rival.recommend(k=20, **settings)["item_id"])
    return float(item_novelties(model.item_listeners, model.n_listeners)[listed].mean())


def test_a_strength_never_falls_with_the_position() -> None:
    source = random_source(4)
    for dial in FORMS:
        asked = ListSettings(dial=dial)
        strengths = [scale_of(source).strength(source, asked, position) for position in np.linspace(-4, 4, 33)]
        assert np.all(np.diff(strengths) >= 0)
        assert strengths[16] == 0
        assert np.all(np.abs(strengths) <= 4)


def test_a_curve_is_read_half_way_to_its_farthest_point() -> None:
    curve = DialCurve((4.0, 4.5, 5.0, 5.5, 6.0), farthest=6.0)
    assert [curve.strength(position) for position in (0.0, 0.5, 1.0, 1.5, 4.0)] == [0.0, 0.05, 0.1, 0.15, 0.2]


def test_a_curve_that_falls_short_is_read_to_its_end() -> None:
    curve = DialCurve((4.0, 4.2, 4.1, 4.4), farthest=8.0)
    assert curve.strength(1.0) == pytest.approx(0.15)
    assert curve.strength(0.5) == pytest.approx(0.05, abs=0.051)


def test_a_dial_that_changes_nothing_still_moves() -> None:
    curve = DialCurve((3.0,) * 17, farthest=3.5)
    assert [curve.strength(position) for position in (0.0, 0.5, 1.0)] == [0.0, 0.5, 1.0]
