"""Dislikes: counts below 0 that are meant. They raise the confidence of zero, and are nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

import deepcuts as dc
from deepcuts.errors import DataError
from deepcuts.model.training.alternation import start_base, start_personas
from deepcuts.model.training.rows import split_by_persona
from deepcuts.model.training.settings import PersonaSettings
from deepcuts.model.training.weights import user_rows
from reference import objective


@pytest.fixture(scope="module")
def plays() -> dc.Interactions:
    """A world in which everyone dislikes five of the items they have not played, by 1 to 5."""
    plays = dc.generate_world(n_users=200, n_items=150, items_per_user=20, seed=7).plays
    matrix, rng = plays.to_csr().toarray(), np.random.default_rng(0)
    for row in matrix:
        row[rng.choice(np.flatnonzero(row == 0), 5, replace=False)] = -np.arange(1, 6)
    return dc.Interactions.from_csr(
        sparse.csr_array(matrix), plays.user_ids.values, plays.item_ids.values, dislikes=True
    )


@pytest.fixture(scope="module", params=["personas", "signed"])
def model(plays: dc.Interactions, request: pytest.FixtureRequest) -> dc.PersonaModel:
    return dc.PersonaNMF(n_factors=12, nonnegative=request.param == "personas").fit(plays, seed=1)


def test_counts_below_zero_are_refused_unless_they_are_meant():
    matrix = sparse.csr_array(np.array([[3, -2], [0, 1]]))
    with pytest.raises(DataError, match=r"negative.*Pass dislikes=True if those below are meant"):
        dc.Interactions.from_csr(matrix, ["u", "v"], ["a", "b"])
    plays = dc.Interactions.from_csr(matrix, ["u", "v"], ["a", "b"], dislikes=True)
    assert plays.to_csr().toarray().tolist() == [[3, 0], [0, 1]]
    assert plays.dislikes.to_csr().toarray().tolist() == [[0, 2], [0, 0]]
    assert plays.item_listeners.tolist() == [1, 1]
    assert repr(plays) == "Interactions(2 users × 2 items, 2 pairs, 1 dislike)"


def test_dislikes_follow_users_and_items(plays, tmp_path):
    plays.save(tmp_path / "plays.safetensors")
    loaded = dc.Interactions.load(tmp_path / "plays.safetensors")
    kept = loaded.keep_pairs(np.arange(plays.n_pairs) < plays.indptr[50])
    aligned = kept.align_items(plays.item_ids)
    dense = plays.dislikes.to_csr().toarray()[:50]
    np.testing.assert_array_equal(loaded.dislikes.to_csr().toarray(), plays.dislikes.to_csr().toarray())
    known = kept.item_ids.indexes_of(plays.item_ids.values) >= 0
    np.testing.assert_array_equal(aligned.dislikes.to_csr().toarray(), dense * known)
    np.testing.assert_array_equal(loaded.user(7).dislikes.to_csr().toarray()[0], dense[7])


def test_nothing_disliked_is_held_out(plays):
    train, holdout = dc.split_holdout(plays, fraction=0.2, seed=0)
    assert np.all(holdout.plays > 0)
    assert train.dislikes.n_pairs > 0


def test_a_dislike_belongs_to_every_persona_with_target_zero(plays, model):
    rows = user_rows(plays, model.settings)
    split = split_by_persona(rows, model.user_personas.personas, model.persona_indptr)
    first, last = model.persona_indptr[3:5]
    assert split.n_pairs[first:last].sum() == rows.n_pairs[3]
    for row in range(first, last):
        pairs = slice(split.with_dislikes.indptr[row], split.with_dislikes.indptr[row + 1])
        disliked = split.with_dislikes.target[pairs] == 0
        assert set(split.with_dislikes.indices[pairs][disliked]) == set(plays.dislikes.user_items(3)[0])
        np.testing.assert_allclose(
            sorted(split.with_dislikes.confidence[pairs][disliked]), np.log2([2, 3, 4, 5, 6]), rtol=1e-6
        )


def test_disliked_items_are_never_listed_and_score_lower(plays, model):
    without = dc.PersonaNMF(**vars(model.settings)).fit(replace(plays, dislikes=None), seed=1)
    pairs = plays.dislikes.user_of_pair(), plays.dislikes.indices
    means = [objective.best_scores(fitted)[pairs].mean() for fitted in (without, model)]
    assert means[1] < 0.9 * means[0]
    for settings in ({}, {"mix": "max"}, {"include_seen": True, "rarity": 0.5}):
        lists = model.recommend(k=150, **settings)
        listed = set(zip(lists["user_id"].to_pylist(), lists["item_id"].to_pylist(), strict=True))
        table = plays.dislikes.to_arrow()
        assert not listed & set(zip(table["user_id"].to_pylist(), table["item_id"].to_pylist(), strict=True))


def test_folding_in_the_training_plays_gives_the_trained_users(plays, model):
    visitors = model.fold_in(plays)
    np.testing.assert_array_equal(visitors.persona_factors, model.persona_factors)
    np.testing.assert_array_equal(visitors.user_personas.personas, model.user_personas.personas)
    assert visitors.recommend(k=7).equals(model.recommend(k=7))


def test_a_visitor_dislikes_what_counts_below_zero(plays, model):
    items, counts = plays.user_items(17)
    own_plays = dict(zip(plays.item_ids.take(items).to_pylist(), counts.tolist(), strict=True))
    best = model.fold_in(own_plays).recommend(k=1)["item_id"][0].as_py()
    visitor = model.fold_in(own_plays | {best: -1})
    assert best not in visitor.recommend(k=150, include_seen=True)["item_id"].to_pylist()
    assert visitor.personas("visitor", n_items=99).num_rows == len(own_plays)
    item = model.item_ids.index_of(best)
    assert objective.best_scores(visitor)[0, item] < objective.best_scores(model.fold_in(own_plays))[0, item]
    with pytest.raises(DataError, match=r"^The only count is below 0, as dislikes are"):
        model.fold_in({best: -1})


def test_explanations_still_sum_to_the_score(plays, model):
    scores = objective.best_scores(model)
    for user, item in [(0, 3), (11, 149)]:
        table = model.explain(plays.user_ids.values[user].as_py(), plays.item_ids.values[item].as_py(), 999)
        assert table.num_rows == len(plays.user_items(user)[0])
        assert np.sum(table["contribution"].to_numpy()) == pytest.approx(scores[user, item], rel=2e-3, abs=1e-4)


def test_save_and_load_are_the_identity(model, tmp_path):
    model.save(tmp_path / "model.safetensors")
    loaded = dc.load(tmp_path / "model.safetensors")
    assert loaded.recommend(k=6).equals(model.recommend(k=6))
    assert loaded.fold_in(loaded.seen).recommend(k=6).equals(model.recommend(k=6))


@pytest.mark.parametrize(("nonnegative", "exponent"), [(True, 0.0), (False, 0.0), (True, 0.5)])
def test_the_loss_is_that_of_the_twin_and_never_rises(plays, nonnegative, exponent):
    chosen = PersonaSettings(n_factors=6, nonnegative=nonnegative, unobserved_exponent=exponent)
    base = start_base(plays, chosen, seed=1)
    for start in (lambda: base, lambda: start_personas(base, seed=1)):
        stage = start()
        previous = np.inf
        for _ in range(3):
            epoch = stage.run_epoch()
            problem = stage.sides.problem
            # The twin knows pairs, liked or not.
            stage.sides.problem = replace(problem, rows=problem.rows.with_dislikes)
            expected = sum(objective.terms(stage, plays).values())
            stage.sides.problem = problem
            assert epoch.loss == pytest.approx(expected, rel=1e-3)
            assert epoch.loss <= previous * (1 + 1e-5)
            previous = epoch.loss
