"""A fitted model: fold-in, explanations, personas, neighbours, and the file it is kept in."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

import deepcuts as dc
from deepcuts import storage
from deepcuts.errors import DataError, FileFormatError, OutputError, UnknownIdError
from reference import objective


@pytest.fixture(scope="module")
def world() -> dc.World:
    return dc.generate_world(n_users=200, n_items=150, items_per_user=20, seed=7)


KINDS = {"personas": {}, "signed": {"nonnegative": False}, "by popularity": {"unobserved_exponent": 0.4}}


@pytest.fixture(scope="module", params=KINDS)
def model(world: dc.World, request: pytest.FixtureRequest) -> dc.PersonaModel:
    return dc.PersonaNMF(n_factors=12, **KINDS[request.param]).fit(world.plays, seed=1)


def test_folding_in_the_training_plays_gives_the_trained_users(world, model):
    visitors = model.fold_in(world.plays)
    np.testing.assert_array_equal(visitors.persona_factors, model.persona_factors)
    np.testing.assert_array_equal(visitors.user_personas.personas, model.user_personas.personas)
    assert visitors.recommend(k=7, rarity=0.2).equals(model.recommend(k=7, rarity=0.2))


def test_arrays_that_lists_are_made_from_cannot_be_written_to(model):
    """What is computed of them once would no longer be right, and other models share them."""
    visitor = model.fold_in({model.item_ids[0]: 3, model.item_ids[1]: 2})
    for owner in (model, model.base, visitor, model.extend(model.seen), model.without(model.user_ids[0])):
        for name in (
            "item_factors",
            "persona_factors",
            "base_factors",
            "persona_shares",
            "item_listeners",
            "item_plays",
        ):
            with pytest.raises(ValueError, match="read-only"):
                getattr(owner, name)[:1] = 0
        with pytest.raises(ValueError, match="read-only"):
            owner.seen.item_listeners[0] = 0


def test_a_visitor_with_the_history_of_a_user_gets_that_users_list(world, model):
    items, plays = world.plays.user_items(17)
    own_plays = dict(zip(world.plays.item_ids.take(items).to_pylist(), plays.tolist(), strict=True))
    visitor = model.fold_in(own_plays)
    user = world.plays.user_ids.values[17].as_py()
    assert visitor.user_ids.values.to_pylist() == ["visitor"]
    assert visitor.recommend(k=9)["item_id"].equals(model.recommend(user, k=9)["item_id"])
    assert visitor.item_listeners is model.item_listeners


def test_items_outside_the_catalogue_are_left_out_with_a_warning(world, model, caplog):
    known = world.plays.item_ids.values[3].as_py()
    with caplog.at_level(logging.WARNING):
        visitor = model.fold_in({known: 4, "Nobody At All": 2})
    assert "Left out, as the catalogue does not have them: 1 item of 2: 'Nobody At All'" in caplog.text
    assert visitor.seen.n_pairs == 1


def test_personas_are_kept_of_one_user_for_one(model):
    visitor = model.fold_in([model.item_ids[0]])
    for plays, before, message in (
        ([model.item_ids[0]], model, f"keep_personas_of has {len(model.user_ids)} users"),
        (model.seen, visitor, f"the plays are of {len(model.user_ids)} users"),
    ):
        with pytest.raises(DataError, match=rf"^Personas are kept of one user, and {message}\. Give one of each\.$"):
            model.fold_in(plays, keep_personas_of=before)


@pytest.mark.parametrize(
    ("plays", "message"),
    [
        ({}, r"^The plays are empty\. Give one item at least that was played\.$"),
        ([], r"^The plays are empty\. Give one item at least that was played\.$"),
        ({"Nobody": 1}, "^There is no item 'Nobody' among 150 items"),
        ({"Nobody": -1}, r"^The only count is below 0, as dislikes are\. Give one item at least"),
        ({"Nobody": -1, "No one": -2}, r"^All 2 counts are below 0, as dislikes are\. Give one item at least"),
        (
            {"Nobody": float("nan")},
            r"^The play count of 'Nobody' is nan\. Counts are above 0, or below 0 where an item",
        ),
        ({"Nobody": 3, "No one": 0}, r"^The play count of 'No one' is 0\. Counts are above 0"),
        ({"Nobody": 1e-46}, r"^The play count of 'Nobody' is 1e-46\. Counts are above 0"),
    ],
)
def test_plays_that_say_nothing_are_refused(model, plays, message):
    with pytest.raises(DataError, match=message):
        model.fold_in(plays)


def test_contributions_sum_to_the_best_score(world, model):
    scores = objective.best_scores(model)
    for user, item in [(0, 0), (3, 40), (11, 149), (60, 75)]:
        for source, expected in (
            (model, scores[user, item]),
            (model.base, objective.best_scores(model.base)[user, item]),
        ):
            table = source.explain(
                world.plays.user_ids.values[user].as_py(), world.plays.item_ids.values[item].as_py(), 999
            )
            assert table.num_rows == len(world.plays.user_items(user)[0])
            assert np.sum(table["contribution"].to_numpy()) == pytest.approx(expected, rel=2e-3, abs=1e-4)


def test_explanations_come_from_the_users_own_items_largest_first(world, model):
    user, item = world.plays.user_ids.values[5].as_py(), world.plays.item_ids.values[9].as_py()
    table = model.explain(user, item, k=4)
    own = set(world.plays.item_ids.take(world.plays.user_items(5)[0]).to_pylist())
    assert table.column_names == ["item_id", "rank", "plays", "persona", "contribution", "share"]
    assert set(table["item_id"].to_pylist()) <= own
    assert table["rank"].to_pylist() == [1, 2, 3, 4]
    assert np.all(np.diff(table["contribution"].to_numpy()) <= 0)


def test_personas_list_the_items_that_made_them(world, model):
    user = world.plays.user_ids.values[5].as_py()
    table = model.personas(user, n_items=999).to_pylist()
    items, plays = world.plays.user_items(5)
    ids = world.plays.item_ids.take(items).to_pylist()
    assert {(row["item_id"], row["plays"]) for row in table} == set(zip(ids, plays.tolist(), strict=True))
    shares = {row["persona"]: row["share"] for row in table}
    assert sum(shares.values()) == pytest.approx(1, abs=1e-6)
    for persona in shares:
        counts = [row["plays"] for row in table if row["persona"] == persona]
        assert counts == sorted(counts, reverse=True)
        assert [row["rank"] for row in table if row["persona"] == persona] == list(range(1, len(counts) + 1))
    short = model.personas(user, n_items=2).to_pylist()
    assert short == [row for row in table if row["rank"] <= 2]


def test_similar_items_by_cosine(model):
    table = model.similar_items(model.item_ids.values[8].as_py(), k=5)
    unit = model.item_factors / np.maximum(np.linalg.norm(model.item_factors, axis=1, keepdims=True), 1e-30)
    cosine = unit @ unit[8]
    cosine[8] = -np.inf
    best = np.argsort(-cosine, kind="stable")[:5]
    assert table["item_id"].to_pylist() == model.item_ids.take(best).to_pylist()
    np.testing.assert_allclose(table["similarity"].to_numpy(), cosine[best], rtol=1e-5)


def test_unknown_ids_are_named(model):
    user = model.user_ids.values[0].as_py()
    for call in (
        lambda: model.personas("user 000001"),
        lambda: model.recommend("user 000001"),
        lambda: model.explain("user 000001", "x"),
    ):
        with pytest.raises(UnknownIdError, match=r"There is no user 'user 000001' among 200 users\. Did you mean"):
            call()
    for call in (lambda: model.similar_items("???"), lambda: model.explain(user, "???")):
        with pytest.raises(UnknownIdError, match=r"There is no item '\?\?\?' among 150 items\."):
            call()


def test_save_and_load_are_the_identity(model, tmp_path):
    path = tmp_path / "model.safetensors"
    model.save(path)
    loaded = dc.load(path)
    assert loaded.settings == model.settings
    assert loaded.epochs == model.epochs
    assert loaded.interrupted == model.interrupted
    for mine, its in ((model, loaded), (model.base, loaded.base)):
        np.testing.assert_array_equal(its.persona_factors, mine.persona_factors)
        assert its.recommend(k=6, rarity=0.1, frequency="plays").equals(
            mine.recommend(k=6, rarity=0.1, frequency="plays")
        )
    user, item = model.user_ids.values[2].as_py(), model.item_ids.values[2].as_py()
    assert loaded.explain(user, item).equals(model.explain(user, item))
    assert loaded.fold_in({item: 2}).recommend(k=5).equals(model.fold_in({item: 2}).recommend(k=5))
    with pytest.raises(OutputError, match="force=True"):
        model.save(path)
    loaded.base.save(path, force=True)
    np.testing.assert_array_equal(dc.load(path).persona_factors, model.base.persona_factors)


def test_a_model_file_whose_parts_do_not_fit_is_refused(model, tmp_path):
    path = tmp_path / "model.safetensors"
    model.save(path)
    stored = storage.read(path, "model")
    out_of_bounds = "'personas' has the value 1?[0-9], outside 0 to"
    changes = {
        "personas": (stored.arrays["personas"] + np.int8(9), out_of_bounds),
        "persona_indptr": (
            stored.arrays["persona_indptr"][::-1].copy(),
            "'persona_indptr' does not divide its personas among its users",
        ),
        "base_factors": (stored.arrays["base_factors"][:, 1:].copy(), "'base_factors' is float32"),
        "indices": (stored.arrays["indices"] - np.int32(1), "'indices' has the value -1, outside 0 to"),
    }
    for name, (array, message) in changes.items():
        other = tmp_path / f"{name}.safetensors"
        storage.write(other, "model", {**stored.arrays, name: array}, stored.strings, stored.meta)
        with pytest.raises(FileFormatError, match=message):
            dc.load(other)
    if "unobserved_weights" in stored.arrays:
        weights, gram = (stored.arrays[name] for name in ("unobserved_weights", "unobserved_gram"))
        changes |= {
            "unobserved_weights": (weights * np.float32(2), "mean of the array 'unobserved_weights' is 2"),
            "unobserved_gram": (gram * 2, "'unobserved_gram' has .* in row 0, column 0, but its item factors give"),
        }
    metas = {
        "its settings is not a JSON object": {},
        "its settings cannot be used": {**stored.meta, "settings": {"n_factors": -1}},
        "has no accuracy": {**stored.meta, "epochs": [{"stage": "base"}]},
        "stage is 'rehearsal', of which no model": {
            **stored.meta,
            "epochs": [{**stored.meta["epochs"][0], "stage": "rehearsal"}],
        },
    }
    for message, meta in metas.items():
        other = tmp_path / "meta.safetensors"
        storage.write(other, "model", stored.arrays, stored.strings, meta, force=True)
        with pytest.raises(FileFormatError, match=message):
            dc.load(other)


def test_plays_are_not_a_model(world, tmp_path):
    path = tmp_path / "plays.safetensors"
    world.plays.save(path)
    with pytest.raises(FileFormatError, match="holds interactions, not a model"):
        dc.load(path)


def test_users_without_a_known_item_get_what_is_popular(model, caplog):
    plays = dc.Interactions.from_csr(
        sparse.csr_array(np.array([[1.0, 0.0], [0.0, 1.0]])),
        ["ada", "bob"],
        [model.item_ids.values[0].as_py(), "~unknown"],
    )
    visitors = model.fold_in(plays)
    rows = [row for row in visitors.recommend(k=3).to_pylist() if row["user_id"] == "bob"]
    popular = np.sort(model.item_listeners)[:-4:-1].tolist()
    assert [model.item_listeners[model.item_ids.index_of(row["item_id"])] for row in rows] == popular
    assert "is what is popular" in caplog.text or "are what is popular" in caplog.text
    assert visitors.personas("bob").num_rows == 0


def test_similar_items_of_a_vector_that_is_almost_zero(model):
    """A length whose square is below what float32 holds is a length all the same; a vector of zeros is like nothing."""
    item_factors = model.item_factors.copy()
    item_factors[3] *= np.float32(1e-25) / np.linalg.norm(item_factors[3])
    item_factors[4] = 0
    short = replace(model, item_side=replace(model.item_side, factors=item_factors))
    ids = model.item_ids.values.to_pylist()
    before, after = (source.similar_items(ids[3], k=len(ids)).to_pylist() for source in (model, short))
    expected = {row["item_id"]: row["similarity"] for row in before if row["item_id"] != ids[4]}
    assert {row["item_id"]: row["similarity"] for row in after} == pytest.approx(expected, abs=1e-6)
    of_another = {row["item_id"]: row["similarity"] for row in short.similar_items(ids[5], k=len(ids)).to_pylist()}
    assert max(of_another.values()) <= 1 + 1e-6
    assert ids[4] not in of_another
    assert short.similar_items(ids[4]).num_rows == 0
