"""The first minute: a page is opened while kernels are compiled."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from time import monotonic

import httpx
import pytest

pytestmark = pytest.mark.slow

OF_THE_EVENT_LOOP = 0.7  # seconds of a processor, from the opening of a page until an artist is found: .3 were seen


@pytest.fixture
def cold(folder, tmp_path):
    """A server without compiled kernels, and its address."""
    command = [sys.executable, "-m", "deepcuts", "explore", "model.safetensors", "--no-browser", "--port", "0"]
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "kernels")}
    for name in ("PYTEST_CURRENT_TEST", "NICEGUI_SCREEN_TEST_PORT"):
        environment.pop(name, None)
    server = subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True)
    yield server, server.stderr.readline().split()[4].rstrip("/")
    server.kill()
    server.wait()
    server.stderr.close()


def main_thread_seconds(pid: int) -> float:
    """Seconds of a processor that the thread of the event loop has taken."""
    with open(f"/proc/{pid}/task/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="there is no /proc to read times of threads from")
def test_an_artist_is_found_while_kernels_compile_and_ctrl_c_does_not_wait_for_them(browser, cold):
    server, address = cold  # told once requests are answered
    before = main_thread_seconds(server.pid)
    page = browser.new_page()
    page.goto(address)
    search = page.get_by_role("combobox", name="Search for an artist to add")
    search.fill("astela")
    page.get_by_role("option", name="Astela").first.wait_for()
    assert main_thread_seconds(server.pid) - before < OF_THE_EVENT_LOOP
    search.press("Enter")
    page.get_by_text("Warming up").wait_for()
    assert httpx.get(f"{address}/readyz").status_code == 503  # kernels are being compiled all the while
    page.close()
    server.send_signal(signal.SIGINT)
    began = monotonic()
    server.wait(60)
    assert server.returncode == 0
    assert (
        monotonic() - began < 10
    )  # of a compilation that takes as many seconds of a processor, and the machine is shared


def test_a_page_goes_out_with_all_its_parts(address):
    document = httpx.get(address, headers={"Accept-Encoding": "identity"}).text
    parts = [line for line in document.splitlines() if "modulepreload" in line]
    assert len(parts) >= 8, document
    assert "nicegui-finder" in document
