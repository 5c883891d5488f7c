"""Training: the loss and its descent, the split, reproducibility, interruption."""

from __future__ import annotations

import gc
import itertools
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

import deepcuts as dc
from deepcuts.baselines import RandomPersonas
from deepcuts.comparison.contenders import Contender
from deepcuts.comparison.runs import Cut, run_all
from deepcuts.errors import DataError, SettingsError
from deepcuts.model.training.alternation import start_base, start_personas
from deepcuts.model.training.settings import PersonaSettings
from deepcuts.model.training.weights import ItemWeights, user_rows
from reference import objective


def random_plays(seed: int, n_users: int, n_items: int, density: float) -> dc.Interactions:
    rng = np.random.default_rng(seed)
    counts = rng.geometric(0.2, (n_users, n_items)) * (rng.random((n_users, n_items)) < density)
    counts[rng.integers(n_users), rng.integers(n_items)] = 3
    users, items = [f"u{i:03}" for i in range(n_users)], [f"i{i:03}" for i in range(n_items)]
    return dc.Interactions.from_csr(sparse.csr_array(counts), users, items)


plays_strategy = st.builds(
    random_plays, st.integers(0, 10**6), st.integers(2, 12), st.integers(2, 15), st.sampled_from([0.0, 0.2, 0.6, 1.0])
)
settings_strategy = st.builds(
    PersonaSettings,
    n_factors=st.sampled_from([1, 3, 16, 20]),
    n_personas=st.integers(2, 4),
    user_regularization=st.sampled_from([0.002, 0.05]),
    frequency_exponent=st.sampled_from([0.0, 0.5, 1.0]),
    unobserved_ratio=st.sampled_from([0.0, 1.0, 8.0]),
    unobserved_exponent=st.sampled_from([0.0, 0.2, 1.0]),
    item_weight_exponent=st.sampled_from([0.0, 0.2, 1.0]),
    confidence=st.sampled_from(["binary", "log"]),
    lean=st.sampled_from([0.0, 1.0]),
    diversity=st.sampled_from([0.0, 0.5, 5.0]),
    distinction=st.sampled_from([0.0, 0.05, 2.0]),
    start=st.sampled_from(["cluster", "copy"]),
    persona_count=st.sampled_from(["log2", "all"]),
    reassignment=st.sampled_from(["kept", "cosine", "score"]),
    merge_cosine=st.sampled_from([2.0, 0.99]),
    nonnegative=st.sampled_from(["both", "items", "none"]),
)


@pytest.fixture(scope="module")
def world() -> dc.World:
    return dc.generate_world(n_users=300, n_items=200, items_per_user=20, seed=3)


@pytest.fixture(scope="module")
def model(world: dc.World) -> dc.PersonaModel:
    return dc.PersonaNMF(n_factors=16, n_personas=3).fit(world.plays, seed=5)


@given(plays_strategy, settings_strategy)
@settings(deadline=None, max_examples=40)
def test_loss_is_that_of_the_twin_and_never_rises(plays, chosen):
    base = start_base(plays, chosen, seed=1)
    for start in (lambda: base, lambda: start_personas(base, seed=1)):
        stage = start()
        previous = np.inf
        for _ in range(4):
            epoch = stage.run_epoch()
            expected = objective.terms(stage, plays)
            scale = 1e-4 * (1 + sum(expected.values()))
            for name, value in expected.items():
                assert getattr(epoch, name) == pytest.approx(value, rel=1e-3, abs=scale), name
            assert epoch.loss <= previous + scale
            previous = epoch.loss


@given(plays_strategy, settings_strategy)
@settings(deadline=None, max_examples=25)
def test_factors_are_finite_and_not_negative(plays, chosen):
    model = dc.PersonaNMF(**{**vars(chosen), "nonnegative": "both", "base_epochs": 3}).fit(plays, seed=2)
    for factors in (model.item_factors, model.persona_factors, model.base.persona_factors):
        assert np.all(np.isfinite(factors))
        assert np.all(factors >= 0)


@pytest.mark.parametrize(("unobserved", "ridge"), [(1.0, 1.0), (0.4, 0.8), (0.0, 3.0)])
@pytest.mark.parametrize("n_personas", [1, 3])
def test_base_vectors_are_settled_with_their_own_weights(unobserved, ridge, n_personas):
    """Each is the minimum of its row under w0 and λ times their scales, the items as they are."""
    plays, n_items = random_plays(7, 20, 15, 0.4), 15
    chosen = {"settled_unobserved_scale": unobserved, "settled_regularization_scale": ridge}
    model = dc.PersonaNMF(n_factors=5, n_personas=n_personas, unobserved_exponent=0.5, **chosen).fit(plays)
    v, w0 = model.item_factors.astype(float), unobserved * model.item_side.scale.w0
    weights = objective.confidence(plays, "log", 1.0)
    absent = w0 * objective.unobserved_weights(plays, 0.5)
    for row, x in zip(weights, model.base.persona_factors.astype(float), strict=True):
        rho = ridge * model.settings.user_regularization * (row.sum() + w0 * n_items)
        slope = v.T @ (row * (1 - v @ x) - absent * (v @ x)) - rho * x
        assert np.all(np.where(x > 0, np.abs(slope), slope) < 2e-3)


