"""EASE, the controls, MMR, and what is said where a peer is not installed."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from scipy import sparse

import deepcuts as dc
from deepcuts import baselines
from deepcuts.baselines.ease import shared_listeners
from deepcuts.baselines.peers import import_peer
from deepcuts.baselines.random_personas import shuffle_within
from deepcuts.data.ids import Ids
from deepcuts.errors import MissingExtraError, SettingsError


@pytest.fixture(scope="module")
def plays() -> dc.Interactions:
    return dc.generate_world(n_users=200, n_items=150, items_per_user=12, seed=3).plays


@pytest.fixture(scope="module")
def model(plays) -> dc.PersonaModel:
    return dc.PersonaNMF(n_factors=12, n_personas=3, base_epochs=10).fit(plays, seed=4)


def test_ease_is_the_best_regression_without_the_item_itself(plays):
    """Column j of B is ridge regression of item j on all items but j."""
    weights = baselines.EASE(regularization=20.0).item_weights(plays)
    assert np.array_equal(baselines.EASE(regularization=20.0).item_weights(plays.to_arrow().to_pandas()), weights)
    played = plays.to_csr().toarray() > 0
    assert np.all(np.diag(weights) == 0)
    for item in (0, 7, 149):
        others = np.delete(played, item, axis=1).astype(float)
        expected = np.linalg.solve(others.T @ others + 20 * np.eye(149), others.T @ played[:, item])
        np.testing.assert_allclose(np.delete(weights[:, item], item), expected, atol=1e-5)


def test_scores_of_ease_are_sums_over_the_users_items(plays):
    learner = baselines.EASE(regularization=20.0)
    scores = learner.fit(plays).scores(np.array([3, 5]))
    played = plays.to_csr().toarray()[[3, 5]] > 0
    np.testing.assert_allclose(scores, played @ learner.item_weights(plays), atol=1e-5)


def test_shared_listeners_are_counted(plays):
    played = (plays.to_csr().toarray() > 0).astype(float)
    np.testing.assert_array_equal(shared_listeners(plays), played.T @ played)


def test_ease_says_how_much_memory_it_needs():
    plays = dc.Interactions.from_csr(sparse.eye_array(2_000, format="csr"), *[[f"{n:04}" for n in range(2_000)]] * 2)
    with pytest.raises(SettingsError, match=r"2,000 × 2,000 items, 0.032 GB, and most_gigabytes is 0.01. Prune items"):
        baselines.EASE(most_gigabytes=0.01).fit(plays)


def test_random_personas_differ_from_personas_in_the_deal_alone(plays, model):
    control = baselines.RandomPersonas(n_factors=12, n_personas=3, base_epochs=10).fit(plays, seed=4)
    np.testing.assert_array_equal(control.item_factors, model.item_factors)
    np.testing.assert_array_equal(control.persona_shares, model.persona_shares)
    np.testing.assert_array_equal(control.base.persona_factors, model.base.persona_factors)
    assert not np.array_equal(control.persona_factors, model.persona_factors)
    for user in range(plays.n_users):
        pairs = slice(*plays.indptr[user : user + 2])
        dealt, found = control.user_personas.personas[pairs], model.user_personas.personas[pairs]
        assert sorted(dealt) == sorted(found)
    assert np.mean(control.user_personas.personas != model.user_personas.personas) > 0.3


def test_random_personas_take_tables(plays):
    control = baselines.RandomPersonas(n_factors=2, base_epochs=2)
    by_table, by_plays = control.fit(plays.to_arrow()), control.fit(plays)
    np.testing.assert_array_equal(by_table.persona_factors, by_plays.persona_factors)


def test_values_are_shuffled_evenly_within_rows():
    indptr = np.array([0, 3, 3, 5])
    shuffled = np.array([shuffle_within(np.array([0, 1, 2, 7, 8]), indptr, seed) for seed in range(600)])
    assert np.all(np.sort(shuffled[:, :3]) == [0, 1, 2])
    assert np.all(np.sort(shuffled[:, 3:]) == [7, 8])
    np.testing.assert_allclose(np.mean(shuffled[:, 0] == 2), 1 / 3, atol=0.07)


def test_users_refitted_with_the_same_settings_are_the_same(model):
    np.testing.assert_array_equal(baselines.refit_users(model).persona_factors, model.persona_factors)


def test_a_refit_with_a_smaller_ridge_fits_the_plays_better(plays, model):
    refitted = baselines.refit_users(model, n_personas=1, user_regularization=1e-4)
    pairs = plays.user_of_pair(), plays.indices

    def misfit(one: dc.PersonaModel) -> float:
        return float(np.mean((1 - (one.persona_factors @ one.item_factors.T)[pairs]) ** 2))

    np.testing.assert_array_equal(refitted.item_factors, model.item_factors)
    assert np.all(np.diff(refitted.persona_indptr) == 1)
    assert misfit(refitted) < misfit(model.base)


def test_a_refit_out_of_range_is_refused(model):
    with pytest.raises(SettingsError, match="user_regularization is 0"):
        baselines.refit_users(model, user_regularization=0)


def test_mmr_worked_by_hand():
    """a and b are the same, c is unlike both; relevance is 1, .9 and 0 in a user's list of scores 12, 11, 2."""
    lists = pa.table(
        {
            "user_id": ["u"] * 3,
            "item_id": ["a", "b", "c"],
            "rank": pa.array([1, 2, 3], pa.int32()),
            "score": [12.0, 11.0, 2.0],
        }
    )
    ids, vectors = Ids.of(["a", "b", "c"], "item"), np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0]])

    def order(diversity: float) -> str:
        return "".join(baselines.rerank(lists, ids, vectors, k=3, diversity=diversity)["item_id"].to_pylist())

    assert order(0.0) == "abc"
    assert order(0.4) == "abc"  # second rank: b .6 · .9 − .4 = .14, c 0
    assert order(0.5) == "acb"  # b .5 · .9 − .5 = −.05, c 0


