"""What is said of a model's personas is the same number wherever it is shown: `info`, the report, the page."""

from __future__ import annotations

import json

import numpy as np
import pytest
from typer.testing import CliRunner

import deepcuts as dc
from deepcuts.cli.main import app
from deepcuts.evaluation import describe_personas
from deepcuts.report.personas import persona_facts
from deepcuts.web.page.state.model_figures import effective_persona_lines, mean_persona_sizes


@pytest.fixture(scope="module")
def model() -> dc.PersonaModel:
    """A model with pairs of personas on both sides of every line that could be drawn for a collapse."""
    plays = dc.generate_world(n_users=300, n_items=200, items_per_user=25, seed=3).plays
    model = dc.PersonaNMF(n_factors=8, n_personas=4, base_epochs=10, lean=4.0).fit(plays, seed=1)
    assert model.diagnostics().n_alike > 0
    return model


@pytest.fixture(scope="module")
def info(model, tmp_path_factory) -> dict[str, float]:
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    model.save(path)
    return json.loads(CliRunner().invoke(app, ["info", str(path), "--json"]).stdout)["personas"]


def test_collapsed_pairs_are_the_same_in_info_and_report(model, info):
    facts = persona_facts(model, None)
    assert info["pairs_alike"] == facts.n_collapsed == model.diagnostics().n_alike
    assert 0 < facts.n_collapsed < facts.n_pairs


def test_effective_personas_are_the_same_in_info_report_page_and_evaluation(model, info):
    facts = persona_facts(model, None)
    each = describe_personas(model.seen, model.user_personas.personas)["effective_personas"].to_numpy()
    assert facts.mean_effective == info["effective_per_user"]
    assert np.mean(each) == pytest.approx(info["effective_per_user"], rel=1e-6)
    edges = np.linspace(1, max(facts.effective[-1], 1.5), 25)
    shown = np.array(effective_persona_lines(model)[0].points)
    np.testing.assert_array_equal(shown[:, 0], edges[:-1])
    np.testing.assert_allclose(shown[:, 1], np.histogram(each, edges)[0] / len(each), atol=1 / len(each))


def test_the_share_of_the_largest_persona_is_the_same_in_info_report_and_page(model, info):
    facts = persona_facts(model, None)
    assert facts.mean_shares[0] == pytest.approx(info["dominant_share"], rel=1e-6)
    assert mean_persona_sizes(model)[0] == pytest.approx(info["dominant_share"], rel=1e-6)
