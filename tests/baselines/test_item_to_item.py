"""Item weights of irspack's models against their equations, and what stands in the way of using them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

import deepcuts as dc
from deepcuts.baselines import EDLAE, SLIM, RP3beta
from deepcuts.errors import SettingsError


@pytest.fixture(scope="module", autouse=True)
def irspack() -> None:
    """Import it without the warnings of what it depends on, and only where these tests run: it takes seconds."""
    pytest.importorskip("irspack")


@pytest.fixture(scope="module")
def plays() -> dc.Interactions:
    return dc.generate_world(n_users=150, n_items=80, items_per_user=12, seed=3).plays


@pytest.fixture(scope="module")
def played(plays) -> np.ndarray:
    return (plays.to_csr().toarray() > 0).astype(float)


def dense(model) -> np.ndarray:
    weights = model.scorer.weights
    return weights.toarray() if sparse.issparse(weights) else weights


def test_rp3beta_is_a_walk_of_three_steps_with_the_popular_held_back(plays, played):
    model = RP3beta(popularity_exponent=0.4, n_neighbours=80).fit(plays)
    listeners = np.maximum(played.sum(axis=0), 1)
    to_users = played.T / listeners[:, None]
    to_items = played / played.sum(axis=1, keepdims=True)
    expected = played @ (to_users @ to_items) / listeners**0.4
    np.testing.assert_allclose(model.scores(np.arange(plays.n_users)), expected, rtol=1e-4)


def test_neighbours_are_limited(plays):
    weights = dense(RP3beta(n_neighbours=5).fit(plays))
    assert np.count_nonzero(weights, axis=0).max() == 5


def test_edlae_has_a_ridge_that_grows_with_listeners(plays, played):
    weights = dense(EDLAE(regularization=20.0, dropout=0.25).fit(plays))
    ridge = 20 + 0.25 / 0.75 * played.sum(axis=0)
    inverse = np.linalg.inv(played.T @ played + np.diag(ridge))
    expected = -inverse / np.diag(inverse)
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(weights, expected, atol=1e-4)


def test_edlae_without_dropout_is_ease(plays):
    weights = dense(EDLAE(regularization=20.0, dropout=0.0).fit(plays))
    np.testing.assert_allclose(weights, dc.baselines.EASE(regularization=20.0).item_weights(plays), atol=1e-4)


def test_weights_of_slim_are_the_elastic_net(plays, played):
    """Where a weight is above 0 the slope is 0, elsewhere it is not below 0."""
    regularization, l1_share = 0.02, 0.1
    weights = dense(SLIM(regularization=regularization, l1_share=l1_share, n_neighbours=80, n_epochs=500).fit(plays))
    penalty = plays.n_users * regularization
    slopes = played.T @ (played @ weights - played) + penalty * (1 - l1_share) * weights + penalty * l1_share
    others = ~np.eye(len(weights), dtype=bool)
    assert np.all(weights >= 0)
    assert np.all(np.diag(weights) == 0)
    np.testing.assert_allclose(slopes[others & (weights > 0)], 0, atol=0.02)
    assert slopes[others].min() > -0.02


def test_scores_are_sums_over_the_users_items(plays, played):
    for learner in (RP3beta(), SLIM(), EDLAE()):
        model = learner.fit(plays)
        scores = model.scores(np.array([3, 5]))
        np.testing.assert_allclose(scores, played[[3, 5]] @ dense(model), rtol=1e-4, atol=1e-5)


def test_edlae_says_how_much_memory_it_needs(plays):
    with pytest.raises(SettingsError, match=r"EDLAE inverts a matrix of 80 × 80 items, 2\.56e-05 GB, and most_gig"):
        EDLAE(most_gigabytes=1e-6).fit(plays)