def test_mmr_keeps_the_best_and_makes_lists_less_alike(model):
    candidates = model.base.recommend(k=50)
    vectors = model.item_factors
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)

    def likeness(lists: pa.Table) -> float:
        items = model.item_ids.indexes_of(lists["item_id"]).reshape(-1, 10)
        return float(np.mean([(unit[own] @ unit[own].T).mean() for own in items]))

    lists = [baselines.rerank(candidates, model.item_ids, vectors, k=10, diversity=d) for d in (0.0, 0.3, 0.6)]
    assert lists[0].equals(model.base.recommend(k=10).sort_by([("user_id", "ascending"), ("rank", "ascending")]))
    assert likeness(lists[0]) > likeness(lists[1]) > likeness(lists[2])
    assert lists[2]["rank"].to_pylist() == list(range(1, 11)) * len(model.user_ids)


def test_mmr_refuses_what_it_cannot_use(model):
    lists = model.recommend(k=5)
    with pytest.raises(SettingsError, match=r"diversity 1\.5\. k is at least 1, diversity lies between 0 and 1"):
        baselines.rerank(lists, model.item_ids, model.item_factors, diversity=1.5)
    with pytest.raises(SettingsError, match="Cannot compare an item outside the catalogue"):
        baselines.rerank(lists, Ids.of(["nothing"], "item"), np.ones((1, 2)))


def test_mmr_of_no_lists_is_no_lists(model):
    nothing = model.recommend(k=5).slice(0, 0)
    assert baselines.rerank(nothing, model.item_ids, model.item_factors).equals(nothing)


def test_a_missing_peer_says_what_to_install():
    with pytest.raises(MissingExtraError) as caught:
        import_peer("a_peer_that_nobody_has.als")
    assert str(caught.value) == "a_peer_that_nobody_has is not installed. Run: pip install 'deepcuts[peers]'"
