"""`deepcuts spark`, as it is typed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import deepcuts as dc
from deepcuts import spark as on_spark
from deepcuts.baselines.spark_als import LOCAL
from deepcuts.cli.main import app
from deepcuts.errors import OutputError
from deepcuts.shelf.training import fit
from shelf.small import Loop
from spark.conftest import write


def run(*words: object) -> str:
    result = CliRunner().invoke(app, ["spark", *map(str, words)])
    assert result.exit_code == 0, result.output
    return result.output


def told(*words: object) -> dict[str, Any]:
    result = CliRunner().invoke(app, ["spark", *map(str, words), "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_from_plays_to_figures_lists_a_model_and_a_sample(spark, plays, tmp_path):
    write(tmp_path / "plays.parquet", plays.to_arrow())
    columns = ("--user", "user_id", "--item", "item_id", "--plays", "plays")
    said = run("ingest", tmp_path / "plays.parquet", *columns, "--shelf", tmp_path / "all")
    assert f"{plays.n_pairs:,} pairs of 2,000 users and 240 items" in " ".join(said.split())
    left = told("split", "--shelf", tmp_path / "all", "--into", tmp_path / "train", "--seed", 1)
    assert left["shelf"] == str(tmp_path / "train")
    assert left["n_pairs"] < plays.n_pairs
    trained = told("train", "--shelf", tmp_path / "train", "--factors", 8, "--base-epochs", 2)
    assert trained["n_epochs"] == 2
    listed = told("recommend", "--shelf", tmp_path / "train", "-k", 10, "--rarity", 0.2, "-o", tmp_path / "lists")
    assert listed == {"output": str(tmp_path / "lists")}
    assert pq.read_table(tmp_path / "lists" / "part-00000.parquet")["rank"].to_numpy().max() == 10
    figures = told("evaluate", tmp_path / "lists", "--shelf", tmp_path / "train", "--metrics", "recall@10")
    assert figures["n_users"] > 1_000
    assert 0.1 < figures["recall@10"] < 1
    user = plays.user_ids.values[3].as_py()
    model = told("model", "--shelf", tmp_path / "train", "--user", user, "-o", tmp_path / "one.safetensors")
    assert (model["n_users"], model["n_items"]) == (1, 240)
    assert dc.load(tmp_path / "one.safetensors").recommend(user, k=3).num_rows == 3
    some = told("sample", "--shelf", tmp_path / "all", "--users", 0.2, "-o", tmp_path / "some.safetensors")
    assert 300 < dc.Interactions.load(tmp_path / "some.safetensors").n_users == some["n_users"] < 500


@pytest.mark.slow
def test_spark_submit_runs_the_command(spark, shelf, plays, tmp_path):
    import pyspark

    program, output = Path(dc.__file__).with_name("__main__.py"), tmp_path / "some.safetensors"
    words = ("spark", "sample", "--shelf", shelf, "--users", "0.2", "-o", output)
    subprocess.run(
        [Path(pyspark.__file__).parent / "bin" / "spark-submit", "--master", "local[1]", program, *words],
        env=os.environ | {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": LOCAL["spark.driver.host"]},
        capture_output=True,
        check=True,
        timeout=600,
    )
    assert 300 < dc.Interactions.load(output).n_users < 500


def test_what_is_read_is_never_written_over_even_by_force(spark, shelf, tmp_path):
    source, mine = tmp_path / "logs" / "plays.parquet", tmp_path / "shelf"
    source.parent.mkdir()
    write(source, pa.table({"user_id": ["ada"], "item_id": ["A"]}))
    shutil.copytree(shelf, mine)
    fit(Loop(), str(mine), dc.PersonaNMF(n_factors=4, n_personas=1, base_epochs=1))
    before = {path: path.read_bytes() for folder in (mine, source.parent) for path in folder.rglob("*.*")}
    columns = ("--user", "user_id", "--item", "item_id")
    for words in (
        ("ingest", source, *columns, "--shelf", source.parent),
        ("ingest", source.parent, *columns, "--shelf", source.parent / "shelf"),
        ("split", "--shelf", mine, "--into", mine),
        ("split", "--shelf", mine, "--into", tmp_path),
        ("recommend", "--shelf", mine, "-o", mine),
        ("recommend", "--shelf", mine, "-o", mine / "units"),
        ("sample", "--shelf", mine, "-o", mine / "units" / "some.parquet"),
        ("model", "--shelf", mine, "-o", mine / "units" / "unit-00000.arrow"),
    ):
        result = CliRunner().invoke(app, ["spark", *map(str, words), "--force"])
        assert result.exit_code == 1
        said = " ".join(result.output.split())
        assert "would be lost. Name another" in said or "lies in a folder that is read. Name another" in said
        assert {path: path.read_bytes() for path in before} == before
    with pytest.raises(OutputError, match="would be lost"):
        on_spark.ingest(
            spark.read.parquet(str(source)), user="user_id", item="item_id", shelf=str(source.parent), force=True
        )
    assert source.exists()


def test_a_shelf_that_is_not_there_is_named(tmp_path):
    result = CliRunner().invoke(app, ["spark", "train", "--shelf", str(tmp_path / "nothing")])
    assert result.exit_code == 1
    assert "There are no plays on the shelf" in result.output
    assert "Traceback" not in result.output
