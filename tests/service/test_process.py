"""`deepcuts serve` as a process: how it starts, ends, dies and comes back."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

import asking
from command_line import COMMAND, run
from faults.limits import time_limit
from logged_process import LoggedProcess
from process_tree import seconds_of, text
from serving_help import USER, small_model, spawned, wait_until_ready
from waiting import PATIENCE, wait_until

TOKEN = "0123456789abcdef-token"


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("service") / "model.safetensors"
    small_model().save(path)
    return path


def refused(*words: object, code: int, **environment: str) -> str:
    """Run `deepcuts serve` in this process, which it has to refuse; return what it says."""
    with time_limit(60):  # or what it did not refuse would serve without end
        return run("serve", *words, code=code, env=environment).stderr


def first_response(address: str) -> httpx.Response:
    """Ask for a list until there is one."""
    responses: list[httpx.Response] = []

    def responds() -> bool:
        with contextlib.suppress(httpx.TransportError):
            responses.append(asking.post(f"{address}/recommend", json={"user": USER}))
        return bool(responses)

    wait_until(responds)
    return responses[0]


@pytest.mark.slow
def test_killed_and_started_again_it_answers_soon(path):
    with spawned(path) as (process, address):
        assert first_response(address).status_code == 200  # kernels are compiled by now, at the latest
        process.send_signal(signal.SIGKILL)
        process.wait()
    began = time.monotonic()
    with spawned(path) as (process, address):
        response = first_response(address)
        computed, waited = seconds_of(Path(f"/proc/{process.pid}/stat")), time.monotonic() - began
    assert response.status_code == 200
    assert computed < 4.0, f"{computed:.1f} s of computing, {waited:.1f} s in all"


@pytest.mark.slow
def test_it_ends_on_a_signal_and_finishes_what_it_began(path):
    with spawned(path, "--rate", "0") as (process, address):
        wait_until_ready(address)
        batch = {"requests": [{"user": USER, "k": 100}] * 100}
        responses: list[httpx.Response] = []
        asker = threading.Thread(target=lambda: responses.append(asking.post(f"{address}/recommend/batch", json=batch)))
        asker.start()
        wait_until(lambda: responses or "deepcuts_requests_under_way 2.0" in asking.get(f"{address}/metrics").text)
        process.send_signal(signal.SIGTERM)
        asker.join()
        assert process.wait(PATIENCE) == 0
    assert [response.status_code for response in responses] == [200]
    assert len(responses[0].json()["results"]) == 100


def log_of(process: LoggedProcess) -> list[dict]:
    """Lines of the log of a process that is to end: there are no others."""
    return [json.loads(line) for line in process.all_lines()]


@pytest.mark.slow
def test_a_service_whose_log_nobody_reads_any_more_goes_on(path):
    command = [*COMMAND, "serve", str(path), "--port", "0", "--rate", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        address = json.loads(process.stderr.readline())["address"]
        process.stderr.close()
        wait_until_ready(address)
        assert [first_response(address).status_code for _ in range(5)] == [200] * 5
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()


@pytest.mark.slow
def test_it_drains_before_it_ends(path):
    with spawned(path, "--drain-seconds", "4") as (process, address), asking.Client() as client:
        wait_until_ready(address)
        assert "connection" not in client.get(f"{address}/readyz").headers
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        while (probe := asking.get(f"{address}/readyz")).status_code == 200:  # until the signal is there
            assert time.monotonic() - began < 3
        assert probe.json()["type"] == "urn:deepcuts:problem:stopping"
        response = client.post(f"{address}/recommend", json={"user": USER}, timeout=PATIENCE)
        assert (response.status_code, response.headers["connection"]) == (200, "close")
        assert process.wait(PATIENCE) == 0
        assert 3.9 < time.monotonic() - began < 60
        said = [line["message"] for line in log_of(process) if line["message"] != "request"]
    assert said[-3:] == ["draining: /readyz says no", "stopping", "stopped"]


@pytest.mark.slow
def test_a_second_signal_ends_the_drain(path):
    with spawned(path, "--drain-seconds", "3600") as (process, address):
        wait_until_ready(address)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.7)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0


def ask_until_refused(address: str, outcomes: list[object]) -> None:
    """Ask on new connections and on kept ones until nobody listens; note statuses and errors."""
    with asking.Client() as kept:
        for n in range(10_000):
            try:
                ask = kept.post if n % 2 else asking.post
                outcomes.append(ask(f"{address}/recommend", json={"user": USER, "k": 50}).status_code)
            except httpx.ConnectError as error:
                if "refused" in str(error):
                    return
                outcomes.append(error)
            except httpx.TransportError as error:
                outcomes.append(error)


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), ("--workers", "2")])
def test_no_request_under_way_is_lost_when_it_stops(path, options):
    with spawned(path, "--rate", "0", "--drain-seconds", "2", *options) as (process, address):
        wait_until_ready(address)
        first_response(address)
        outcomes: list[object] = []
        askers = [threading.Thread(target=ask_until_refused, args=(address, outcomes)) for _ in range(4)]
        for asker in askers:
            asker.start()
        wait_until(lambda: len(outcomes) > 8)  # it is in the middle of it
        process.send_signal(signal.SIGTERM)
        for asker in askers:
            asker.join(PATIENCE)
        assert process.wait(PATIENCE) == 0
    assert len(outcomes) > 8
    assert set(outcomes) == {200}


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_one_process_ends_with_0_and_leaves_nothing(path, tmp_path, monkeypatch, how):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with spawned(path) as (process, address):
        wait_until_ready(address)
        process.send_signal(how)
        assert process.wait(PATIENCE) == 0
    assert os.listdir(tmp_path) == []


def test_headers_without_end_are_cut_off(path):
    with spawned(path) as (process, address):
        wait_until_ready(address)
        before = resident(process.pid)
        with socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])), timeout=PATIENCE) as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n")
            with contextlib.suppress(OSError):
                for _ in range(400):
                    connection.sendall(b"x: " + b"y" * 100_000 + b"\r\n")
                assert connection.recv(12) == b"HTTP/1.1 431"
        assert resident(process.pid) - before < 20_000_000
        assert asking.get(f"{address}/healthz").status_code == 200


def resident(pid: int) -> int:
    """Memory of a process, in bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.slow
