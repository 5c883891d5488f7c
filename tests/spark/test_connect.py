"""Every call over Spark Connect gives what one machine does."""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from deepcuts.baselines.spark_als import LOCAL
from logged_process import logged
from spark.cluster import CLUSTER
from spark.conftest import FEW_PARTS, write
from spark.every_call import assert_local
from waiting import wait_until

pytestmark = pytest.mark.slow

TESTS = Path(__file__).parents[1]
SERVER = "org.apache.spark.sql.connect.service.SparkConnectServer"
NOT_OUTGOING = range(20_000, 30_000)  # ports that systems leave to those who ask for them


@pytest.fixture(scope="module")
def server(spark) -> Iterator[str]:
    """Address of a server on loopback, with a cluster of two executors behind it."""
    for module in ("grpc", "grpc_status", "google.rpc", "zstandard"):
        pytest.importorskip(module, reason="needs the extra: pip install 'deepcuts[spark-connect]'")
    import pyspark

    home = Path(pyspark.__file__).parent
    host = LOCAL["spark.driver.host"]
    port = _free_port(host)
    own = {"spark.connect.grpc.binding.address": host, "spark.connect.grpc.binding.port": str(port)}
    settings = (f"{name}={value}" for name, value in {**LOCAL, **FEW_PARTS, **own}.items())
    words = ["--master", CLUSTER, *(word for setting in settings for word in ("--conf", setting))]
    with logged(
        [str(home / "bin" / "spark-submit"), "--class", SERVER, *words],
        env=os.environ | {"SPARK_CONNECT_MODE": "0", "SPARK_LOCAL_IP": host, "PYSPARK_PYTHON": sys.executable},
        stdout=subprocess.DEVNULL,
    ) as started:
        wait_until(lambda: _listens(host, port) or started.poll() is not None)
        assert started.poll() is None, "".join(started.all_lines())
        yield f"sc://{host}:{port}"


def _free_port(host: str) -> int:
    """A port on which nothing listens, and that no outgoing connection gets before the server has it."""
    for port in random.sample(NOT_OUTGOING, 100):
        with socket.socket() as free, suppress(OSError):
            free.bind((host, port))
            return port
    raise AssertionError("no port is free")


def _listens(host: str, port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex((host, port)) == 0


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