@given(
    st.lists(st.integers(0, 10**6), min_size=1, max_size=20).filter(any), st.sampled_from([0.0, 0.4]), st.floats(0, 1)
)
def test_all_pairs_of_an_item_are_weighed_alike(listeners, unobserved_exponent, exponent):
    listeners = np.array(listeners)
    weights = ItemWeights.of(listeners, unobserved_exponent, exponent)
    plain = ItemWeights.of(listeners, unobserved_exponent, 0.0)
    np.testing.assert_allclose(weights.w0_factor * weights.unobserved, plain.unobserved * weights.of_pairs, rtol=1e-5)
    assert weights.unobserved.mean() == pytest.approx(1)
    assert (listeners @ weights.of_pairs.astype(float)) / listeners.sum() == pytest.approx(1)
    assert np.all(np.diff(weights.of_pairs[np.argsort(listeners)]) <= 1e-6)
    assert np.all(plain.of_pairs == 1)
    assert plain.w0_factor == 1


def test_users_are_solved_for_without_the_weights_of_items_in_training(world):
    plain, weighed = (
        dc.PersonaNMF(n_factors=8, item_weight_exponent=exponent).fit(world.plays) for exponent in (0.0, 0.5)
    )
    assert not np.allclose(plain.item_factors, weighed.item_factors)
    assert weighed.item_side.scale.w0 == pytest.approx(plain.item_side.scale.w0)
    np.testing.assert_array_equal(weighed.item_side.unobserved_weights, plain.item_side.unobserved_weights)
    np.testing.assert_array_equal(weighed.fold_in(world.plays).persona_factors, weighed.persona_factors)


@pytest.mark.parametrize("kind", ["binary", "log"])
def test_confidence_is_that_of_the_twin(kind):
    plays = random_plays(4, 6, 9, 0.5)
    rows = user_rows(plays, PersonaSettings(confidence=kind, confidence_scale=2.0))
    dense = sparse.csr_array((rows.confidence, rows.indices, rows.indptr), shape=plays.shape).toarray()
    np.testing.assert_allclose(dense, objective.confidence(plays, kind, 2.0), rtol=1e-6)


def test_log_confidence_of_data_without_counts_is_binary():
    plays = random_plays(4, 6, 9, 0.5)
    flat = dc.Interactions(
        plays.indptr, plays.indices, np.ones(plays.n_pairs, np.float32), plays.user_ids, plays.item_ids
    )
    np.testing.assert_allclose(user_rows(flat, PersonaSettings(confidence="log")).confidence, 1)


def test_one_and_two_threads_give_the_same_factors(world, model):
    threads = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        alone = dc.PersonaNMF(n_factors=16, n_personas=3).fit(world.plays, seed=5)
    finally:
        numba.set_num_threads(threads)
    np.testing.assert_array_equal(alone.item_factors, model.item_factors)
    np.testing.assert_array_equal(alone.persona_factors, model.persona_factors)
    np.testing.assert_array_equal(alone.user_personas.personas, model.user_personas.personas)


def test_another_seed_gives_another_model(world, model):
    other = dc.PersonaNMF(n_factors=16, n_personas=3).fit(world.plays, seed=6)
    assert not np.array_equal(other.item_factors, model.item_factors)


def test_permuting_users_permutes_the_result(world):
    """Items start from the same numbers, whoever the users are; only the order of sums differs."""
    names = np.array([f"v{i:04}" for i in np.random.default_rng(0).permutation(world.plays.n_users)])
    renamed = dc.Interactions.from_csr(world.plays.to_csr(), names, world.plays.item_ids.values)
    fit = dc.PersonaNMF(n_factors=8, n_personas=1, base_epochs=3).fit
    before, after = fit(world.plays), fit(renamed)
    np.testing.assert_allclose(after.item_factors, before.item_factors, rtol=1e-2, atol=1e-4)
    np.testing.assert_allclose(after.persona_factors, before.persona_factors[np.argsort(names)], rtol=1e-2, atol=1e-4)


def test_no_more_personas_than_the_logarithm_of_the_history(world, model):
    n_personas, n_items = np.diff(model.persona_indptr), np.diff(world.plays.indptr)
    assert np.all(n_personas >= 1)
    assert np.all(n_personas <= np.maximum(1, np.minimum(3, np.floor(np.log2(n_items)))))


