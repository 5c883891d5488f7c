"""The command: files in, a page out, and one message for what cannot be."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import deepcuts as dc
from deepcuts.cli.main import app
from deepcuts.cli.plays_files import write_interactions


def run(*arguments: object, code: int = 0):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    return result


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Train, holdout, tags, a model of train, and one that has learnt the holdout too."""
    folder = tmp_path_factory.mktemp("world")
    world = dc.generate_world(120, 100, items_per_user=15, seed=0)
    plays = world.plays
    is_held_out = np.random.default_rng(0).random(plays.n_pairs) < 0.2
    plays.keep_pairs(~is_held_out).save(folder / "train.safetensors")
    write_interactions(folder / "holdout.parquet", plays.keep_pairs(is_held_out), force=False)
    train = dc.Interactions.load(folder / "train.safetensors")
    dc.PersonaNMF(n_factors=6).fit(train, seed=0).save(folder / "model.safetensors")
    dc.PersonaNMF(n_factors=6).fit(plays, seed=0).save(folder / "cheat.safetensors")
    scenes = [world.scene_names[scene] for scene in world.item_scenes]
    pq.write_table(pa.table({"item_id": plays.item_ids.values, "tag": scenes}), folder / "tags.parquet")
    return folder


@pytest.fixture
def given(folder):
    return ["report", folder / "model.safetensors", "--train", folder / "train.safetensors", "--holdout",
            folder / "holdout.parquet"]  # fmt: skip


def numbers(path: Path) -> dict:
    page = path.read_text(encoding="utf-8")
    return json.loads(re.search(r'id="numbers">(.*?)</script>', page, re.DOTALL)[1])


def test_a_page_and_its_numbers(folder, given, tmp_path):
    path = tmp_path / "report.html"
    lists = ["--mix", "share", "--mix", "max", "--one-persona", "--rarity", 1, "-k", 5]
    rest = ["--tags", folder / "tags.parquet", "--factors", 2, "--listener", "user 0000007"]
    options = [*lists, *rest, "--baseline", "popularity,ease:regularization=60"]
    result = run(*given, *options, "-o", path, "--json")
    found = numbers(path)
    assert json.loads(result.stdout) == found
    assert f"Saved {path}." in re.sub(r"\n", "", result.stderr)
    assert [one["name"] for one in found["contenders"]] == ["model", "mix by max", "one persona", "popularity", "EASE"]
    assert [position["rarity"] for position in found["contenders"][0]["turns"]] == [0, 1]
    assert found["accuracy"] == "recall@5"
    assert found["calibration"] == "calibration_kl@5"
    assert found["plays"]["label_source"] == "those of tags.parquet"
    assert [one["user_id"] for one in found["models"][0]["listeners"]] == ["user 0000007"]
    model, train = dc.load(folder / "model.safetensors"), dc.Interactions.load(folder / "train.safetensors")
    holdout = dc.read_plays(folder / "holdout.parquet", user="user_id", item="item_id", plays="plays")
    expected = dc.evaluate(model.recommend(k=5, rarity=1), train, holdout, {"recall": [5]}).figures["recall@5"]
    assert found["contenders"][0]["turns"][1]["figures"]["recall@5"]["mean"] == pytest.approx(expected)
    run(*given, "-o", path, code=1)
    assert numbers(path) == found


def test_several_models_are_told_apart(folder, tmp_path):
    files = [f"{name}={folder / 'model.safetensors'}" for name in ("first", "second")]
    rest = ["--train", folder / "train.safetensors", "--holdout", folder / "holdout.parquet", "-o", tmp_path / "r.html"]
    run("report", *files, *rest, "--rarity", 0, "--listeners", 0, "--quiet")
    found = numbers(tmp_path / "r.html")
    assert [one["name"] for one in found["models"]] == ["first", "second"]
    assert found["calibration"] is None
    for twice, message in (
        ([files[0]] * 2, "Two models called 'first' were trained with the seed 0"),
        ([folder / "model.safetensors"] * 2, "Two models would be named 'model'"),
    ):
        result = run("report", *twice, *rest[:-1], tmp_path / "s.html", code=2)
        assert message in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    ("options", "message", "code"),
    [
        (["-o", "report.pdf"], "report.pdf has to end in .html or .htm", 2),
        (["-o", "missing/report.html"], "there is no folder", 1),
        (["-o", "r.html", "--baseline", "best"], "There is no baseline 'best'", 2),
        (["-o", "r.html", "--baseline", "ease:colour=3"], "has no setting 'colour'", 2),
        (["-o", "r.html", "--mix", "both"], "--mix is 'both'. Give share or max.", 2),
        (["-o", "r.html", "--rarity", "9"], "A rarity is 9.0. It lies between -4 and 4", 2),
        (["-o", "r.html", "--listener", "nobody"], "nobody", 1),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_written(given, tmp_path, monkeypatch, options, message, code):
    monkeypatch.chdir(tmp_path)
    result = run(*given, *options, code=code)
    assert message in " ".join(result.stderr.split())
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_has_seen_the_holdout_is_refused(folder, given, tmp_path):
    given[1] = folder / "cheat.safetensors"
    result = run(*given, "-o", tmp_path / "report.html", code=1)
    assert "Give the plays that it was trained on" in " ".join(result.stderr.split())


def test_models_of_one_name_are_seeds_of_one_model(folder, given, tmp_path):
    train = dc.Interactions.load(folder / "train.safetensors")
    dc.PersonaNMF(n_factors=6).fit(train, seed=1).save(tmp_path / "seed1.safetensors")
    command, first, *rest = given
    named = [f"ours={first}", f"ours={tmp_path / 'seed1.safetensors'}"]
    run(command, *named, *rest, "--shown-listeners", 0, "--rarity", 0, "-o", tmp_path / "report.html")
    (ours,) = numbers(tmp_path / "report.html")["contenders"]
    assert [sorted(one) for one in ours["seeds"]] == [sorted(ours["figures"])] * 2
    assert ours["seeds"][0] != ours["seeds"][1]
