"""Plays, a session and a shelf that the tests of Spark share: small blocks, so that few users are many units."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import deepcuts as dc
from shelf.small import N_USERS, few_rows_a_block

FEW_PARTS = {  # and less to compile: the plays are few
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.adaptive.enabled": "false",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.executorEnv.AWS_EC2_METADATA_DISABLED": "true",  # or the client of S3 asks for credentials elsewhere
}


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """A session on two cores of this machine; tests are skipped where there is no Java."""
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java 17: make spark")
    from pyspark.sql import SparkSession

    from deepcuts.baselines.spark_als import LOCAL, prepare

    prepare()
    builder = SparkSession.builder.master("local[2]").appName("tests")
    for name, value in (LOCAL | FEW_PARTS).items():
        builder = builder.config(name, value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pandas, which nothing here uses
        session = builder.getOrCreate()
    yield session
    session.stop()


@pytest.fixture(scope="module", autouse=True)
def small_blocks() -> Iterator[None]:
    """Tests of other folders, which the same process may run, have the blocks that they expect."""
    with few_rows_a_block():
        yield


@pytest.fixture(scope="session")
def plays() -> dc.Interactions:
    return dc.generate_world(n_users=N_USERS, n_items=240, items_per_user=12, seed=3).plays


@pytest.fixture(scope="session")
def shelf(spark: Any, plays: dc.Interactions, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shelf of these plays, whose rows came in disorder."""
    from deepcuts import spark as on_spark

    folder = tmp_path_factory.mktemp("shelf")
    write(folder / "plays.parquet", plays.to_arrow())
    columns = {"user": "user_id", "item": "item_id", "plays": "plays"}
    with few_rows_a_block():
        on_spark.ingest(str(folder / "plays.parquet"), **columns, shelf=str(folder / "shelf"))
    return folder / "shelf"


def write(path: Path, table: pa.Table) -> None:
    pq.write_table(table.take(np.random.default_rng(0).permutation(len(table))), path)


def assert_same(found: dc.Interactions | None, expected: dc.Interactions | None) -> None:
    """Check that plays are the same to the bit."""
    assert (found is None) == (expected is None)
    if found is None or expected is None:
        return
    assert found.user_ids.values.equals(expected.user_ids.values)
    assert found.item_ids.values.equals(expected.item_ids.values)
    for name in ("indptr", "indices", "plays"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), err_msg=name)
    assert_same(found.dislikes, expected.dislikes)


@pytest.fixture(scope="session")
def collected(spark: Any) -> Iterator[list[int]]:
    """Bytes of all that has come to the driver in this session, which only one method brings."""
    found: list[int] = []
    kind = type(spark.range(1))
    collect = kind.toArrow

    def noted(frame: Any) -> pa.Table:
        table = collect(frame)
        found.append(table.nbytes)
        return table

    def refused(*_: object) -> None:
        raise AssertionError("rows came to the driver by another method than toArrow")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kind, "toArrow", noted)
        for name in ("collect", "toPandas", "toLocalIterator", "take", "head", "first", "tail"):
            patch.setattr(kind, name, refused)
        yield found


@contextmanager
def no_users_collected(collected: list[int], most: int = 16 * N_USERS) -> Iterator[None]:
    """Check that nothing that comes to the driver within the block has as many bytes as the names of all users."""
    before = len(collected)
    yield
    assert len(collected) > before
    print("COLLECTED", collected[before:])
    assert max(collected[before:]) <= most