def test_shares_are_shares_of_items_and_fall(world, model):
    for user in range(world.plays.n_users):
        rows = slice(*model.persona_indptr[user : user + 2])
        pairs = slice(*world.plays.indptr[user : user + 2])
        counted = np.bincount(model.user_personas.personas[pairs], minlength=rows.stop - rows.start)
        np.testing.assert_allclose(model.persona_shares[rows], counted / counted.sum(), rtol=1e-6)
        assert np.all(np.diff(model.persona_shares[rows]) <= 0)


def test_one_persona_is_the_base(world):
    model = dc.PersonaNMF(n_factors=8, n_personas=1, base_epochs=3).fit(world.plays)
    np.testing.assert_array_equal(model.persona_factors, model.base.persona_factors)
    assert np.all(model.persona_shares == 1)


def test_training_ends_once_the_loss_settles(world):
    model = dc.PersonaNMF(n_factors=8, tolerance=0.01, base_epochs=50).fit(world.plays)
    losses = model.loss_history()["loss"].to_numpy()
    assert model.history().equals(model.loss_history())  # its name in version 0.1
    falls = (losses[:-1] - losses[1:]) / losses[1:]
    assert len(losses) < 50
    assert np.all(falls[:-1] >= 0.01)
    assert falls[-1] < 0.01


def test_items_move_after_the_split_only_where_asked(world):
    still = dc.PersonaNMF(n_factors=8, base_epochs=3, tolerance=0).fit(world.plays)
    moved = dc.PersonaNMF(n_factors=8, base_epochs=3, tolerance=0, persona_epochs=2).fit(world.plays)
    assert still.loss_history()["stage"].to_pylist() == ["base"] * 3
    assert moved.loss_history()["stage"].to_pylist() == ["base"] * 3 + ["personas"] * 2
    assert not np.array_equal(still.item_factors, moved.item_factors)
    refolded = moved.fold_in(world.plays)
    np.testing.assert_array_equal(refolded.persona_factors, moved.persona_factors)


