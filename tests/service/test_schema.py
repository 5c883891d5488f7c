"""Schemathesis asks what the OpenAPI document allows, and what it does not, and finds nothing."""

from __future__ import annotations

import shutil
import string
import subprocess
import sys
from pathlib import Path

import pytest

import deepcuts as dc
from serving_help import served
from waiting import PATIENCE

SHORT_IDS = sorted(set(string.printable) - set(string.whitespace))  # which it will hit upon
# How many personas a user has, no schema can tell: their numbers beyond are refused with 422.
CONFIGURATION = """
seed = 1
[checks.negative_data_rejection]
expected-statuses = ["400", "404", "405", "409", "413", "415", "422"]
[[operations]]
include-path = "/recommend"
[operations.checks.positive_data_acceptance]
expected-statuses = ["2xx", "404", "409", "422"]
"""


@pytest.fixture
def path(tmp_path) -> Path:
    n = len(SHORT_IDS)
    plays = dc.generate_world(n_users=n, n_items=n, n_scenes=5, items_per_user=12, seed=3).plays
    plays = dc.Interactions.from_csr(plays.to_csr()[:, :n], SHORT_IDS, SHORT_IDS[: plays.n_items])
    model = dc.PersonaNMF(n_factors=8, n_personas=3, base_epochs=3).fit(plays, seed=0)
    model.save(tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors"


@pytest.mark.slow
def test_schemathesis_finds_nothing(path, tmp_path):
    (tmp_path / "schemathesis.toml").write_text(CONFIGURATION, encoding="utf-8")
    command = shutil.which("schemathesis", path=Path(sys.executable).parent)
    assert command, "schemathesis is not installed"
    with served(path) as address:
        options = ["--max-examples", "25", "--no-color", "--report-dir", str(tmp_path)]
        run = subprocess.run(
            [command, "run", f"{address}/openapi.json", *options],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=3 * PATIENCE,
            check=False,
        )
    assert run.returncode == 0, run.stdout[:5_000]
    assert "Tested: 13" in run.stdout
    assert "❌" not in run.stdout
