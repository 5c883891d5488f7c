"""Early stopping: what is measured, when training ends, and what is kept."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from scipy import sparse

import deepcuts as dc
from deepcuts.errors import FileFormatError
from deepcuts.model.training import early_stopping as stopping_module
from deepcuts.model.training.early_stopping import EarlyStopping, Validation, early_stopping, is_measured
from deepcuts.model.training.fit import start_base
from deepcuts.model.training.settings import PersonaSettings
from deepcuts.model.training.weights import user_rows
from reference import objective


@pytest.fixture(scope="module")
def world() -> dc.World:
    """Few plays for many factors: lists get worse while the loss falls on."""
    return dc.generate_world(n_users=1_500, n_items=800, items_per_user=15, seed=1)


@pytest.fixture(scope="module")
def model(world) -> dc.PersonaModel:
    return fit(world.plays, "on")


def fit(plays: dc.Interactions, early_stopping: str, **settings) -> dc.PersonaModel:
    """Train with weights with which lists get worse: those of "auto" are better for this world."""
    ridge = {"user_regularization": 0.02, "item_regularization": 0.02}
    weights = {"unobserved_ratio": 8.0, "unobserved_exponent": 0.0, **ridge}
    return dc.PersonaNMF(n_factors=64, early_stopping=early_stopping, **weights, **settings).fit(plays, seed=2)


def assert_same(one: dc.PersonaModel, other: dc.PersonaModel) -> None:
    for name in ("item_factors", "base_factors", "persona_factors", "persona_shares"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_training_ends_where_lists_get_worse_and_the_best_items_are_kept(world, model):
    whole = fit(world.plays, "off")
    ndcg = model.loss_history()["validation_ndcg"].to_pylist()
    measured = {number: value for number, value in enumerate(ndcg, start=1) if value is not None}
    assert list(measured) == [number for number in range(1, len(ndcg) + 1) if is_measured(number, 30)]
    best = max(measured, key=measured.get)
    assert best < len(ndcg) < len(whole.epochs)
    shorter = fit(world.plays, "on", base_epochs=best)
    assert_same(model, shorter)
    assert model.epochs[best - 1].loss > model.epochs[-1].loss  # by the loss, training would have gone on


def test_all_users_are_solved_for_on_all_their_plays(world, model):
    refolded = model.fold_in(world.plays)
    assert_same(model, refolded)
    expected = objective.base_vectors_in_training(model).sum(axis=0)
    np.testing.assert_allclose(model.item_side.user_factor_sum, expected, rtol=0.05)


@pytest.mark.parametrize("n_threads", [1, 2])
def test_the_number_of_threads_changes_nothing(world, model, n_threads):
    before = numba.get_num_threads()
    numba.set_num_threads(min(n_threads, numba.config.NUMBA_NUM_THREADS))
    try:
        again = fit(world.plays, "on")
    finally:
        numba.set_num_threads(before)
    assert_same(model, again)
    assert [epoch.validation_ndcg for epoch in again.epochs] == [epoch.validation_ndcg for epoch in model.epochs]


def test_small_data_is_trained_as_without(world):
    assert early_stopping(world.plays, PersonaSettings(), 0) is None
    assert_same(fit(world.plays, "auto", base_epochs=3), fit(world.plays, "off", base_epochs=3))


def test_large_data_is_watched_unless_told_otherwise(world, monkeypatch):
    monkeypatch.setattr(stopping_module, "LEAST_USERS", 1_000)
    assert early_stopping(world.plays, PersonaSettings(), 0) is not None
    assert early_stopping(world.plays, PersonaSettings(early_stopping="off"), 0) is None


def test_other_settings_of_training_go_with_it(world):
    moved = fit(world.plays, "on", base_epochs=3, persona_epochs=2, tolerance=0)
    assert [epoch.stage for epoch in moved.epochs] == ["base"] * 3 + ["personas"] * 2
    assert [epoch.validation_ndcg is not None for epoch in moved.epochs] == [False, True, True, False, False]
    assert_same(moved, moved.fold_in(world.plays))
    for settings in (
        {"nonnegative": "none"},
        {"nonnegative": "items"},
        {"n_personas": 1},
        {"diversity": 0.5},
        {"confidence": "binary"},
    ):
        fitted = fit(world.plays, "on", base_epochs=3, **settings)
        assert np.all(np.isfinite(fitted.persona_factors))


def plays_of(rows: list[list[int]]) -> dc.Interactions:
    return dc.Interactions.from_csr(
        sparse.csr_array(np.array(rows, np.float32)),
        [f"u{i:03}" for i in range(len(rows))],
        [f"i{i:03}" for i in range(len(rows[0]))],
        dislikes=True,
    )


def test_users_with_one_item_and_items_with_few_listeners_give_none():
    rng = np.random.default_rng(0)
    rows = (rng.random((400, 12)) < 0.3).astype(int)
    rows[:200] = 0
    rows[np.arange(200), rng.integers(12, size=200)] = 5  # users with one item
    plays = plays_of(np.hstack([rows, np.eye(400, dtype=int)[:, 200:]]).tolist())  # and items with one listener
    validation = Validation.draw(plays, seed=3)
    place = np.argsort(np.diff(plays.known_pairs.indptr), kind="stable")
    users = place[validation.rows]
    assert len(users) == len(set(users)) > 5
    assert np.all(np.diff(plays.indptr)[users] >= 2)
    assert np.all(plays.indices[plays.indptr[users] + validation.offsets] == validation.items)
    assert np.all(2 * np.bincount(validation.items, minlength=plays.n_items) <= plays.item_listeners)


def test_the_pair_weighs_nothing_and_its_user_keeps_the_rest(world):
    validation = Validation.draw(world.plays, seed=0)
    users = user_rows(world.plays, PersonaSettings())
    users = users.take(users.with_dislikes.by_length)
    left = validation.left_out_of(users)
    changed = np.flatnonzero(left.confidence != users.confidence)
    assert len(changed) == len(validation.items)
    assert np.all(left.confidence[changed] == 0)
    np.testing.assert_array_equal(np.sort(users.indices[changed]), np.sort(validation.items))


def test_what_users_dislike_is_left_out_of_their_lists():
    rng = np.random.default_rng(1)
    counts = rng.integers(1, 4, (300, 20)) * (rng.random((300, 20)) < 0.4)
    counts[rng.random((300, 20)) < 0.2] = -2
    plays = plays_of(counts.tolist())
    validation = Validation.draw(plays, seed=0)
    users = np.argsort(np.diff(plays.known_pairs.indptr), kind="stable")[validation.rows]
    for row, user in enumerate(users):
        own = validation.hidden.items[slice(*validation.hidden.indptr[row : row + 2])]
        np.testing.assert_array_equal(own, np.flatnonzero(counts[user]))
    model = dc.PersonaNMF(n_factors=4, early_stopping="on", base_epochs=4).fit(plays)
    assert_same(model, model.fold_in(plays))


@pytest.mark.parametrize("rows", [[[1, 0], [0, 1]], [[1, 2], [3, 4]], [[1, 1, 1]] * 15])
def test_too_little_to_measure_is_no_fault(rows):
    plays = plays_of(rows)
    model = dc.PersonaNMF(n_factors=2, early_stopping="on", base_epochs=2).fit(plays)
    assert model.recommend(k=1).num_rows <= plays.n_users


def test_training_ends_after_two_clear_losses_in_succession(world):
    """Clear is a mean difference from the best above its standard error, here 0.01 ± 0.1 / √n."""
    validation = Validation.draw(world.plays, seed=0)
    n = len(validation.items) // 2 * 2
    swing = np.tile([-0.1, 0.1], n // 2 + 1)[: len(validation.items)]
    clear = 0.11 / np.sqrt(n)

    def after(*losses: float) -> bool:
        watched = EarlyStopping(validation)
        watched._compare(np.full(len(swing), 0.5), np.zeros((1, 1), np.float32))
        for loss in losses:
            watched._compare(0.5 - loss + swing, np.zeros((1, 1), np.float32))
        return watched.is_over

    assert after(clear, clear)
    assert not after(clear)
    assert not after(*[0.8 * clear] * 9)
    assert not after(clear, 0.0, clear)
    assert not after(clear, -clear, 0.0)  # a new best begins anew


def test_interruption_keeps_the_items_as_they_are(world):
    def interrupt(epoch: dc.Epoch) -> None:
        if epoch.number == 2:
            raise KeyboardInterrupt

    settings = dc.PersonaNMF(n_factors=8, early_stopping="on", tolerance=0)
    stopped = settings.fit(world.plays, on_epoch=interrupt, on_interrupt="keep")
    watched = early_stopping(world.plays, PersonaSettings(n_factors=8, early_stopping="on"), 0)
    stage = start_base(world.plays, PersonaSettings(n_factors=8), 0, watched)
    for _ in range(2):
        stage.run_epoch()
    assert stopped.interrupted
    assert len(stopped.epochs) == 2
    np.testing.assert_array_equal(stopped.item_factors, stage.item_factors)
    assert_same(stopped, stopped.fold_in(world.plays))


def test_files_keep_what_was_measured(world, model, tmp_path):
    path = tmp_path / "model.safetensors"
    model.save(path)
    assert dc.load(path).epochs == model.epochs
    plain = fit(world.plays, "off", base_epochs=2)
    plain.save(path, force=True)
    assert dc.load(path).loss_history()["validation_ndcg"].null_count == 2


@pytest.mark.parametrize("value", [1.5, -0.1, "high"])
def test_figures_that_cannot_be_are_refused(world, tmp_path, value):
    model = fit(world.plays, "off", base_epochs=1)
    object.__setattr__(model.epochs[0], "validation_ndcg", value)
    path = tmp_path / "model.safetensors"
    model.save(path)
    with pytest.raises(FileFormatError, match="validation_ndcg"):
        dc.load(path)
