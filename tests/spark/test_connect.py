"""Every call over Spark Connect gives what one machine does."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest

from deepcuts.baselines.spark_als import LOCAL
from spark.cluster import CLUSTER
from spark.conftest import FEW_PARTS, write
from spark.every_call import assert_local

pytestmark = pytest.mark.slow

TESTS = Path(__file__).parents[1]
STARTS = 300  # seconds within which a server answers


@pytest.fixture(scope="module")
def server(spark) -> Iterator[str]:
    """Address of a server on loopback, with a cluster of two executors behind it."""
    for module in ("grpc", "grpc_status", "google.rpc", "zstandard"):
        pytest.importorskip(module, reason="needs the extra: pip install 'deepcuts[spark-connect]'")
    import pyspark

    home = Path(pyspark.__file__).parent
    host, port = LOCAL["spark.driver.host"], _free_port()
    own = {"spark.connect.grpc.binding.address": host, "spark.connect.grpc.binding.port": str(port)}
    settings = (f"{name}={value}" for name, value in {**LOCAL, **FEW_PARTS, **own}.items())
    words = ["--master", CLUSTER, *(word for setting in settings for word in ("--conf", setting))]
    started = subprocess.Popen(
        [home / "bin" / "spark-submit", "--class", "org.apache.spark.sql.connect.service.SparkConnectServer", *words],
        env=os.environ | {"SPARK_CONNECT_MODE": "0", "SPARK_LOCAL_IP": host, "PYSPARK_PYTHON": sys.executable},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(host, port)
        yield f"sc://{host}:{port}"
    finally:
        started.terminate()
        started.wait(timeout=60)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind((LOCAL["spark.driver.host"], 0))
        return int(free.getsockname()[1])


def _wait(host: str, port: int) -> None:
    end = monotonic() + STARTS
    while monotonic() < end:
        with socket.socket() as client:
            if client.connect_ex((host, port)) == 0:
                return
        sleep(0.2)
    raise AssertionError("the server did not start")


def run(*words: object, **env: str) -> str:
    paths = os.pathsep.join(filter(None, [str(TESTS), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, "-m", *map(str, words)],
        check=False,
        env=os.environ | {"PYTHONPATH": paths} | env,
        capture_output=True,
        text=True,
        timeout=1_200,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    return done.stdout


@pytest.fixture(scope="module")
def folder(server, plays, tmp_path_factory) -> Path:
    """What all calls have left."""
    folder = tmp_path_factory.mktemp("connected")
    write(folder / "plays.parquet", plays.to_arrow())
    run("spark.every_call", folder, server)
    return folder


def test_all_calls_over_a_session_of_connect_are_those_of_one_machine(folder, plays):
    assert_local(folder, plays)


def test_commands_work_over_connect_where_the_environment_names_a_server(folder, server):
    words = ("evaluate", folder / "lists", "--shelf", folder / "train", "--metrics", "recall@20", "--json")
    figures = json.loads(run("deepcuts", "spark", *words, SPARK_REMOTE=server))
    assert figures["recall@20"] == json.loads((folder / "found.json").read_text())["figures"]["recall@20"]
