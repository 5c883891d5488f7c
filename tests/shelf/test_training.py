"""Training on a shelf: the bits of the local mode, and going on where it was cut off."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import deepcuts as dc
from deepcuts.errors import SettingsError, UnknownIdError
from deepcuts.shelf.files import Shelf
from deepcuts.shelf.lists import Trained, recommend, to_model
from deepcuts.shelf.training import fit
from shelf.small import N_USERS, SETTINGS, Loop, has_lists


@pytest.fixture(scope="module")
def local(plays):
    return dc.PersonaNMF(**SETTINGS).fit(plays, seed=5)


@pytest.mark.parametrize("n_blocks", [1, 4, 16])
def test_everything_is_that_of_the_local_mode_to_the_bit(shelf, plays, local, tmp_path, n_blocks):
    loop, some = Loop(n_blocks), plays.user_ids.values[::40].to_pylist()
    epochs = fit(loop, str(shelf), dc.PersonaNMF(**SETTINGS), seed=5, item_blocks=n_blocks)
    model = to_model(loop, str(shelf), some)
    recommend(loop, str(shelf), out=str(tmp_path / "lists"), k=10, rarity=0.3)
    assert [epoch.loss for epoch in epochs] == [epoch.loss for epoch in local.epochs]
    np.testing.assert_array_equal(model.item_factors, local.item_factors)
    assert model.item_side.scale == local.item_side.scale
    np.testing.assert_array_equal(model.base_factors, local.base_factors[::40])
    assert has_lists(tmp_path / "lists", local.recommend(k=10, rarity=0.3))


def test_what_passes_between_the_driver_and_tasks_is_small(shelf, tmp_path):
    loop = Loop()
    fit(loop, str(shelf), dc.PersonaNMF(**SETTINGS), seed=5, item_blocks=4)
    recommend(loop, str(shelf), out=str(tmp_path / "lists"), k=10)
    items = 240 * 8 * 4  # bytes of their factors
    assert max(loop.sent) < items
    assert max(loop.returned) < items < 8 * N_USERS


class _StoppedError(Exception):
    """What cuts a training off in the test."""


def test_a_training_goes_on_after_its_last_whole_epoch(shelf, local):
    def stop_after_two(epoch: dc.Epoch) -> None:
        if epoch.number == 2:
            raise _StoppedError

    with pytest.raises(_StoppedError):
        fit(Loop(), str(shelf), dc.PersonaNMF(**SETTINGS), seed=5, item_blocks=5, on_epoch=stop_after_two)
    ran: list[int] = []
    epochs = fit(
        Loop(),
        str(shelf),
        dc.PersonaNMF(**SETTINGS),
        seed=5,
        item_blocks=5,
        on_epoch=lambda epoch: ran.append(epoch.number),
    )
    assert ran == [3, 4]
    assert [epoch.loss for epoch in epochs] == [epoch.loss for epoch in local.epochs]
    (folder,) = (path.parent for path in shelf.glob("trainings/*/blocks") if len(list(path.iterdir())) == 5)
    assert sorted(path.name for path in folder.glob("epoch-*")) == ["epoch-00003", "epoch-00004"]


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"persona_epochs": 2}, "persona_epochs"),
        ({"diversity": 0.1}, "diversity"),
        ({"item_weight_exponent": 0.2}, "item_weight_exponent"),
        ({"early_stopping": "on"}, "early_stopping"),
    ],
)
def test_what_spark_cannot_do_is_refused_and_names_the_local_way(shelf, settings, name):
    with pytest.raises(SettingsError, match=rf"{name}=.* is not there on Spark\. .*one machine"):
        fit(Loop(), str(shelf), dc.PersonaNMF(**settings))


def test_tasks_take_along_no_factors_that_the_driver_has_read(shelf):
    fit(Loop(), str(shelf), dc.PersonaNMF(**SETTINGS), seed=5, item_blocks=1)
    trained = Trained.on(Shelf.at(shelf))
    before = pickle.dumps(trained)
    assert trained.item_side.factors.shape == (240, 8)
    assert pickle.dumps(trained) == before
    assert pickle.loads(before) == trained


def test_lists_need_a_training_and_users_must_be_there(shelf, local, tmp_path):
    fit(Loop(), str(shelf), dc.PersonaNMF(**SETTINGS), seed=5, item_blocks=1)
    with pytest.raises(UnknownIdError, match="There is no user 'nobody'"):
        to_model(Loop(), str(shelf), ["nobody"])
    model = to_model(Loop(), str(shelf))
    model.save(tmp_path / "some.safetensors")
    again = dc.load(tmp_path / "some.safetensors")
    visitor = {str(local.item_ids.values[3]): 4.0}
    assert again.fold_in(visitor).recommend(k=5, rarity=0.5).equals(local.fold_in(visitor).recommend(k=5, rarity=0.5))
