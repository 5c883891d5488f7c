"""Targets of observed pairs: one, or a signed logarithm of the count, below 0 for a few plays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

import deepcuts as dc
from deepcuts.model.training.alternation import start_base, start_personas
from deepcuts.model.training.settings import PersonaSettings
from deepcuts.model.training.weights import user_rows
from reference import objective


def random_plays(seed: int, n_users: int = 10, n_items: int = 14) -> dc.Interactions:
    rng = np.random.default_rng(seed)
    counts = rng.geometric(0.2, (n_users, n_items)) * (rng.random((n_users, n_items)) < 0.5)
    users, items = [f"u{i:03}" for i in range(n_users)], [f"i{i:03}" for i in range(n_items)]
    return dc.Interactions.from_csr(sparse.csr_array(counts), users, items)


def test_signed_log_by_hand():
    plays = dc.Interactions.from_csr(sparse.csr_array([[1, 3, 4, 16]]), ["u"], list("abcd"))
    raw = user_rows(plays, PersonaSettings(target="signed_log", user_normalization=False)).target
    np.testing.assert_allclose(raw, [-1.8625, -0.3677, 0.0356, 2.0090], atol=1e-4)
    relative = user_rows(plays, PersonaSettings(target="signed_log")).target
    np.testing.assert_allclose(relative, raw / np.abs(raw).mean(), rtol=1e-6)


def test_the_target_is_one_unless_asked_otherwise():
    assert np.all(user_rows(random_plays(1), PersonaSettings()).target == 1)


def test_without_normalisation_heavy_listeners_have_more_confidence():
    plays = dc.Interactions.from_csr(sparse.csr_array([[1, 1], [99, 99]]), ["u", "v"], ["a", "b"])
    raw = user_rows(plays, PersonaSettings(confidence="log", user_normalization=False)).confidence
    np.testing.assert_allclose(raw, [2, 2, 1 + np.log2(100), 1 + np.log2(100)], rtol=1e-6)
    np.testing.assert_allclose(user_rows(plays, PersonaSettings(confidence="log")).confidence, 1)


@given(
    st.integers(0, 10**6),
    st.builds(
        PersonaSettings,
        n_factors=st.sampled_from([3, 16]),
        n_personas=st.just(3),
        confidence=st.sampled_from(["binary", "log"]),
        target=st.just("signed_log"),
        user_normalization=st.booleans(),
        unobserved_ratio=st.sampled_from([0.0, 8.0]),
        unobserved_exponent=st.sampled_from([0.0, 0.4]),
        diversity=st.sampled_from([0.0, 0.5]),
        nonnegative=st.sampled_from(["both", "items", "none"]),
    ),
)
@settings(deadline=None, max_examples=20)
def test_the_loss_is_that_of_the_twin_and_never_rises_below_zero_either(seed, chosen):
    plays = random_plays(seed)
    base = start_base(plays, chosen, seed=1)
    for start in (lambda: base, lambda: start_personas(base, seed=1)):
        stage = start()
        previous = np.inf
        for _ in range(4):
            epoch = stage.run_epoch()
            expected = sum(objective.terms(stage, plays).values())
            scale = 1e-4 * (1 + expected)
            assert epoch.loss == pytest.approx(expected, rel=1e-3, abs=scale)
            assert epoch.loss <= previous + scale
            previous = epoch.loss
            assert np.all(stage.sides.factors >= chosen.lowest_user_factor)
            assert np.all(stage.item_factors >= chosen.lowest_item_factor)


def test_a_model_with_signed_targets_lists_and_explains():
    plays = dc.generate_world(n_users=200, n_items=150, items_per_user=20, seed=7).plays
    model = dc.PersonaNMF(n_factors=12, target="signed_log").fit(plays, seed=1)
    users = set(model.recommend(k=5)["user_id"].to_pylist())
    user, item = model.user_ids.index_of(min(users)), model.item_ids.values[3].as_py()
    total = np.sum(model.explain(min(users), item, k=99)["contribution"].to_numpy())
    assert len(users) > 150
    assert np.all(model.persona_factors >= 0)
    assert total == pytest.approx(objective.best_scores(model)[user, 3], rel=2e-3, abs=1e-4)


def test_whoever_played_everything_once_has_no_taste():
    plays = dc.Interactions.from_csr(sparse.csr_array([[1, 1, 0], [40, 9, 30]]), ["u", "v"], list("abc"))
    model = dc.PersonaNMF(n_factors=4, target="signed_log").fit(plays)
    assert np.all(model.persona_factors[: model.persona_indptr[1]] == 0)
    (left,) = model.recommend("u").to_pylist()  # what is popular
    assert (left["item_id"], left["score"]) == ("c", 0)
