"""Items may be called by their names, where they have some."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

import deepcuts as dc
from deepcuts.cli.main import app


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    plays = dc.generate_world(n_users=60, n_items=300, seed=0).plays
    popular = plays.item_ids.values[int(plays.item_listeners.argmax())].as_py()
    rare = plays.item_ids.values[int(plays.item_listeners.argmin())].as_py()
    path = tmp_path_factory.mktemp("names") / "model.safetensors"
    named = plays.with_labels({popular: "Sigur Rós", rare: "Sigur Rós"})
    dc.PersonaNMF(n_factors=4, n_personas=2).fit(named, seed=0).save(path)
    return path


def similar(model: Path, item: str) -> object:
    return CliRunner().invoke(app, ["similar", str(model), item, "-k", "3", "--json"])


def test_of_two_items_of_one_name_the_better_known_is_meant(model):
    loaded = dc.load(model)
    popular = loaded.item_ids.values[int(loaded.item_listeners.argmax())].as_py()
    assert similar(model, "sigur RÓS").stdout == similar(model, popular).stdout != ""


def test_a_name_spelt_wrongly_is_put_right(model):
    result = similar(model, "Sigur Ros")
    assert result.exit_code == 1
    assert "by id or by name. Did you mean 'Sigur Rós'" in " ".join(result.stderr.split())