@pytest.fixture(autouse=True)
def _no_interrupt_is_lost() -> Iterator[None]:
    """Collect garbage between tests alone: hypothesis is called then, and an interrupt within that call is lost.

    What a shell starts in the background ignores interrupts; here they are heard.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    gc.disable()
    yield
    gc.enable()
    signal.signal(signal.SIGINT, before)


@contextmanager
def interrupted_soon() -> Iterator[None]:
    """Send this process SIGINT while the block runs, as Ctrl-C does."""
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            yield
    finally:
        timer.cancel()


@pytest.mark.parametrize("method", [dc.PersonaNMF, RandomPersonas])
def test_an_interrupt_of_training_is_raised(method):
    plays = dc.generate_world(n_users=3000, n_items=500, items_per_user=20).plays
    long = method(n_factors=64, base_epochs=10_000, tolerance=0)
    with interrupted_soon():
        long.fit(plays)
    with interrupted_soon():
        run_all([Contender("long", long)], [Cut(*dc.split_holdout(plays), 0)], {"recall": (5,)})


@pytest.mark.parametrize("callback", ["on_epoch", "on_users"])
def test_an_interrupt_is_raised_unless_the_model_is_to_be_kept(world, callback):
    with pytest.raises(KeyboardInterrupt):
        SHORT.fit(world.plays, **{callback: interrupt_at(1)})
    with pytest.raises(SettingsError, match=r"on_interrupt is 'save'\. Pass 'raise' or 'keep'"):
        SHORT.fit(world.plays, on_interrupt="save")


SHORT = dc.PersonaNMF(n_factors=8, base_epochs=3, persona_epochs=3, tolerance=0)


def at(numbers: int | Sequence[int], call: Callable[[], object]) -> Callable[[object], None]:
    """What makes a call in the n-th of its own, counted from 1."""
    counter = itertools.count(1)
    wanted = [numbers] if isinstance(numbers, int) else numbers

    def count(_: object) -> None:
        if next(counter) in wanted:
            call()

    return count


def interrupt_at(*numbers: int) -> Callable[[object], None]:
    return at(numbers, lambda: signal.raise_signal(signal.SIGINT))


@pytest.mark.parametrize("n_epochs", [1, 3, 5])
def test_a_kept_model_is_that_of_the_last_whole_epoch(world, n_epochs):
    n_base, n_personas = min(n_epochs, 3), max(n_epochs - 3, 0)
    shorter = replace(SHORT, base_epochs=n_base, persona_epochs=n_personas).fit(world.plays, seed=1)
    kept = SHORT.fit(world.plays, seed=1, on_epoch=interrupt_at(n_epochs), on_interrupt="keep")
    assert kept.interrupted
    assert len(kept.epochs) == n_epochs
    assert_same_training(kept, shorter)
    assert kept.recommend(k=5).num_rows == 5 * world.plays.n_users


def assert_same_training(one: dc.PersonaModel, other: dc.PersonaModel) -> None:
    for name in ("item_factors", "base_factors", "persona_factors"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    np.testing.assert_array_equal(one.item_side.user_factor_sum, other.item_side.user_factor_sum)
    np.testing.assert_array_equal(one.item_side.grams.unobserved, other.item_side.grams.unobserved)
    assert one.item_side.scale == other.item_side.scale


def test_what_an_interrupt_finds_half_moved_is_not_kept(world):
    """Wherever in an epoch it comes, the model is that of a training that ended before that epoch."""
    endless = dc.PersonaNMF(n_factors=8, base_epochs=10_000, tolerance=0)
    for seconds in (0.0, 0.0007, 0.002, 0.0031):
        timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT))
        kept = endless.fit(world.plays, seed=1, on_epoch=at(5, timer.start), on_interrupt="keep")
        assert_same_training(kept, replace(endless, base_epochs=len(kept.epochs)).fit(world.plays, seed=1))


def test_the_first_interrupt_of_a_training_that_is_kept_may_come_late(world):
    whole = SHORT.fit(world.plays, seed=1)
    kept = SHORT.fit(world.plays, seed=1, on_users=interrupt_at(1), on_interrupt="keep")
    assert kept.interrupted
    assert kept.epochs[-1].loss == whole.epochs[-1].loss
    np.testing.assert_array_equal(kept.persona_factors, whole.persona_factors)


def test_nothing_is_kept_of_no_epoch_nor_after_a_second_interrupt(world):
    with pytest.raises(KeyboardInterrupt):
        SHORT.fit(world.plays, on_users=interrupt_at(1, 2), on_interrupt="keep")


def test_progress_is_told_epoch_by_epoch_and_then_by_users(world):
    epochs, users = [], []
    model = dc.PersonaNMF(n_factors=8, base_epochs=3, tolerance=0).fit(
        world.plays, on_epoch=epochs.append, on_users=users.append
    )
    assert tuple(epochs) == model.epochs
    assert users == sorted(users)
    assert users[-1] == world.plays.n_users


def test_planted_scenes_are_found(world, model):
    """Personas of one user hold items of fewer scenes than the same items dealt out at random."""
    rng = np.random.default_rng(0)
    users = world.plays.user_of_pair().astype(np.int64)
    scenes = world.item_scenes[world.plays.indices]

    def purity(personas: np.ndarray) -> float:
        _, cells = np.unique(users * 4 + personas, return_inverse=True)
        counts = np.zeros((cells.max() + 1, scenes.max() + 1))
        np.add.at(counts, (cells, scenes), 1)
        return float(counts.max(axis=1).sum() / counts.sum())

    order = np.lexsort((rng.random(len(users)), users))
    assert purity(model.user_personas.personas) > purity(model.user_personas.personas[order]) + 0.1


@pytest.mark.parametrize(
    ("counts", "message"),
    [([[1, 2, 3]], "1 user and 3 items"), ([[1], [2]], "2 users and 1 item")],
)
def test_too_little_to_learn_from_is_refused(counts, message):
    matrix = sparse.csr_array(np.array(counts))
    plays = dc.Interactions.from_csr(matrix, list("ab")[: matrix.shape[0]], list("xyz")[: matrix.shape[1]])
    with pytest.raises(DataError, match=message):
        dc.PersonaNMF().fit(plays)


def test_a_user_who_has_everything_and_more_factors_than_items():
    plays = dc.Interactions.from_csr(sparse.csr_array(np.array([[1, 2, 3], [1, 0, 0]])), list("ab"), list("xyz"))
    model = dc.PersonaNMF(n_factors=32).fit(plays)
    assert np.all(np.isfinite(model.persona_factors))
    assert model.recommend("a", k=5).num_rows == 0
    assert set(model.recommend("b", k=5)["item_id"].to_pylist()) <= {"y", "z"}


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("n_factors", 0, "n_factors is 0. It is a whole number between 1 and 4096, or 'auto'."),
        ("n_factors", 8.5, "n_factors is 8.5. It is a whole number between 1 and 4096, or 'auto'."),
        ("n_personas", 101, "n_personas is 101. It lies between 1 and 100."),
        ("unobserved_ratio", float("nan"), "unobserved_ratio is nan. It lies between 0 and 1e+06, or is 'auto'."),
        ("lean", -1, "lean is -1. It lies between 0 and 1e+06."),
        ("confidence", "cubic", "confidence is 'cubic'. Pass 'binary' or 'log'."),
    ],
)
def test_settings_out_of_range_are_refused(setting, value, message):
    with pytest.raises(SettingsError) as caught:
        dc.PersonaNMF(**{setting: value})
    assert str(caught.value) == message
