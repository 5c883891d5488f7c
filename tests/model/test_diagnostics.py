"""What a collapse of personas would show in."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

import deepcuts as dc
from deepcuts.cli.main import app
from deepcuts.model import diagnostics
from deepcuts.model.diagnostics import COLLAPSED, pairwise_cosines


@pytest.fixture(scope="module")
def model() -> dc.PersonaModel:
    plays = dc.generate_world(n_users=150, n_items=200, items_per_user=20, seed=3).plays
    return dc.PersonaNMF(n_factors=8, n_personas=4, base_epochs=5).fit(plays, seed=1)


def test_figures_by_hand(model):
    found = model.diagnostics()
    bounds = list(zip(model.persona_indptr[:-1], model.persona_indptr[1:], strict=True))
    shares = [model.persona_shares[first:last].astype(float) for first, last in bounds]
    cosines = []
    for first, last in bounds:
        rows = model.persona_factors[first:last].astype(float)
        ways = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        cosines.append((ways @ ways.T)[np.triu_indices(len(rows), 1)])
    assert found.n_personas == len(model.persona_shares)
    assert sum(found.users_by_number.values()) == 150
    assert sum(number * n for number, n in found.users_by_number.items()) == found.n_personas
    assert found.effective_personas == pytest.approx(np.mean([np.exp(-own @ np.log(own)) for own in shares]), rel=1e-5)
    assert found.dominant_share == pytest.approx(np.mean([own.max() for own in shares]), rel=1e-5)
    assert found.mean_cosine == pytest.approx(np.mean([own.mean() for own in cosines if len(own)]), rel=1e-5)
    assert found.n_alike == np.sum(np.concatenate(cosines) >= COLLAPSED)
    longest = np.minimum(4, np.floor(np.log2(np.diff(model.seen.indptr))))
    assert found.n_dropped == longest.sum() - found.n_personas
    assert found.n_empty == 0


def test_rows_under_the_persona_that_scores_them_highest_are_counted(model):
    right = []
    for row in model.recommend(k=20).to_pylist():
        first, last = bounds = model.persona_indptr[model.user_ids.index_of(row["user_id"]) :][:2]
        scores = model.persona_factors[slice(*bounds)] @ model.item_factors[model.item_ids.index_of(row["item_id"])]
        right += [scores[row["persona"]] >= scores.max() - 1e-6] if last - first > 1 else []
    assert 0.5 < np.mean(right) < 1
    assert model.diagnostics().under_best == pytest.approx(np.mean(right), abs=2e-3)
    assert math.isnan(model.base.diagnostics().under_best)


def test_a_collapse_shows(model):
    """All personas of a user are made the same, or nothing."""
    user_of_row = np.repeat(np.arange(150), np.diff(model.persona_indptr))
    same = replace(
        model, user_personas=replace(model.user_personas, persona_factors=model.user_personas.base_factors[user_of_row])
    )
    nothing = replace(
        model, user_personas=replace(model.user_personas, persona_factors=np.zeros_like(model.persona_factors))
    )
    n_pairs = sum(n * number * (number - 1) // 2 for number, n in model.diagnostics().users_by_number.items())
    assert same.diagnostics().mean_cosine == pytest.approx(1, abs=1e-5)
    assert same.diagnostics().n_alike == n_pairs
    assert nothing.diagnostics().n_empty == len(user_of_row)


def test_cosines_do_not_depend_on_the_blocks_of_users(model, monkeypatch):
    at_once = pairwise_cosines(model.persona_factors, model.persona_indptr)
    monkeypatch.setattr(diagnostics, "_BLOCK_USERS", 7)
    in_blocks = pairwise_cosines(model.persona_factors, model.persona_indptr)
    orders = [np.lexsort((cosines, users)) for cosines, users in (at_once, in_blocks)]
    for one, other in zip(at_once, in_blocks, strict=True):
        np.testing.assert_array_equal(one[orders[0]], other[orders[1]])


def test_one_persona_has_no_pairs(model):
    found = model.base.diagnostics()
    assert np.isnan(found.mean_cosine)
    assert (found.users_by_number, found.n_alike, found.dominant_share) == ({1: 150}, 0, 1)


def test_info_shows_them(model, tmp_path):
    for source, cosine in ((model, model.diagnostics().mean_cosine), (model.base, None)):
        source.save(tmp_path / "model.safetensors", force=True)
        result = CliRunner().invoke(app, ["info", str(tmp_path / "model.safetensors"), "--json"])
        personas = json.loads(result.stdout)["personas"]
        assert personas["mean_cosine"] == cosine
        assert personas["dominant_share"] == source.diagnostics().dominant_share


def test_hits_are_counted_by_persona(tmp_path):
    plays = dc.generate_world(n_users=150, n_items=200, items_per_user=20, seed=3).plays
    train, holdout = dc.split_holdout(plays, fraction=0.2, seed=0)
    model = dc.PersonaNMF(n_factors=8, n_personas=4, base_epochs=5).fit(train, seed=1)
    held_out = set(zip(*(holdout.to_arrow()[name].to_pylist() for name in ("user_id", "item_id")), strict=True))
    hits = [row["persona"] for row in model.recommend(k=20).to_pylist() if (row["user_id"], row["item_id"]) in held_out]
    share = np.mean(np.array(hits) > 0)
    assert 0 < share < 1
    assert model.diagnostics(holdout).nondominant_hits == pytest.approx(share)
    assert model.diagnostics().nondominant_hits is None
    assert model.base.diagnostics(holdout).nondominant_hits == 0

    model.save(tmp_path / "m.safetensors")
    holdout.save(tmp_path / "h.safetensors")
    command = ["info", str(tmp_path / "m.safetensors"), "--holdout", str(tmp_path / "h.safetensors"), "--json"]
    shown = json.loads(CliRunner().invoke(app, command).stdout)
    assert shown["personas"]["nondominant_hits"] == pytest.approx(share)


def test_plays_have_no_personas_to_hit(tmp_path):
    plays = dc.generate_world(n_users=20, n_items=200, items_per_user=10, seed=3).plays
    plays.save(tmp_path / "p.safetensors")
    result = CliRunner().invoke(app, ["info", str(tmp_path / "p.safetensors"), "--holdout", "h.parquet"])
    assert result.exit_code == 2
    assert "holds plays. Give --holdout with a model." in " ".join(result.stderr.split())