def test_workers_share_the_port_and_add_up_what_they_count(path):
    with spawned(path, "--workers", "2", "--rate", "0") as (process, address):
        wait_until_ready(address)
        pids = workers_of(process.pid)
        assert len(pids) == 2
        for _ in range(20):
            assert asking.post(f"{address}/recommend", json={"user": USER}).status_code == 200
        counted = 'deepcuts_requests_total{method="POST",route="/recommend",status="200"} 20.0'
        assert counted in asking.get(f"{address}/metrics").text
        os.kill(pids[0], signal.SIGKILL)
        assert first_response(address).status_code == 200
        wait_until(lambda: another_runs(process.pid, pids[0]))
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
        said = {line["message"]: line for line in log_of(process)}
    died = said["a worker died, and another is started"]
    assert (died["pid"], died["signal"]) == (pids[0], "SIGKILL")
    assert {"a worker was started", "a worker has ended"} < said.keys()
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


@pytest.mark.slow
def test_a_worker_that_hangs_is_killed_and_another_started(path):
    with spawned(path, "--workers", "2", "--hang-seconds", "8") as (process, address):
        wait_until_ready(address)
        pids = workers_of(process.pid)
        os.kill(pids[0], signal.SIGSTOP)  # its event loop does not turn any more
        wait_until(lambda: another_runs(process.pid, pids[0]))
        assert pids[1] in workers_of(process.pid)  # which says that it runs
        assert first_response(address).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
        said = {line["message"]: line for line in log_of(process)}
    hung = said["a worker hangs, and is killed"]
    assert hung["pid"] == said["a worker died, and another is started"]["pid"] == pids[0]
    assert hung["seconds"] >= 8


@pytest.mark.slow
def test_workers_end_with_the_process_that_watches_over_them(path):
    with spawned(path, "--workers", "2") as (process, address):
        wait_until_ready(address)
        pids = workers_of(process.pid)
        process.kill()
        process.wait()
        wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))


def workers_of(pid: int) -> list[int]:
    children = text(Path(f"/proc/{pid}/task/{pid}/children")).split()
    return [child for child in map(int, children) if "spawn_main" in text(Path(f"/proc/{child}/cmdline"))]


def another_runs(pid: int, former: int) -> bool:
    """Whether a service has two workers again, of which none is a former one."""
    workers = workers_of(pid)
    return former not in workers and len(workers) == 2


def test_logs_are_json_without_the_token(path):
    with spawned(path, DEEPCUTS_TOKEN=TOKEN) as (process, address):
        assert first_response(address).status_code == 401
        assert asking.get(f"{address}/items?q=a", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200
        wait_until_ready(address)  # it may respond before it is warm
        assert TOKEN.encode() not in Path(f"/proc/{process.pid}/cmdline").read_bytes()
        process.send_signal(signal.SIGTERM)
        lines = log_of(process)
    requests = [line for line in lines if line["message"] == "request" and line["route"] != "/readyz"]
    assert {line["status"] for line in requests} == {200, 401}
    assert any(line["message"].startswith("ready: version ") for line in lines)
    assert TOKEN not in json.dumps(lines)


def test_logs_do_not_name_the_files_of_visitors():
    program = """
import logging.config
from deepcuts.history import read_upload
from deepcuts.web.server.logs import logging_configuration
logging.config.dictConfig(logging_configuration())
read_upload("of a visitor.csv", b"artist,plays\\nGrouper,3\\nBurial,none\\n")
logging.getLogger("deepcuts.web").warning("a line")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert [json.loads(line)["message"] for line in done.stderr.splitlines()] == ["a line"]


def test_other_machines_are_not_let_in_unasked(path, tmp_path):
    said = refused(path, "--host", "0.0.0.0", code=2, DEEPCUTS_TOKEN="")
    assert "Set a token in DEEPCUTS_TOKEN" in said
    assert "Traceback" not in said
    assert "The token cannot be read. There is no file" in refused(path, "--token-file", tmp_path / "nothing", code=1)
    assert "--token-file and --no-auth are both given." in refused(path, "--token-file", path, "--no-auth", code=2)
    assert "model.safetensors is not a text file in UTF-8." in refused(path, "--token-file", path, code=1)


def test_what_cannot_be_served_is_reported_at_once(path, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = refused(path, "--port", taken.getsockname()[1], code=1)
    gc.collect()  # which warns of a socket that was left open
    assert "Nobody can listen at 127.0.0.1 port" in said
    damaged = tmp_path / "damaged"
    damaged.write_bytes(path.read_bytes()[:-1])
    for options in ((), ("--workers", "2")):
        assert "is truncated" in refused(damaged, "--port", "0", *options, code=1)


@pytest.mark.parametrize("missing", ["uvicorn", "fastapi", "prometheus_client"])
def test_a_missing_extra_says_what_to_install(path, missing):
    program = f"""
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {missing!r}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Missing())
from deepcuts.cli.main import main
main(["serve", {str(path)!r}, "--port", "0"])
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert ended.returncode == 1
    assert "pip install 'deepcuts[app]'" in ended.stderr
