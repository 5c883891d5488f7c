"""Plays, a session and a shelf that the tests of Spark share: small blocks, so that few users are many units."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import deepcuts as dc
from deepcuts.kernels import threads
from deepcuts.model.training import user_sums

BLOCK = 256  # users of a block, in place of 8,192
SETTINGS = {"n_factors": 8, "n_personas": 3, "base_epochs": 4, "tolerance": 0.0}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have one process run all tests of this folder: it starts Java and fills the shelf once."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.xdist_group("spark"))


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """A session on two cores of this machine; tests are skipped where there is no Java."""
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java 17: make spark")
    from pyspark.sql import SparkSession

    from deepcuts.baselines.spark_als import LOCAL, prepare

    prepare()
    builder = SparkSession.builder.master("local[2]").appName("tests")
    for name, value in (LOCAL | {"spark.sql.shuffle.partitions": "2"}).items():
        builder = builder.config(name, value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pandas, which nothing here uses
        session = builder.getOrCreate()
    yield session
    session.stop()


@pytest.fixture(scope="session", autouse=True)
def small_blocks() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for module in (threads, user_sums):
            patch.setattr(module, "BLOCK_ROWS", BLOCK)
        yield


@pytest.fixture(scope="session")
def plays() -> dc.Interactions:
    return dc.generate_world(n_users=2_000, n_items=240, items_per_user=12, seed=3).plays


@pytest.fixture(scope="session")
def shelf(spark: Any, plays: dc.Interactions, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shelf of these plays, whose rows came in disorder."""
    from deepcuts import spark as on_spark

    folder = tmp_path_factory.mktemp("shelf")
    write(folder / "plays.parquet", plays.to_arrow())
    columns = {"user": "user_id", "item": "item_id", "plays": "plays"}
    on_spark.ingest(str(folder / "plays.parquet"), **columns, shelf=str(folder / "shelf"))
    return folder / "shelf"


def write(path: Path, table: pa.Table) -> None:
    pq.write_table(table.take(np.random.default_rng(0).permutation(len(table))), path)


@pytest.fixture
def collected(spark: Any, monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], int]]:
    """Columns, and the number of rows, of all that comes to the driver while a test runs."""
    found: list[tuple[list[str], int]] = []
    kind = type(spark.range(1))
    collect = kind.toArrow

    def noted(frame: Any) -> pa.Table:
        table = collect(frame)
        found.append((table.column_names, len(table)))
        return table

    monkeypatch.setattr(kind, "toArrow", noted)
    return found


def most_users(collected: list[tuple[list[str], int]]) -> int:
    """The most rows with a user that came to the driver at once."""
    return max((n for columns, n in collected if "user" in columns), default=0)
