"""No command but `download` connects to anything, and no import: counted by audit events of Python and the kernel."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import typer

import asking
import deepcuts as dc
from command_line import COMMAND, import_paths
from deepcuts.cli.main import app
from faults.table import add_row
from logged_process import logged
from serving_help import wait_until_ready

HERE = Path(__file__).parent
LONG = os.environ.get("DEEPCUTS_FAULTS") == "long"
# All commands, in an order in which each finds what it reads; {} is the folder of their files.
TRAIN = ["--train", "{}/train.safetensors", "--holdout", "{}/holdout.safetensors"]
CALLS = [
    ["--version"],
    ["--help"],
    ["generate", "-o", "{}/world", "--users", "60", "--items", "120", "--items-per-user", "12"],
    ["ingest", "{}/world/plays.parquet", "--user", "1", "--item", "2", "--plays", "3", "-o", "{}/plays.safetensors"],
    ["ingest", "taste-profile", "--triplets", "{}/triplets.txt", "--by", "song", "-o", "{}/songs.safetensors"],
    ["split", "{}/plays.safetensors", "--train", "{}/train.safetensors", "--holdout", "{}/holdout.safetensors"],
    ["train", "{}/train.safetensors", "-o", "{}/model.safetensors", "--base-epochs", "2", "--persona-epochs", "1"],
    ["extend", "{}/model.safetensors", "{}/plays.safetensors", "-o", "{}/extended.safetensors"],
    ["recommend", "{}/model.safetensors", "-o", "{}/lists.csv"],
    ["evaluate", "{}/lists.csv", *TRAIN],
    ["report", "{}/model.safetensors", *TRAIN, "-o", "{}/report.html"],
    ["tune", "{}/train.safetensors", "-o", "{}/best.toml", "--trials", "1", "--set", "base_epochs=1"],
    ["compare", "{}/train.safetensors", "--baseline", "popularity", "--seeds", "1", "--resamples", "50"],
    ["me", "{}/export.tsv", "--model", "{}/model.safetensors"],
    ["personas", "{}/model.safetensors", "user 0000001"],
    ["similar", "{}/model.safetensors", "{item}"],
    ["explain", "{}/model.safetensors", "user 0000001", "{item}"],
    ["info", "{}/model.safetensors"],
    ["forget", "{}/model.safetensors", "user 0000001", "-o", "{}/without.safetensors"],
    ["demo", "--folder", "{}/demo"],
    ["warmup"],
]
SERVICES = [["serve"], ["explore", "--no-browser"], ["serve", "--workers", "2"]]
# They run until they are told to end, are to connect, or talk to a Java machine on this machine.
APART = {"serve", "explore", "download", "spark"}

pytestmark = pytest.mark.slow


def environment(noted: Path, **more: str) -> dict[str, str]:
    """Variables with which a process notes what it connects to."""
    return {**os.environ, "PYTHONPATH": import_paths(HERE / "counted"), "COUNTED_CONNECTS": str(noted), **more}


def lines_of(noted: Path) -> list[str]:
    return noted.read_text(encoding="utf-8").splitlines() if noted.exists() else []


def alone() -> list[str]:
    """What begins a command that runs without any network, where the system lets us."""
    command = ["unshare", "--map-root-user", "--net"]
    if shutil.which("unshare") and not subprocess.run([*command, "true"], capture_output=True, check=False).returncode:
        return command
    return []


def run_all(calls: list[list[str]], noted: Path, cwd: Path) -> dict[str, Any]:
    command = [*alone(), sys.executable, str(HERE / "network_commands.py")]
    ended = subprocess.run(
        command, input=json.dumps(calls), env=environment(noted), cwd=cwd, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr[-2_000:]
    report: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return {**report, "said": ended.stderr[-3_000:]}


@contextmanager
def running(arguments: list[str], noted: Path, **more: str) -> Iterator[str]:
    """A command that serves until it is told to end; yields its address."""
    with logged([*COMMAND, *arguments], env=environment(noted, **more)) as process:
        line = process.line_with("http://")
        address = line[line.index("http://") :].split()[0].rstrip("/;")
        wait_until_ready(address)
        yield address


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the commands, after all of them have run, and what they have connected to."""
    folder = tmp_path_factory.mktemp("network")
    items = dc.generate_world(60, 120, items_per_user=12).plays.item_ids.values.to_pylist()
    (folder / "export.tsv").write_text("".join(f"{item}\t4\n" for item in items[:5]), encoding="utf-8")
    triplets = (f"{n:040x}\tSOAAAAA12AB{n % 3:07}\t{n + 1}\n" for n in range(9))
    (folder / "triplets.txt").write_text("".join(triplets), encoding="utf-8")
    calls = [[word.replace("{item}", items[0]).replace("{}", str(folder)) for word in call] for call in CALLS]
    report = run_all(calls, folder / "noted", folder)
    (folder / "report.json").write_text(json.dumps(report))
    return folder


