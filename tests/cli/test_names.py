"""Items may be called by their names, where they have some."""

import json
from pathlib import Path

import pyarrow.csv
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


def test_that_several_items_have_a_name_is_said_once(model):
    loaded = dc.load(model)
    popular = loaded.item_ids[int(loaded.item_listeners.argmax())]
    said = " ".join(similar(model, "Sigur Rós").stderr.split())
    assert f"2 items are called 'Sigur Rós'; that with the id '{popular}' is meant" in said
    assert said.count("are called") == 1


def test_lists_have_names_in_json_and_in_files(model, tmp_path):
    def run(*arguments: object) -> str:
        result = CliRunner().invoke(app, ["recommend", str(model), *map(str, arguments)])
        assert result.exit_code == 0, result.output
        return result.stdout

    user = dc.load(model).user_ids[0]
    rows = json.loads(run("--user", user, "-k", 5, "--json"))
    assert list(rows[0]) == ["user_id", "item_id", "name", "rank", "score", "persona"]
    run("-k", 5, "-o", tmp_path / "lists.csv")
    table = pyarrow.csv.read_csv(tmp_path / "lists.csv")
    assert table.column_names == list(rows[0])
    assert [row["name"] for row in rows] == table["name"].to_pylist()[:5]


def test_histories_and_filters_take_names(model, tmp_path):
    loaded = dc.load(model)
    popular, other = (loaded.item_ids[int(index)] for index in loaded.item_listeners.argsort()[[-1, -2]])
    history = tmp_path / "plays.tsv"
    listed = []
    for text in (popular, "sigur rós"):
        history.write_text(f"{text}\t5\n{other}\t2\n", encoding="utf-8")
        arguments = ["recommend", str(model), "--history", str(history), "-k", "5", "--json", "--deny", text]
        listed.append(CliRunner().invoke(app, arguments).stdout)
    assert listed[0] == listed[1] != ""


def test_a_name_spelt_wrongly_is_put_right(model):
    result = similar(model, "Sigur Ros")
    assert result.exit_code == 1
    assert "by id or by name. Did you mean 'Sigur Rós'" in " ".join(result.stderr.split())
