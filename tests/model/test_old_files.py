"""Files that version 0.1 has written load, and give the lists that they gave then."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import deepcuts as dc

FILES = Path(__file__).parents[1] / "files" / "version-0.1"
MODELS = ("personas", "one-persona")


@pytest.fixture(scope="module")
def given() -> dict[str, dict[str, object]]:
    return json.loads((FILES / "lists.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module", params=MODELS)
def name(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def model(name) -> dc.PersonaModel:
    return dc.load(FILES / f"{name}.safetensors")


def assert_lists(table: pa.Table, expected: dict[str, list[tuple[str, int, float]]]) -> None:
    """Compare users, items, ranks and personas exactly, scores up to rounding."""
    rows = table.to_pylist()
    ranked = [(user, item, persona) for user, items in expected.items() for item, persona, _ in items]
    assert [(row["user_id"], row["item_id"], row["persona"]) for row in rows] == ranked
    scores = [score for items in expected.values() for _, _, score in items]
    assert [row["score"] for row in rows] == pytest.approx(scores, rel=1e-3)


def test_a_model_gives_the_lists_it_gave(model, name, given):
    assert_lists(model.recommend(k=5, base_weight=0), given["lists"][name])
    assert_lists(
        model.recommend(k=5, strength=1.0, dial="shift", base_weight=0, base_lean=0), given["rare lists"][name]
    )


def test_a_visitor_is_given_the_list_they_were_given(model, name, given):
    assert_lists(model.fold_in(given["history"]).recommend(k=5, base_weight=0), given["visitor"][name])


def test_personas_are_named_by_the_artists_that_named_them(given):
    model = dc.load(FILES / "personas.safetensors")
    for user, names in given["persona names"].items():
        for name, before in zip(model.persona_names(user), names, strict=True):
            assert before.partition(" · ")[2] in name


def test_only_the_model_that_was_drawn_has_a_map():
    drawn, plain = (dc.load(FILES / f"{name}.safetensors") for name in MODELS)
    assert sorted(drawn.item_map.items.tolist()) == list(range(60))
    assert plain.item_map is None


def test_plays_are_what_they_were(given):
    plays, expected = dc.Interactions.load(FILES / "interactions.safetensors"), given["plays"]
    assert (plays.n_pairs, plays.dislikes.n_pairs) == (expected["n_pairs"], expected["n_dislikes"])
    assert plays.plays.sum(dtype=np.float64) == expected["sum"]
    assert plays.item_names(np.arange(3)).to_pylist() == expected["names"]
    assert plays.labels.n_tags == 3


def test_an_old_model_is_written_again_as_it_was(model, tmp_path):
    model.save(tmp_path / "again.safetensors")
    again = dc.load(tmp_path / "again.safetensors")
    assert again.settings == model.settings
    assert again.settings.unobserved_exponent == 0
    assert again.settings.settled_unobserved_scale == again.settings.settled_regularization_scale == 1
    assert again.epochs == model.epochs
    assert again.item_side.scale == model.item_side.scale
    np.testing.assert_array_equal(again.item_side.user_factor_sum, model.item_side.user_factor_sum)
    np.testing.assert_array_equal(again.persona_factors, model.persona_factors)
    assert again.seen.dislikes.n_pairs == model.seen.dislikes.n_pairs


def test_an_old_model_learns_from_old_plays(model):
    """The training data of the model is that of the file of plays: folded in, it gives the same factors."""
    plays = dc.Interactions.load(FILES / "interactions.safetensors")
    np.testing.assert_allclose(model.fold_in(plays).persona_factors, model.persona_factors, rtol=1e-3, atol=1e-5)
