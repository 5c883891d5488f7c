"""Early stopping: what is measured, when training ends, and what is kept."""

from __future__ import annotations

from collections.abc import Iterator

import numba
import numpy as np
import pytest
from scipy import sparse

import deepcuts as dc
from deepcuts.errors import FileFormatError
from deepcuts.model.training import early_stopping as stopping_module
from deepcuts.model.training.alternation import start_base
from deepcuts.model.training.early_stopping import (
    EarlyStopping,
    Rule,
    Validation,
    early_stopping,
)
from deepcuts.model.training.settings import PersonaSettings
from deepcuts.model.training.weights import user_rows
from reference import objective


@pytest.fixture(scope="module")
def world() -> dc.World:
    """Fewer factors than scenes: lists get worse while the loss falls on."""
    return dc.generate_world(n_users=1_500, n_items=1_500, items_per_user=10, n_scenes=60, seed=1)


@pytest.fixture(scope="module", autouse=True)
def training_itself_is_watched() -> Iterator[None]:
    """As it is where users are many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stopping_module, "WATCHED_USERS", 1)
        yield


@pytest.fixture(scope="module")
def model(world, training_itself_is_watched) -> dc.PersonaModel:
    return fit(world.plays, "on")


def fit(plays: dc.Interactions, early_stopping: str, **settings) -> dc.PersonaModel:
    """Train with weights with which lists get worse: those of "auto" are better for this world."""
    ridge = {"user_regularization": 0.02, "item_regularization": 0.02}
    weights = {"unobserved_ratio": 8.0, "unobserved_exponent": 0.0, **ridge}
    return dc.PersonaNMF(n_factors=32, early_stopping=early_stopping, **weights, **settings).fit(plays, seed=2)


def assert_same(one: dc.PersonaModel, other: dc.PersonaModel) -> None:
    for name in ("item_factors", "base_factors", "persona_factors", "persona_shares"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_training_ends_where_lists_get_worse_and_the_best_items_are_kept(world, model):
    whole = fit(world.plays, "off")
    ndcg = model.loss_history()["validation_ndcg"].to_pylist()
    measured = {number: value for number, value in enumerate(ndcg, start=1) if value is not None}
    assert list(measured) == [2, 3, *range(4, len(ndcg) + 1, 2)]
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


def test_few_users_are_trained_as_without(world, monkeypatch):
    monkeypatch.setattr(stopping_module, "LEAST_USERS", 1_501)
    assert early_stopping(world.plays, PersonaSettings(), 0) is None
    assert_same(fit(world.plays, "auto", base_epochs=3), fit(world.plays, "off", base_epochs=3))


def test_more_are_watched_unless_told_otherwise(world):
    assert early_stopping(world.plays, PersonaSettings(), 0) is not None
    assert early_stopping(world.plays, PersonaSettings(early_stopping="off"), 0) is None


@pytest.fixture
def rehearsing(monkeypatch) -> None:
    monkeypatch.setattr(stopping_module, "WATCHED_USERS", 50_000)


def test_in_a_rehearsal_users_give_every_tenth_item_and_count_alike(rehearsing):
    rng = np.random.default_rng(0)
    lengths = np.repeat([2, 10, 11, 40], 100)
    plays = plays_of([(rng.permutation(60) < length).astype(int).tolist() for length in lengths])
    validation = Validation.draw(plays, seed=1)
    given = validation.given
    np.testing.assert_array_equal(validation.rows, np.arange(400))  # of the user side, which is by length, as users are
    np.testing.assert_array_equal(given.sizes, -(-lengths // 10))
    pairs = plays.indptr[given.rows] + validation.offsets
    assert len(set(pairs)) == len(pairs)
    np.testing.assert_array_equal(plays.indices[pairs], given.items)
    users, items = rng.random((400, 3), np.float32), rng.random((60, 3), np.float32)
    scores = users @ items.T
    for row in (5, 120, 230, 399):
        own = given.items[given.rows == row]
        hidden = plays.indices[slice(*plays.indptr[row : row + 2])]
        others = np.setdiff1d(np.arange(60), hidden)
        ranks = np.array([1 + np.sum(scores[row, others] > scores[row, item]) for item in own])
        assert validation.ndcg(users, items)[row] == pytest.approx(np.mean(1 / np.log2(1 + ranks)))


def test_nobody_gives_more_than_fifty(rehearsing):
    """Else one row of very many items could use up all that may be given."""
    plays = plays_of([[1] * 600] * 4 + [[1] * 20 + [0] * 580] * 30)
    validation = Validation.draw(plays, seed=0)
    by_row = np.argsort(validation.rows)
    np.testing.assert_array_equal(validation.rows[by_row], np.arange(34))
    n_given = validation.given.sizes[by_row]
    assert np.all(n_given[:30] <= 2)  # fewer where an item would lose too many listeners
    assert np.all((n_given[30:] > 40) & (n_given[30:] <= 50))


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
    users, given = place[validation.rows], validation.given
    assert np.all(given.sizes == 1)
    assert len(users) == len(set(users)) > 5
    assert np.all(np.diff(plays.indptr)[users] >= 2)
    assert np.all(plays.indices[plays.indptr[users] + validation.offsets] == given.items)
    assert np.all(2 * np.bincount(given.items, minlength=plays.n_items) <= plays.item_listeners)


def test_the_pair_weighs_nothing_and_its_user_keeps_the_rest(world):
    validation = Validation.draw(world.plays, seed=0)
    users = user_rows(world.plays, PersonaSettings())
    users = users.take(users.with_dislikes.by_length)
    left = validation.left_out_of(users)
    changed = np.flatnonzero(left.confidence != users.confidence)
    assert len(changed) == len(validation.given.items)
    assert np.all(left.confidence[changed] == 0)
    np.testing.assert_array_equal(np.sort(users.indices[changed]), np.sort(validation.given.items))


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


def test_a_training_that_is_clearly_below_another_is_over(world):
    validation = Validation.draw(world.plays, seed=0)
    n, items = len(validation.rows) // 2 * 2, np.zeros((1, 1), np.float32)
    swing = np.tile([-0.1, 0.1], n // 2 + 1)[: len(validation.rows)]
    error, level = 0.1 / np.sqrt(n), {3: np.full(len(swing), 0.4), 6: np.full(len(swing), 0.5)}

    def behind(*losses: float) -> list[bool]:
        watched, found = EarlyStopping(validation, Rule((3, 4, 6), 1.5), level), []
        for number, loss in zip((3, 4, 6), losses, strict=True):
            watched._compare(level.get(number, level[3]) - loss + swing, items, number, last=30)
            found.append(watched.is_behind)
            assert watched.is_over == watched.is_behind
        return found

    assert behind(1.6 * error, 0, 0) == [True, False, False]
    assert behind(1.4 * error, 0, 1.6 * error) == [False, False, True]
    assert behind(0, 9 * error, 1.4 * error) == [False, False, False]  # the other was not measured after the fourth
    assert behind(-0.2, -0.2, 0.2) == [False, False, False]  # it was better before: its best counts


def test_training_ends_after_two_clear_losses_in_succession_or_one_at_the_end(world):
    """Clear is a mean difference from the best above 1.5 standard errors, here of 0.1 / √n."""
    validation = Validation.draw(world.plays, seed=0)
    n = len(validation.rows) // 2 * 2
    swing = np.tile([-0.1, 0.1], n // 2 + 1)[: len(validation.rows)]
    clear, items = 1.6 * 0.1 / np.sqrt(n), np.zeros((1, 1), np.float32)

    def after(*losses: float, last: int = 30) -> bool:
        watched = EarlyStopping(validation, Rule((1, 2, 3), 1.5))
        watched._compare(np.full(len(swing), 0.5), items, 1, last)
        for number, loss in enumerate(losses, start=2):
            watched._compare(0.5 - loss + swing, items, number, last)
        assert watched.best_epoch == (2 + losses.index(-clear) if -clear in losses else 1)
        return watched.is_over

    assert after(clear, clear)
    assert not after(clear)
    assert not after(*[0.8 * clear] * 9)
    assert not after(clear, 0.0, clear)
    assert not after(clear, -clear, 0.0)  # a new best begins anew
    assert after(clear, 0.0, clear, last=4)
    assert not after(clear, 0.8 * clear, last=3)
    assert not after(clear, -clear, last=3)


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
