"""Users leave plays and models, and nothing else changes."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from scipy import sparse
from typer.testing import CliRunner

import deepcuts as dc
from deepcuts.cli.main import app
from deepcuts.errors import DataError, UnknownIdError


def small_plays() -> dc.Interactions:
    """Three users; ada alone plays "a" and dislikes "d", and bob dislikes "c"."""
    counts = np.array([[3, 1, 0, -1, 0], [0, 2, -4, 0, 5], [0, 7, 1, 0, 0]], float)
    plays = dc.Interactions.from_csr(sparse.csr_array(counts), ["ada", "bob", "cleo"], list("abcde"), dislikes=True)
    return plays.with_labels({"b": "Bee"}, pa.table({"item_id": ["a", "b"], "tag": ["x", "y"]}))


@pytest.fixture(scope="module")
def plays() -> dc.Interactions:
    return dc.generate_world(n_users=60, n_items=100, items_per_user=10, seed=3).plays


@pytest.fixture(scope="module", params=[1, 3])
def model(request, plays) -> dc.PersonaModel:
    return dc.PersonaNMF(n_factors=6, n_personas=request.param, base_epochs=3).fit(plays)


def test_plays_of_a_user_leave_with_what_only_they_played():
    left = small_plays().without("ada")
    assert left.user_ids.values.to_pylist() == ["bob", "cleo"]
    assert left.item_ids.values.to_pylist() == ["b", "c", "e"]
    np.testing.assert_array_equal(left.to_csr().toarray(), [[2, 0, 5], [7, 1, 0]])
    np.testing.assert_array_equal(left.dislikes.to_csr().toarray(), [[0, 4, 0], [0, 0, 0]])
    assert left.labels.names.to_pylist() == ["Bee", "c", "e"]
    assert left.item_listeners.tolist() == [2, 1, 1]


def test_dislikes_end_with_the_last_user_who_had_some():
    left = small_plays().without(["ada", "bob"])
    assert left.dislikes is None
    np.testing.assert_array_equal(left.to_csr().toarray(), [[7, 1]])


def test_times_stay_with_their_pairs():
    table = pa.table({"user": ["ada", "bob", "bob"], "item": ["x", "x", "y"], "time": [10, 20, 30]})
    left = dc.read_plays(table, user="user", item="item", time="time").without("ada")
    assert left.last_played.tolist() == [20, 30]


def test_other_users_of_a_model_keep_everything(model, plays):
    users = model.user_ids.values.to_pylist()
    gone = [users[0], users[7], users[-1]]
    left = model.without(gone)
    kept = [user for user in users if user not in gone]
    assert left.user_ids.values.to_pylist() == kept
    assert left.item_factors is model.item_factors
    before, after = model.recommend(kept, k=5), left.recommend(kept, k=5)
    assert before.equals(after)
    for user in (kept[0], kept[-1]):
        assert model.personas(user).equals(left.personas(user))


def test_counts_of_a_model_are_those_of_the_users_who_are_left(model, plays):
    gone = model.user_ids.values[3].as_py()
    left, expected = model.without(gone), plays.keep_pairs(plays.user_of_pair() != 3).align_items(plays.item_ids)
    assert left.n_listeners == plays.n_users - 1
    np.testing.assert_array_equal(left.item_listeners, expected.item_listeners)
    np.testing.assert_array_equal(left.item_plays, expected.item_plays)
    np.testing.assert_array_equal(left.seen.to_csr().toarray(), np.delete(plays.to_csr().toarray(), 3, axis=0))


def test_what_is_left_is_saved_loaded_and_used(model, tmp_path):
    left = model.without([model.user_ids.values[index].as_py() for index in range(50)])
    left.save(tmp_path / "left.safetensors")
    loaded = dc.load(tmp_path / "left.safetensors")
    for rarity in (0.0, 1.0):
        assert loaded.recommend(k=5, rarity=rarity).equals(left.recommend(k=5, rarity=rarity))
        assert np.isfinite(loaded.recommend(k=5, rarity=rarity)["score"]).all()
    assert loaded.fold_in({model.item_ids.values[0].as_py(): 3}).recommend(k=5).num_rows == 5
    assert not (tmp_path / "left.safetensors").read_bytes().count(model.user_ids.values[0].as_py().encode())


def test_counts_of_users_who_were_folded_in_are_left_alone(model, plays, caplog):
    visitors = model.fold_in(plays.keep_pairs(plays.user_of_pair() < 5))
    left = visitors.without(visitors.user_ids.values[0].as_py())
    assert len(left.user_ids) == 4
    np.testing.assert_array_equal(left.item_listeners, model.item_listeners)
    assert "they are not of the users of this model" in caplog.text


def test_users_who_are_not_there_are_named(model):
    for data in (model, model.seen):
        with pytest.raises(UnknownIdError, match=r"There is no user 'nobody' among 60 users"):
            data.without(["nobody", model.user_ids.values[0].as_py()])
        with pytest.raises(UnknownIdError, match=r"7 of these users are not among 60: '0', '1', '2', '3', '4' and"):
            data.without([str(index) for index in range(7)])
        with pytest.raises(DataError, match="Of 60 users, none would be left"):
            data.without(model.user_ids.values.to_pylist())


def test_the_command_forgets_in_models_and_plays(model, plays, tmp_path):
    users = plays.user_ids.values.to_pylist()
    model.save(tmp_path / "model.safetensors")
    plays.save(tmp_path / "plays.safetensors")
    for name in ("model", "plays"):
        path = str(tmp_path / f"{name}.safetensors")
        result = CliRunner().invoke(app, ["forget", path, users[0], users[2], "-o", path, "--force"])
        assert result.exit_code == 0, result.output
        assert "2 users forgotten, 58 left." in result.output
    assert dc.load(tmp_path / "model.safetensors").n_listeners == 58
    assert dc.Interactions.load(tmp_path / "plays.safetensors").n_users == 58
    table = str(tmp_path / "left.csv")
    result = CliRunner().invoke(app, ["forget", str(tmp_path / "plays.safetensors"), users[1], "-o", table])
    assert result.exit_code == 0, result.output
    assert users[1] not in (tmp_path / "left.csv").read_text(encoding="utf-8")


def test_the_command_changes_nothing_for_users_who_are_not_there(model, tmp_path):
    path = tmp_path / "model.safetensors"
    model.save(path)
    before = path.read_bytes()
    result = CliRunner().invoke(app, ["forget", str(path), "nobody", "-o", str(path), "--force"])
    assert result.exit_code == 1
    assert "There is no user 'nobody'" in result.output
    assert path.read_bytes() == before
