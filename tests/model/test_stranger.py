"""Lists for somebody without a history."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

import deepcuts as dc
from deepcuts.data.popularity import item_novelties
from deepcuts.errors import DataError, SettingsError
from deepcuts.model.stranger import STRANGER


@pytest.fixture(scope="module")
def model() -> dc.PersonaModel:
    world = dc.generate_world(n_users=400, n_items=300, n_scenes=6, items_per_user=24, seed=3)
    return dc.PersonaNMF(n_factors=16, n_personas=3, base_epochs=8).fit(world.plays, seed=1)


def test_tastes_are_of_the_users_and_their_shares_add_up(model):
    stranger = model.stranger
    assert stranger.user_ids.values.to_pylist() == [STRANGER]
    assert stranger.seen.n_pairs == 0
    assert 2 <= len(stranger.persona_factors) <= 16
    assert float(stranger.persona_shares.sum()) == pytest.approx(1)
    assert np.all(np.diff(stranger.persona_shares) <= 0)
    assert np.all(stranger.persona_factors >= 0)
    again = dc.PersonaModel.stranger.func(model)
    np.testing.assert_array_equal(again.persona_factors, stranger.persona_factors)


def test_plays_without_a_pair_are_told_as_such(model):
    with pytest.raises(DataError, match=r"^The plays are empty\. Give one item at least that was played\.$"):
        model.fold_in(model.stranger.seen)


def test_a_stranger_is_saved_and_loaded(model, tmp_path):
    model.stranger.save(tmp_path / "stranger.safetensors")
    loaded = dc.load(tmp_path / "stranger.safetensors")
    assert len(loaded.persona_factors) > model.settings.n_personas
    assert loaded.recommend(k=9, rarity=0.3).equals(model.stranger.recommend(k=9, rarity=0.3))


def test_the_dial_turns_the_list_from_what_all_play_to_what_few_do(model):
    listeners = [np.mean(model.popular(20, rarity=rarity)["listeners"].to_numpy()) for rarity in (-1, 0, 1)]
    assert listeners[0] > listeners[1] > listeners[2]
    most = np.sort(model.item_listeners)[-20:].mean()
    assert listeners[0] > 0.7 * most


@pytest.mark.parametrize("least_listeners", [0, 8])
@pytest.mark.parametrize("dial", ["norm", "shift", "power"])
def test_every_turn_of_the_dial_makes_another_list_of_less_known_items(model, dial, least_listeners):
    """Tastes that share a list each give rarer items; together they may stand still, within a hundredth of a bit."""
    tables = [
        model.popular(20, rarity=rarity, dial=dial, least_listeners=least_listeners)
        for rarity in (-1, -0.5, 0, 0.25, 0.5, 0.75, 1)
    ]
    novelty = [np.mean(_novelties(model, table)) for table in tables]
    assert all(rarer > commoner - 0.01 for commoner, rarer in pairwise(novelty[2:]))
    assert novelty[-1] > novelty[2] + 0.6
    assert novelty[0] < novelty[2]
    assert novelty[0] <= novelty[1] <= novelty[2]
    neutral, rarest = (set(table["item_id"].to_pylist()) for table in (tables[2], tables[-1]))
    assert len(neutral & rarest) <= 12


def test_the_dial_is_measured_on_the_items_that_may_be_listed(model):
    everything, known = (model.popular(20, rarity=1, least_listeners=least) for least in (0, 25))
    novelty = item_novelties(model.item_listeners, model.n_listeners)
    blind = novelty[model.item_listeners >= 25].mean()
    neutral = np.mean(_novelties(model, model.popular(20, least_listeners=25)))
    assert np.mean(_novelties(model, known)) == pytest.approx((neutral + blind) / 2, abs=0.15)
    assert np.mean(_novelties(model, known)) < np.mean(_novelties(model, everything))


def _novelties(model, table):
    return item_novelties(table["listeners"].to_numpy(), model.n_listeners)


def test_the_list_is_ranked_and_leaves_out_what_hardly_anyone_plays(model):
    table = model.popular(300, rarity=1, least_listeners=10)
    assert table["rank"].to_pylist() == list(range(1, table.num_rows + 1))
    listeners = model.item_listeners[model.item_ids.indexes_of(table["item_id"])]
    np.testing.assert_array_equal(table["listeners"].to_numpy(), listeners)
    assert listeners.min() >= 10
    denied = table["item_id"][0].as_py()
    assert denied not in model.popular(300, deny=[denied])["item_id"].to_pylist()


def test_settings_out_of_range_are_refused(model):
    with pytest.raises(SettingsError, match="rarity"):
        model.popular(rarity=9)
    with pytest.raises(SettingsError, match="least_listeners"):
        model.popular(least_listeners=-1)
    with pytest.raises(SettingsError, match="k is 0"):
        model.popular(0)
