"""Users whom nobody shares anything with: what lists say of them, and what similar items are."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pyarrow.compute as pc
import pytest
from scipy import sparse

import deepcuts as dc
from deepcuts.recommendation import ListSettings, recommend
from deepcuts.recommendation.guesses import doubt_of, guessed_users
from reference.lists import factored_source


def scaled(factors_of_users: dict[int, float]):
    """A source of seven users, the factors of some of them made smaller."""
    source = factored_source(0, ties=True)
    factors = np.maximum(source.persona_factors.astype(np.float32), np.float32(0.5))
    for user, scale in factors_of_users.items():
        factors[source.persona_indptr[user] : source.persona_indptr[user + 1]] *= np.float32(scale)
    return replace(source, persona_factors=factors)


@pytest.mark.parametrize("scale", [1e-10, 1e-25, 1e-38])
def test_short_vectors_are_guesses_whatever_their_squares_underflow_to(scale):
    assert guessed_users(scaled({2: scale, 5: scale}), np.arange(7)).tolist() == [2, 5]


def test_of_the_users_asked_for_alone():
    source = scaled({2: 1e-10, 5: 1e-10})
    assert guessed_users(source, np.array([5, 1])).tolist() == [5]
    assert guessed_users(source, np.array([], np.int64)).tolist() == []


def test_vectors_of_zeros_and_usual_ones_are_none():
    assert guessed_users(scaled({2: 0.0}), np.arange(7)).tolist() == []


def test_of_one_user_a_guess_is_known_and_so_are_factors_of_zero():
    source = scaled({2: 1e-10, 4: 0.0})
    assert [doubt_of(source, user) for user in range(7)] == [None, None, "guess", None, "popular", None, None]


def test_lists_that_are_guesses_are_told_once_for_all_users(caplog):
    source = scaled({2: 1e-10, 5: 1e-10})
    with caplog.at_level(logging.WARNING):
        recommend(source, None, ListSettings(k=3))
    (message,) = [record.getMessage() for record in caplog.records]
    user = source.user_ids.values[2].as_py()
    assert message.startswith(f"The lists of 2 of 7 users are guesses, such as that of '{user}':")
    assert "min_users=3" in message


@pytest.mark.parametrize("mix", ["share", "max"])
@pytest.mark.parametrize("rarity", [0.0, 0.5])
def test_of_whom_nothing_is_known_what_is_popular_is_listed(caplog, mix, rarity):
    source = scaled({2: 0.0, 4: 0.0})
    items = source.item_ids.values.to_pylist()
    denied = items[int(np.argmax(source.item_listeners))]
    settings = ListSettings(k=4, mix=mix, rarity=rarity, deny=[denied])
    with caplog.at_level(logging.WARNING):
        lists = recommend(source, None, settings)
    (message,) = [record.getMessage() for record in caplog.records]
    unknown = [source.user_ids.values[user].as_py() for user in (2, 4)]
    assert message.startswith(f"The lists of 2 of 7 users are what is popular, such as that of '{unknown[0]}': nobody")
    for user, name in zip((2, 4), unknown, strict=True):
        seen = set(source.seen.user_items(user)[0].tolist())
        popular = [items[i] for i in np.argsort(-source.item_listeners, kind="stable") if i not in seen]
        own = lists.filter(pc.equal(lists["user_id"], name))
        assert own["item_id"].to_pylist() == [item for item in popular if item != denied][:4]
        assert set(own["score"].to_pylist()) == set(own["persona"].to_pylist()) == {0}


def test_scores_that_underflow_are_told_as_what_is_popular():
    source = scaled({2: 1e-20, 4: 1e-30})
    short = replace(source, item_factors=source.item_factors * np.float32(1e-20))
    assert [doubt_of(short, user) for user in range(7)] == [*["guess"] * 4, "popular", *["guess"] * 2]


def test_scores_that_are_all_0_list_what_is_popular_whatever_the_factors(caplog):
    """Factors that meet no item, and those whose products underflow: neither tells items apart."""
    source = scaled({})
    items, users = source.item_factors.copy(), source.persona_factors.copy()
    items[:, 0] = 0
    users[source.persona_indptr[2] : source.persona_indptr[3], 1:] = 0  # the first factor alone, which no item has
    users[source.persona_indptr[4] : source.persona_indptr[5]] *= 1e-30
    for length in (1.0, 1e-20):  # such as items have that one lonely user plays
        forged = replace(source, item_factors=(items * length).astype(np.float32), persona_factors=users)
        unknown = [2, 4] if length < 1 else [2]
        caplog.clear()
        lists = recommend(forged, None, ListSettings(k=4))
        assert "what is popular" in caplog.text
        assert [user for user in range(7) if doubt_of(forged, user) == "popular"] == unknown
        assert lists.num_rows == 7 * 4
        for user in unknown:
            own = lists.filter(pc.equal(lists["user_id"], forged.user_ids.values[user]))
            seen = set(forged.seen.user_items(user)[0].tolist())
            popular = [i for i in np.argsort(-forged.item_listeners, kind="stable") if i not in seen]
            assert own["item_id"].to_pylist() == [forged.item_ids.values[i].as_py() for i in popular[:4]]


def test_who_mutes_every_persona_has_no_list_even_where_nothing_is_known():
    source = scaled({2: 0.0})
    name = source.user_ids.values[2].as_py()
    assert recommend(source, name, ListSettings(k=3, weights=dict.fromkeys(range(10), 0.0))).num_rows == 0


@pytest.fixture(scope="module")
def isolated():
    """A world, and one listener of five artists whom nobody else plays."""
    world = dc.generate_world(n_users=150, n_items=200, items_per_user=12, seed=0).plays.to_csr()
    alone = sparse.csr_array(np.ones((1, 5)))
    plays = sparse.block_diag([world, alone], format="csr")
    ids = [f"u{user:03}" for user in range(plays.shape[0])], [f"i{item:03}" for item in range(plays.shape[1])]
    return dc.Interactions.from_csr(sparse.csr_array(plays), *ids)


@pytest.fixture(scope="module")
def model(isolated):
    return dc.PersonaNMF(n_factors=16, base_epochs=60, tolerance=0.0).fit(isolated, seed=0)


def test_similarities_are_cosines_where_items_of_an_isolated_user_shrink_to_nothing(model):
    lengths = np.linalg.norm(model.item_factors.astype(np.float64), axis=1)
    assert lengths[-5:].max() < 1e-12  # squares of these are nothing in float32
    for item in model.item_ids.take(np.array([0, 100, model.seen.n_items - 1])).to_pylist():
        similar = model.similar_items(item, k=300)["similarity"]
        assert 0 < pc.min(similar).as_py() <= pc.max(similar).as_py() <= 1 + 1e-6


def test_an_isolated_user_is_told_and_pruning_leaves_them_out(model, isolated, caplog):
    with caplog.at_level(logging.WARNING):
        model.recommend("u150", k=3)
        assert "The list of user 'u150' is a guess: hardly" in caplog.text
        caplog.clear()
        model.recommend("u000", k=3)
    assert not caplog.records


def test_a_fold_in_which_nobody_else_plays_what_a_user_plays_is_judged_by_what_is_popular(caplog):
    """Of a user's own items alone, factors end at exactly 0 where the model cannot reach them."""
    world = dc.generate_world(n_users=100, n_items=200, items_per_user=12, seed=1).plays
    model = dc.PersonaNMF(n_factors=8, n_personas=2, base_epochs=5).fit(world, seed=0)
    silent = replace(model.item_side, factors=model.item_side.factors.copy())
    silent.factors[:5] = 0
    visitor = replace(model, item_side=silent).fold_in(dict.fromkeys(model.item_ids.to_pylist()[:5], 3))
    with caplog.at_level(logging.WARNING):
        rows = visitor.recommend(k=5).to_pylist()
    listeners = dict(zip(model.item_ids.to_pylist(), model.item_listeners.tolist(), strict=True))
    assert [listeners[row["item_id"]] for row in rows] == sorted(
        (n for item, n in listeners.items() if item not in model.item_ids.to_pylist()[:5]), reverse=True
    )[:5]
    assert "is what is popular: nobody else plays what they play" in caplog.text


def test_factors_of_any_sign_that_cancel_with_every_item_are_told_of(caplog):
    source = scaled({})
    items, users = source.item_factors.copy(), source.persona_factors.copy()
    items[:, 1] = -items[:, 0]  # exactly: what has the first two factors alike scores no item by them
    users[source.persona_indptr[2] : source.persona_indptr[3]] = 0
    users[source.persona_indptr[2] : source.persona_indptr[3], :2] = 3
    cancelling = replace(source, item_factors=items, persona_factors=users)
    assert [doubt_of(cancelling, user) for user in range(7)] == [None, None, "popular", *[None] * 4]
    with caplog.at_level(logging.WARNING):
        lists = recommend(cancelling, None, ListSettings(k=3))
    (message,) = [record.getMessage() for record in caplog.records]
    user = source.user_ids.values[2].as_py()
    assert message.startswith(f"The list of user '{user}' is what is popular:")
    assert set(lists.filter(pc.equal(lists["user_id"], user))["score"].to_pylist()) == {0}