def test_no_command_connects(folder: Path) -> None:
    assert {call[0] for call in CALLS if not call[0].startswith("-")} | APART == set(
        typer.main.get_command(app).commands
    )
    report, noted = json.loads((folder / "report.json").read_text()), lines_of(folder / "noted")
    ended = {" ".join(call[:2]): status for call, status in zip(CALLS, report["statuses"], strict=True)}
    failed = {call: status for call, status in ended.items() if status}
    assert not failed, f"{failed}\n{report['said']}"
    n_connects = len(noted) + report["n_asked"]
    add_row("network", "connects of commands", len(CALLS), n_connects)
    assert not n_connects, noted


@pytest.mark.parametrize("command", SERVICES if LONG else SERVICES[:2])
def test_no_service_connects(folder: Path, tmp_path: Path, command: list[str]) -> None:
    pytest.importorskip("nicegui")
    name, *options = command
    noted = tmp_path / "noted"
    with running([name, str(folder / "model.safetensors"), "--port", "0", *options], noted) as address:
        for path in ("/healthz", "/", "/docs", "/openapi.json", "/metrics", "/items?q=a"):
            assert asking.get(address + path, follow_redirects=True).status_code in (200, 404), path
        answer = asking.post(f"{address}/recommend", json={"user": "user 0000001"})
        assert answer.status_code == 200
    add_row("network", f"connects of {' '.join(command)}", 7, len(lines_of(noted)))
    assert lines_of(noted) == []


@pytest.mark.skipif(not LONG, reason="imports are commands' as well; tried by make faults")
def test_no_import_connects(tmp_path: Path) -> None:
    code = """
import importlib, pkgutil, deepcuts
for name in deepcuts.__all__:
    getattr(deepcuts, name)
for module in pkgutil.walk_packages(deepcuts.__path__, "deepcuts."):
    try:
        importlib.import_module(module.name)
    except ModuleNotFoundError as error:  # LensKit and RecTools have environments of their own
        if error.name.partition(".")[0] not in ("lenskit", "rectools"):
            raise
"""
    noted = tmp_path / "noted"
    subprocess.run([sys.executable, "-c", code], env=environment(noted), check=True)
    add_row("network", "connects of imports", 1, len(lines_of(noted)))
    assert lines_of(noted) == []


# What is counted is counted


class _Nothing(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, *arguments: object) -> None:
        """Keep quiet."""


def download(folder: Path, noted: Path, *options: str, **more: str) -> subprocess.CompletedProcess[str]:
    pytest.importorskip("pooch")
    return subprocess.run(
        [*COMMAND, "download", "lastfm-2k", "--yes", "--folder", str(folder), *options],
        env=environment(noted, **more),
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_download_is_counted_and_refused(tmp_path: Path) -> None:
    noted = tmp_path / "noted"
    ended = download(tmp_path, noted)
    assert ended.returncode == 1
    assert "Error: " in ended.stderr
    assert "fault of deepcuts" not in ended.stderr
    assert any(line.startswith("socket.getaddrinfo 'files.grouplens.org'") for line in lines_of(noted)), lines_of(noted)


def test_a_download_from_this_machine_is_counted_where_it_is_asked_for(tmp_path: Path) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Nothing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    for more, counts in (({}, False), ({"COUNTED_LOOPBACK": "1"}, True)):
        noted = tmp_path / f"noted-{counts}"
        assert download(tmp_path, noted, "--url", url, **more).returncode == 1
        assert (f"socket.connect ('127.0.0.1', {server.server_port})" in lines_of(noted)) == counts
    server.shutdown()
    server.server_close()


@pytest.mark.skipif(not alone(), reason="needs namespaces of networks")
def test_what_is_not_pythons_is_counted_as_well(tmp_path: Path) -> None:
    code = """
import ctypes, socket, struct, sys
from network_commands import n_asked
before, libc = n_asked(), ctypes.CDLL(None)
number = libc.socket(socket.AF_INET, socket.SOCK_STREAM, 0)
address = struct.pack("=H", socket.AF_INET) + struct.pack("!H4s8x", 443, bytes([192, 0, 2, 1]))
assert libc.connect(number, address, len(address)) == -1
sys.exit(n_asked() - before)
"""
    ended = subprocess.run(
        [*alone(), sys.executable, "-c", code], cwd=HERE, check=False, env=environment(tmp_path / "n")
    )
    assert ended.returncode == 1
    assert lines_of(tmp_path / "n") == []
