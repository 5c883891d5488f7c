"""Items of very many listeners, moved by sums of units in place of vectors of users."""

from __future__ import annotations

import numpy as np
import pytest

import deepcuts as dc
from deepcuts.errors import SettingsError
from deepcuts.shelf.lists import to_model
from deepcuts.shelf.training import fit
from shelf.small import SETTINGS, Loop


@pytest.fixture(scope="module")
def local(plays):
    return dc.PersonaNMF(**SETTINGS).fit(plays, seed=5)


def test_factors_and_losses_are_near_those_of_one_machine_and_no_order_of_tasks_changes_a_bit(shelf, plays, local):
    found = []
    some = plays.user_ids.values[:1].to_pylist()
    for order, n_blocks in ((1, 3), (5, 7)):
        loop, asked = Loop(order), dc.PersonaNMF(**SETTINGS)
        epochs = fit(loop, str(shelf), asked, seed=5, item_blocks=n_blocks, heavy_items=150)
        found.append(([epoch.loss for epoch in epochs], to_model(loop, str(shelf), some).item_factors))
    (losses, factors), (other_losses, other_factors) = found
    assert losses == other_losses
    np.testing.assert_array_equal(factors, other_factors)
    np.testing.assert_allclose(losses, [epoch.loss for epoch in local.epochs], rtol=1e-7)
    np.testing.assert_allclose(factors, local.item_factors, rtol=0, atol=1e-5)
    assert np.sum(plays.item_listeners > 150) > 10
    assert not np.array_equal(factors, local.item_factors)  # or nothing was moved by sums


def test_where_no_item_has_more_listeners_all_is_that_of_one_machine_to_the_bit(shelf, plays, local):
    most = int(plays.item_listeners.max())
    epochs = fit(Loop(), str(shelf), dc.PersonaNMF(**SETTINGS), seed=5, heavy_items=most)
    assert [epoch.loss for epoch in epochs] == [epoch.loss for epoch in local.epochs]


def test_auto_takes_items_far_above_the_others(shelf, plays, local):
    assert 1 <= np.sum(plays.item_listeners > 8 * 8 * 9) < 20  # nine pseudo-pairs from each of 8 units
    # Of twenty blocks, some have no such item.
    one_epoch = dc.PersonaNMF(**SETTINGS | {"base_epochs": 1})
    epochs = fit(Loop(), str(shelf), one_epoch, seed=5, heavy_items="auto", item_blocks=20)
    assert epochs[0].loss != local.epochs[0].loss
    assert epochs[0].loss == pytest.approx(local.epochs[0].loss, rel=1e-7)


@pytest.mark.parametrize("wrong", [0, "many", 2.5])
def test_another_number_is_refused(shelf, wrong):
    with pytest.raises(SettingsError, match=r"heavy_items.*at least 1, 'auto' or None"):
        fit(Loop(), str(shelf), dc.PersonaNMF(**SETTINGS), heavy_items=wrong)
