"""What stands between Spark and this library: its rows, its session, its Java."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from deepcuts.baselines.peers import import_peer
from deepcuts.baselines.spark_als import factor_matrix
from deepcuts.errors import MissingExtraError
from waiting import PATIENCE

TESTS = Path(__file__).parents[1]
NO_JAVA = """
import deepcuts as dc
from deepcuts.baselines import SparkALS
from deepcuts.errors import MissingExtraError
try:
    SparkALS(n_factors=2).fit(dc.generate_world(20, 50, items_per_user=5, n_scenes=5).plays)
except MissingExtraError as error:
    print(error)
"""
NO_CONNECT = """
import sys
sys.modules["grpc"] = None
from deepcuts.baselines.spark_als import spark_session
from deepcuts.errors import MissingExtraError
try:
    spark_session().__enter__()
except MissingExtraError as error:
    print(error)
"""
LOOPBACK = {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}


def test_factors_are_laid_out_by_id_and_missing_rows_are_zero():
    features = pa.array([[1.0, 2.0], [3.0, 4.0]], pa.list_(pa.float32()))
    table = pa.table({"id": pa.array([2, 0], pa.int32()), "features": features})
    np.testing.assert_array_equal(factor_matrix(table, 3, 2), [[3, 4], [0, 0], [1, 2]])


def test_a_missing_spark_says_what_to_install():
    with pytest.raises(MissingExtraError) as caught:
        import_peer("a_spark_that_nobody_has.sql", "spark")
    assert str(caught.value) == "a_spark_that_nobody_has is not installed. Run: pip install 'deepcuts[spark]'"


@pytest.mark.slow
def test_a_missing_java_is_told(tmp_path):
    pytest.importorskip("pyspark", reason="needs the extra: pip install 'deepcuts[spark]'")
    done = subprocess.run(
        [sys.executable, "-c", NO_JAVA],
        env={**os.environ, "JAVA_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    assert "Spark did not start" in done.stdout
    assert "It needs Java 17 or later" in done.stdout


@pytest.mark.slow
def test_what_spark_connect_needs_is_told(tmp_path):
    pytest.importorskip("pyspark", reason="needs the extra: pip install 'deepcuts[spark]'")
    (tmp_path / "main.py").write_text(NO_CONNECT)  # PySpark takes a main module without a file for its doctests
    done = subprocess.run(
        [sys.executable, str(tmp_path / "main.py")],
        env={**os.environ, "SPARK_REMOTE": "sc://127.0.0.1:1"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    assert done.stdout == "What Spark Connect needs is not installed. Run: pip install 'deepcuts[spark-connect]'\n"


def listening(*master: str) -> str:
    """Return what a session listens on; a cluster that does not come up on a busy machine is begun once more."""
    paths = os.pathsep.join(filter(None, [str(TESTS), os.environ.get("PYTHONPATH")]))
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-m", "baselines.listening", *master],
            env={**os.environ, "PYTHONPATH": paths},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if done.returncode == 0:
            return done.stdout
    raise AssertionError(done.stderr[-4000:])


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize(("master", "n_java"), [((), 1), (("local-cluster[1,1,1024]",), 2)])
def test_nothing_of_spark_listens_beyond_this_machine(master, n_java):
    pytest.importorskip("pyspark", reason="needs the extra: pip install 'deepcuts[spark]'")
    number, *addresses = listening(*master).split()
    assert int(number) == n_java  # of the driver, and of executors where these are processes of their own
    assert addresses
    assert set(addresses) <= LOOPBACK
