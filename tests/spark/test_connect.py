"""Every call over Spark Connect gives what one machine does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import deepcuts as dc
from deepcuts.data.named_draws import split_by_name
from shelf.small import SETTINGS, has_lists
from spark.conftest import write

pytestmark = pytest.mark.slow


def test_all_calls_over_a_session_of_connect_are_those_of_one_machine(plays, tmp_path):
    for module in ("grpc", "grpc_status", "google.rpc", "zstandard"):
        pytest.importorskip(module, reason="Spark Connect needs more: pip install 'pyspark[connect]'")
    write(tmp_path / "plays.parquet", plays.to_arrow())
    paths = os.pathsep.join(filter(None, [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH")]))
    run = subprocess.run(
        [sys.executable, "-m", "spark.connected", str(tmp_path)],
        check=False,
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=1_200,
    )
    assert run.returncode == 0, run.stderr[-2_000:]
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["few"] == [2, 2, 3]
    assert "plays are negative (3 rows)" in found["refused"]
    train, holdout = split_by_name(plays, fraction=0.25, seed=7)
    local = dc.PersonaNMF(**SETTINGS).fit(train, seed=1)
    assert found["losses"] == [epoch.loss for epoch in local.epochs]
    lists = local.recommend(k=20)
    assert has_lists(tmp_path / "lists", lists)
    assert found["recall@20"] == pytest.approx(dc.evaluate(lists, train, holdout, {"recall": [20]})["recall@20"])
    some = dc.load(tmp_path / "model.safetensors")
    user = str(some.user_ids[0])
    assert some.recommend(user, k=5).equals(local.recommend(user, k=5))
    assert 0.15 * plays.n_users < dc.Interactions.load(tmp_path / "sample.safetensors").n_users < 0.25 * plays.n_users
