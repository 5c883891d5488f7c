"""The first minute: a page is opened while kernels are compiled."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from time import monotonic

import pytest

import asking
from browsing import new_page
from faults.limits import takes_too_long
from logged_process import logged
from process_tree import seconds_of
from waiting import wait_until

pytestmark = pytest.mark.slow

OF_THE_EVENT_LOOP = 0.7  # seconds of a processor, from the opening of a page until an artist is found: .3 were seen
OF_THE_END = 10.0  # seconds, of a compilation that takes as many seconds of a processor


@pytest.fixture
def cold(folder, tmp_path):
    """A server without compiled kernels, and its address."""
    command = [sys.executable, "-m", "deepcuts", "explore", "model.safetensors", "--no-browser", "--port", "0"]
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "kernels")}
    for name in ("PYTEST_CURRENT_TEST", "NICEGUI_SCREEN_TEST_PORT"):
        environment.pop(name, None)
    with logged(command, signal.SIGINT, cwd=folder, env=environment) as server:
        yield server, server.line_with("http://").split()[4].rstrip("/")


def main_thread_seconds(pid: int) -> float:
    """Seconds of a processor that the thread of the event loop has taken."""
    return seconds_of(Path(f"/proc/{pid}/task/{pid}/stat"))


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="there is no /proc to read times of threads from")
def test_an_artist_is_found_while_kernels_compile_and_ctrl_c_does_not_wait_for_them(browser, cold):
    server, address = cold  # told once requests are answered
    before = main_thread_seconds(server.pid)
    page = new_page(browser)
    page.goto(address)
    search = page.get_by_role("combobox", name="Search for an artist to add")
    search.fill("astela")
    page.get_by_role("option", name="Astela").first.wait_for()
    assert main_thread_seconds(server.pid) - before < OF_THE_EVENT_LOOP
    search.press("Enter")
    page.get_by_text("Warming up").wait_for()
    assert asking.get(f"{address}/readyz").status_code == 503  # kernels are being compiled all the while
    page.context.close()
    had = seconds_of(Path(f"/proc/{server.pid}/stat"))
    server.send_signal(signal.SIGINT)
    began = monotonic()
    wait_until(lambda: os.waitid(os.P_PID, server.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT))
    took, of_processors = monotonic() - began, seconds_of(Path(f"/proc/{server.pid}/stat")) - had
    assert server.wait() == 0
    assert not takes_too_long(took, of_processors, OF_THE_END), f"{took:.1f} s, {of_processors:.1f} of processors"


def test_a_page_goes_out_with_all_its_parts(address):
    document = asking.get(address, headers={"Accept-Encoding": "identity"}).text
    parts = [line for line in document.splitlines() if "modulepreload" in line]
    assert len(parts) >= 8, document
    assert "nicegui-finder" in document
