"""The lean on the base vector grows with the number of the user's items."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import deepcuts as dc
from deepcuts.baselines import refit_users
from deepcuts.model.training.objective import lean_weights
from deepcuts.model.training.settings import PersonaSettings


def test_by_hand():
    settings = PersonaSettings(lean=2.0, lean_history=50.0)
    weights = lean_weights(np.array([1, 1, 3], np.float32), np.array([7, 50, 200]), settings)
    np.testing.assert_allclose(weights, [2, 2, 2 * 3 * 2])


@pytest.fixture(scope="module")
def model() -> dc.PersonaModel:
    plays = dc.generate_world(n_users=150, n_items=600, items_per_user=40, seed=3).plays
    return dc.PersonaNMF(n_factors=8, base_epochs=5).fit(plays, seed=1)


def distance_to_base(model: dc.PersonaModel) -> np.ndarray:
    """Mean distance of the personas of each user from their base vector."""
    base = np.repeat(model.user_personas.base_factors, np.diff(model.persona_indptr), axis=0)
    away = np.linalg.norm(model.persona_factors - base, axis=1)
    return np.add.reduceat(away, model.persona_indptr[:-1]) / np.diff(model.persona_indptr)


def test_only_long_histories_lean_more(model):
    never = refit_users(model, lean_history=1e9)
    long = np.diff(model.seen.indptr) > 50
    several = np.diff(model.persona_indptr) > 1
    assert 10 < long.sum() < 140
    np.testing.assert_array_equal(distance_to_base(model)[~long], distance_to_base(never)[~long])
    assert np.all(distance_to_base(model)[long & several] < distance_to_base(never)[long & several])


def test_a_visitor_leans_like_a_user_of_training(model):
    user = int(np.argmax(np.diff(model.seen.indptr)))
    visitors = model.fold_in(replace(model.seen.user(user), labels=None))
    rows = slice(*model.persona_indptr[user : user + 2])
    np.testing.assert_array_equal(visitors.persona_factors, model.persona_factors[rows])
