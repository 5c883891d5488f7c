"""New users, new items and users with more plays join a trained model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from scipy import sparse
from typer.testing import CliRunner

import deepcuts as dc
from deepcuts.cli.main import app
from deepcuts.data.merge import merge_plays
from deepcuts.errors import DataError
from deepcuts.model.training.objective import Scale
from reference import objective


@pytest.fixture(scope="module")
def plays() -> dc.Interactions:
    return dc.generate_world(n_users=300, n_items=200, items_per_user=20, seed=3).plays


def kept_back(plays: dc.Interactions) -> tuple[dc.Interactions, dc.Interactions]:
    """Plays without every tenth user and every tenth item, and what was left out."""
    new = (plays.user_of_pair() % 10 == 3) | (plays.indices % 10 == 7)
    return plays.keep_pairs(~new), plays.keep_pairs(new)


@pytest.fixture(scope="module", params=[0.0, 0.4], ids=["one weight", "weights by popularity"])
def old(plays: dc.Interactions, request: pytest.FixtureRequest) -> dc.PersonaModel:
    untrained = dc.PersonaNMF(n_factors=16, n_personas=3, unobserved_exponent=request.param)
    return untrained.fit(kept_back(plays)[0], seed=1)


@pytest.fixture(scope="module")
def grown(old: dc.PersonaModel, plays: dc.Interactions) -> dc.PersonaModel:
    return old.extend(kept_back(plays)[1])


def same_plays(plays: dc.Interactions, others: dc.Interactions) -> bool:
    return plays.to_arrow().equals(others.to_arrow())


def test_the_grown_model_holds_all_plays_and_counts_them(plays, grown):
    assert same_plays(grown.seen, plays)
    np.testing.assert_array_equal(grown.item_listeners, plays.item_listeners)
    np.testing.assert_allclose(grown.item_plays, plays.item_plays)
    assert grown.n_listeners == plays.n_users


def test_its_measures_are_those_of_the_whole_data(plays, grown):
    expected = Scale.of(plays, float(plays.n_pairs), grown.settings.unobserved_ratio)
    measured = grown.item_side.scale
    assert (measured.n_users, measured.n_items) == (expected.n_users, expected.n_items)
    assert measured.w0 == pytest.approx(expected.w0, rel=1e-5)
    base = objective.base_vectors_in_training(grown)
    factors, weights = grown.item_factors, grown.item_side.unobserved_weights
    np.testing.assert_allclose(weights, objective.unobserved_weights(plays, grown.settings.unobserved_exponent), 1e-5)
    np.testing.assert_allclose(grown.item_side.grams.plain, factors.T @ factors, rtol=1e-4, atol=1e-4)
    weighted = factors.T @ (weights[:, None] * factors)
    np.testing.assert_allclose(grown.item_side.grams.unobserved, weighted, rtol=1e-4, atol=1e-4)
    assert measured.taste_square == pytest.approx((base**2).sum(axis=1).mean(), rel=0.05)


def test_old_items_and_untouched_users_stay_as_they_were(old):
    users = old.user_ids.values
    more = dc.Interactions.from_csr(sparse.csr_array([[4.0, 2.0]]), ["someone new"], old.item_ids.values[:2])
    grown = old.extend(more)
    np.testing.assert_array_equal(grown.item_factors, old.item_factors)
    for user in users.to_pylist()[::40]:
        was, now = old.user_ids.index_of(user), grown.user_ids.index_of(user)
        np.testing.assert_array_equal(
            grown.persona_factors[slice(*grown.persona_indptr[now : now + 2])],
            old.persona_factors[slice(*old.persona_indptr[was : was + 2])],
        )
        assert grown.recommend(user, k=9)["item_id"].equals(old.recommend(user, k=9)["item_id"])
        assert grown.personas(user).equals(old.personas(user))


def test_touched_users_are_what_fold_in_makes_of_them(plays, grown):
    visitors = grown.fold_in(plays)
    touched = kept_back(plays)[1].user_ids.values
    np.testing.assert_array_equal(
        *(model.recommend(touched.to_pylist(), k=7)["item_id"].to_numpy(False) for model in (visitors, grown))
    )


def test_new_items_are_recommended_and_near_their_own_kind(plays, old, grown):
    new = set(plays.item_ids.values.to_pylist()) - set(old.item_ids.values.to_pylist())
    again = dc.PersonaNMF(**vars(old.settings)).fit(plays, seed=1)
    shares = [np.isin(model.recommend(k=20)["item_id"].to_numpy(False), list(new)).mean() for model in (grown, again)]
    assert shares[0] == pytest.approx(shares[1], rel=0.3)
    assert np.all(grown.item_factors >= 0)


def test_accuracy_is_near_that_of_training_again(plays):
    train, holdout = dc.split_holdout(plays, fraction=0.2, seed=0)
    first, later = kept_back(train)
    settings = dc.PersonaNMF(n_factors=16, n_personas=3)
    models = settings.fit(first, seed=1).extend(later), settings.fit(train, seed=1)
    figures = [dc.evaluate(model.recommend(k=50), train, holdout).figures["recall@20"] for model in models]
    assert figures[0] > 0.9 * figures[1]


def test_a_grown_history_is_settled_again(old):
    user = old.user_ids.values[5].as_py()
    favourite = old.recommend(user, k=1)["item_id"][0].as_py()
    more = dc.Interactions.from_csr(sparse.csr_array([[9.0]]), [user], [favourite])
    grown = old.extend(more)
    assert favourite not in grown.recommend(user, k=50)["item_id"].to_pylist()
    assert grown.item_listeners.sum() == old.item_listeners.sum() + 1
    again = grown.extend(more)
    assert again.item_listeners.sum() == grown.item_listeners.sum()
    assert again.item_plays.sum() == grown.item_plays.sum() + 9


@pytest.mark.parametrize(
    "settings",
    [
        {"n_personas": 1},
        {"diversity": 0.5, "distinction": 0.1},
        {"diversity": 0.5, "unobserved_exponent": 1},
        {"unobserved_ratio": 0},
    ],
)
def test_every_kind_of_model_grows(plays, settings, tmp_path):
    first, later = kept_back(plays)
    grown = dc.PersonaNMF(n_factors=8, base_epochs=3, **settings).fit(first).extend(later)
    grown.save(tmp_path / "grown.safetensors")
    assert dc.load(tmp_path / "grown.safetensors").recommend(k=5).equals(grown.recommend(k=5))
    assert np.all(np.isfinite(grown.persona_factors))


def test_plays_merge_by_pair_with_times_dislikes_and_labels():
    def make(counts, users, items, time, names, tags):
        plays = dc.Interactions.from_csr(sparse.csr_array(np.array(counts)), users, items, dislikes=True)
        plays = replace(plays, last_played=np.full(plays.n_pairs, time))
        return plays.with_labels(names, pa.table(tags))

    first = make([[3, -1], [1, 1]], ["u", "w"], ["a", "c"], 10, {"a": "Ada"}, {"item_id": ["a"], "tag": ["calm"]})
    tags = {"item_id": ["a", "b"], "tag": ["loud", "loud"]}
    second = make([[2, 5, -1], [0, -4, 4]], ["u", "v"], ["a", "b", "c"], 20, {"a": "Not Ada", "b": "Bob"}, tags)
    merged = merge_plays(first, second)
    assert merged.user_ids.values.to_pylist() == ["u", "v", "w"]
    assert merged.to_csr().toarray().tolist() == [[5, 5, 0], [0, 0, 4], [1, 0, 1]]
    assert merged.dislikes.to_csr().toarray().tolist() == [[0, 0, 2], [0, 4, 0], [0, 0, 0]]
    assert merged.last_played.tolist() == [20, 20, 20, 10, 10]
    assert merged.labels.names.to_pylist() == ["Ada", "Bob", "c"]
    assert [merged.labels.tags_of(np.array([item])) for item in range(3)] == [["calm"], ["loud"], []]


def test_ids_that_join_and_differ_in_blanks_from_known_ones_are_told(caplog):
    def plays(users: list[str], items: list[str]) -> dc.Interactions:
        return dc.read_plays(pa.table({"user": users, "item": items}), user="user", item="item")

    old = plays(["ada", "bob"], ["x", "y"])
    merge_plays(old, plays(["ada", "eve"], ["x", "z"]))
    assert not caplog.records
    assert merge_plays(old, plays([" ada", "eve"], ["x", "y "])).n_users == 4
    assert [record.getMessage().partition(" from")[0] for record in caplog.records] == [
        "1 user that joins, such as ' ada', differs",
        "1 item that joins, such as 'y ', differs",
    ]


def test_nothing_to_extend_by_is_refused(old):
    nothing = dc.Interactions.from_csr(sparse.csr_array((1, 1)), ["u"], ["a"])
    with pytest.raises(DataError, match="no plays to extend"):
        old.extend(nothing)


def test_the_command_extends(plays, old, grown, tmp_path):
    paths = [str(tmp_path / name) for name in ("old.safetensors", "new.safetensors", "grown.safetensors")]
    old.save(paths[0])
    kept_back(plays)[1].save(paths[1])
    result = CliRunner().invoke(app, ["extend", paths[0], paths[1], "-o", paths[2]])
    assert result.exit_code == 0, result.output
    assert "30 users and 20 items joined." in result.output
    assert dc.load(paths[2]).recommend(k=5).equals(grown.recommend(k=5))


def test_counts_whose_sum_is_infinite_are_refused(old, plays):
    huge = plays.user(3)
    huge = replace(huge, plays=np.full_like(huge.plays, 3e38))
    once = old.extend(huge)
    with pytest.raises(DataError, match=r"pairs sum up to more than 3\.4e\+38; the first to 6e\+38"):
        once.extend(huge)
