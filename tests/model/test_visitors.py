"""Fold-in of visitors: what a refusal means, wherever it is given, and personas that are kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

import deepcuts as dc
from deepcuts.errors import DataError
from deepcuts.model.visitors import with_refusals
from deepcuts.web.page.state.visitor_model import VisitorModel
from deepcuts.web.server.store import LoadedModel
from deepcuts.web.service.visitors import fold_in as fold_in_request


@pytest.fixture(scope="module")
def model():
    plays = dc.generate_world(200, 160, items_per_user=20, seed=0).plays
    return dc.PersonaNMF(n_factors=12).fit(plays, seed=0)


@pytest.fixture(scope="module")
def own_plays(model) -> dict[str, float]:
    """Plays of a user of several personas."""
    user = int(np.argmax(np.diff(model.persona_indptr)))
    items, plays = model.seen.user_items(user)
    return dict(zip(model.item_ids.take(items).to_pylist(), plays.tolist(), strict=True))


def factors(visitor):
    return visitor.base_factors, visitor.persona_factors, visitor.persona_shares, visitor.user_personas.personas


@pytest.mark.parametrize("where", ["among the list", "among the plays", "outside the catalogue"])
def test_a_refusal_is_the_same_dislike_in_library_page_and_service(model, own_plays, where):
    refused = {
        "among the list": model.fold_in(own_plays).recommend(k=3)["item_id"].to_pylist(),
        "among the plays": list(own_plays)[:2],
        "outside the catalogue": ["nobody has heard of this"],
    }[where]
    as_counts = {**own_plays, **{item: -1.0 for item in refused if item in model.item_ids.values.to_pylist()}}
    visitors = [
        model.fold_in(own_plays, refused=refused),
        model.fold_in(as_counts),
        VisitorModel.solve(model, own_plays, refused, None).model,
        fold_in_request(LoadedModel(model, "1"), own_plays, refused).model,
    ]
    assert where != "among the list" or not np.array_equal(
        visitors[0].persona_factors, model.fold_in(own_plays).persona_factors
    )
    for visitor in visitors[1:]:
        for found, expected in zip(factors(visitor), factors(visitors[0]), strict=True):
            np.testing.assert_array_equal(found, expected)
        assert visitor.recommend(k=10).equals(visitors[0].recommend(k=10))


def test_a_refusal_lowers_what_is_like_it_in_all_personas(model, own_plays):
    plain = model.fold_in(own_plays)
    refused = plain.recommend(k=1)["item_id"][0].as_py()
    visitor = model.fold_in(own_plays, refused=[refused])
    items = model.item_ids.indexes_of([refused, *model.similar_items(refused, k=5)["item_id"].to_pylist()])
    rows = np.arange(len(plain.persona_shares))
    before, after = plain.scores(rows)[:, items], visitor.scores(rows)[:, items]
    assert np.all(after.sum(axis=1) < before.sum(axis=1))
    assert after[:, 0].max() < before[:, 0].max()
    assert refused not in visitor.recommend(k=160, include_seen=True)["item_id"].to_pylist()


def test_what_speaks_for_an_item_adds_up_to_its_score_when_others_are_refused(model, own_plays):
    best = model.fold_in(own_plays).recommend(k=3)["item_id"].to_pylist()
    visitor = model.fold_in(own_plays, refused=best[:2])
    score = visitor.scores(np.arange(len(visitor.persona_shares)))[:, model.item_ids.index_of(best[2])].max()
    explained = visitor.explain("visitor", best[2], k=100)
    assert np.sum(explained["contribution"].to_numpy()) == pytest.approx(score, rel=1e-3)


def test_refusals_join_the_dislikes_that_there_are():
    matrix = sparse.csr_array(np.array([[4, 0, -5, 0], [0, 2, 0, 0]], np.float32))
    plays = dc.Interactions.from_csr(matrix, ["u", "v"], ["a", "b", "c", "d"], dislikes=True)
    refusing = with_refusals(plays, np.array([2, 1, 1]))
    assert refusing.to_csr().toarray().tolist() == [[4, 0, 0, 0], [0, 0, 0, 0]]
    assert refusing.dislikes.to_csr().toarray().tolist() == [[0, 1, 5, 0], [0, 1, 1, 0]]
    assert with_refusals(plays, np.empty(0, np.int64)) is plays


def test_nothing_is_left_where_all_plays_are_refused(model, own_plays):
    with pytest.raises(DataError, match="All items that were played are refused"):
        model.fold_in(own_plays, refused=list(own_plays))


def test_personas_are_kept_when_a_few_items_come_and_go(model, own_plays):
    before = model.fold_in(own_plays)
    new = before.recommend(k=1)["item_id"][0].as_py()
    changed = {item: plays for item, plays in own_plays.items() if item != next(iter(own_plays))} | {new: 20.0}
    kept = model.fold_in(changed, keep_personas_of=before)
    persona_of = dict(zip(before.seen.indices.tolist(), before.user_personas.personas.tolist(), strict=True))
    assert len(kept.persona_shares) == len(before.persona_shares)
    for item, persona in zip(kept.seen.indices.tolist(), kept.user_personas.personas.tolist(), strict=True):
        assert persona == persona_of.get(item, persona)
    assert kept.persona_shares.sum() == pytest.approx(1)


def test_personas_that_come_near_to_each_other_are_kept(model, own_plays):
    """Where fewer clusters are found than there were, since two of them are now joined, the split stays."""
    settings = replace(model.settings, join_cosine=0.0)
    all_joined = replace(model, item_side=replace(model.item_side, settings=settings))
    before = model.fold_in(own_plays)
    assert len(before.persona_shares) > 1
    assert len(all_joined.fold_in(own_plays).persona_shares) == 1
    kept = all_joined.fold_in(own_plays, keep_personas_of=before)
    np.testing.assert_array_equal(kept.user_personas.personas, before.user_personas.personas)
    np.testing.assert_allclose(kept.persona_factors, before.persona_factors, rtol=1e-3, atol=1e-5)


def test_personas_are_found_anew_where_the_old_ones_do_not_fit(model, own_plays):
    few = dict(list(own_plays.items())[: len(own_plays) // 2])
    for before in (model.fold_in(few), model.fold_in({next(iter(own_plays)): 3.0})):
        anew = model.fold_in(own_plays, keep_personas_of=before)
        np.testing.assert_array_equal(anew.persona_factors, model.fold_in(own_plays).persona_factors)


def test_the_same_plays_keep_the_same_personas_to_the_last_bit(model, own_plays):
    visitor = model.fold_in(own_plays)
    again = model.fold_in(own_plays, keep_personas_of=visitor)
    np.testing.assert_array_equal(again.persona_factors, visitor.persona_factors)


def test_personas_of_one_vector_have_nothing_to_keep(model, own_plays):
    base = replace(model.base, item_map=None)
    visitor = base.fold_in(own_plays, keep_personas_of=base.fold_in(own_plays))
    np.testing.assert_array_equal(visitor.persona_factors, base.fold_in(own_plays).persona_factors)


def test_names_of_personas_on_the_page_stay_when_an_artist_is_refused(model, own_plays):
    before = VisitorModel.solve(model, own_plays, [], None)
    refused = before.model.recommend(k=2)["item_id"].to_pylist()
    assert VisitorModel.solve(model, own_plays, refused, before).names == before.names


def test_what_many_users_refuse_changes_each_as_it_would_alone(model):
    plays = replace(model.seen, labels=None)
    refused = model.item_ids.take(np.array([3, 50])).to_pylist()
    together = model.fold_in(plays, refused=refused)
    for user in range(5):
        alone = model.fold_in(plays.user(user), refused=refused)
        rows = slice(*together.persona_indptr[user : user + 2])
        np.testing.assert_array_equal(alone.persona_factors, together.persona_factors[rows])
        assert not set(alone.recommend(k=160)["item_id"].to_pylist()) & set(refused)
