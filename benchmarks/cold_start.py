"""Claim: search answers as soon from an empty cache of kernels as from a filled one, and lists once they are compiled.

Usage: python benchmarks/cold_start.py [--runs 3]

`deepcuts explore` is started with an empty cache of kernels, and with the one that this left, on a model of Last.fm of
HetRec 2011 with names. Seconds are from the start of the process: until it tells its address, until /items has found an
artist, until /recommend has made a list for a visitor. In Chromium, where there is one, they are from the opening of
the page as soon as the address is told: until what was typed is found, and until the list of two artists stands there.
Beside them are the seconds of a processor that the server has computed for it, which depend less on what else runs.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter, sleep

from common import DATA, print_json, print_table, setting

import deepcuts as dc
from deepcuts.datasets import load_lastfm_2k

EMPTY, FILLED = "empty cache", "filled cache"
ADDRESS, SEARCH, LIST = "address told", "/items answers", "/recommend answers"
PAGE_SEARCH, PAGE_LIST = "the page has found an artist", "the page shows a list"
_LOOK_SECONDS = 0.02
_PATIENCE = 300


def train(path: Path) -> None:
    """Make the model, with names and tags."""
    dc.PersonaNMF().fit(load_lastfm_2k(DATA / "lastfm-hetrec2011"), seed=0).with_map().save(path)


Seconds = tuple[float, float]  # of a clock, and of a processor


class Watch:
    """Seconds since the start of a process, or since they were last counted from 0."""

    def __init__(self, pid: int) -> None:
        self.pid, self.clock, self.processor = pid, perf_counter(), 0.0

    def computed(self) -> float:
        """Seconds of a processor since the process began."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def start(self) -> None:
        """Count from now on."""
        self.clock, self.processor = perf_counter(), self.computed()

    def read(self) -> Seconds:
        """Read both."""
        return perf_counter() - self.clock, self.computed() - self.processor


@contextmanager
def explored(model: Path, cache: str) -> Iterator[tuple[str, Watch]]:
    """Address of `deepcuts explore` in a process of its own, and a watch of it."""
    command = [sys.executable, "-m", "deepcuts", "explore", str(model), "--no-browser", "--port", "0"]
    environment = {**os.environ, "NUMBA_CACHE_DIR": cache, "OMP_WAIT_POLICY": "passive"}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    watch = Watch(process.pid)
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        yield next(word for word in line.split() if word.startswith("http")).rstrip("/"), watch
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def answered(address: str, path: str, body: dict[str, object] | None = None) -> None:
    """Ask until there is an answer."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{address}{path}", data, {"Content-Type": "application/json"})
    end = perf_counter() + _PATIENCE
    while perf_counter() < end:
        try:
            with urllib.request.urlopen(request, timeout=_PATIENCE) as response:
                assert json.load(response)["items"]
                return
        except urllib.error.HTTPError as error:
            if error.code != 503:
                raise
            sleep(_LOOK_SECONDS)
    raise SystemExit(f"{path} does not answer")


def by_http(model: Path, cache: str) -> dict[str, Seconds]:
    """Seconds from the start of a process, as a program sees it."""
    with explored(model, cache) as (address, watch):
        seconds = {ADDRESS: watch.read()}
        answered(address, "/items?q=radiohed")
        seconds[SEARCH] = watch.read()
        answered(address, "/recommend", {"history": {"Radiohead": 20, "Nas": 10}, "k": 20})
        seconds[LIST] = watch.read()
    return seconds


def in_browser(model: Path, cache: str) -> dict[str, Seconds]:
    """Seconds from the opening of the page, as a visitor sees it; none without Chromium."""
    chromium = shutil.which("chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return {}
    if chromium is None:
        return {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.set_default_timeout(_PATIENCE * 1_000)
        with explored(model, cache) as (address, watch):
            watch.start()
            page.goto(address)
            search = page.get_by_role("combobox", name="Search for an artist to add")
            search.fill("radiohed")
            page.get_by_role("option", name="Radiohead").first.wait_for()
            seconds = {PAGE_SEARCH: watch.read()}
            search.fill("Radiohead, Nas")
            search.press("Enter")
            page.locator(".dc-row").first.wait_for()
            seconds[PAGE_LIST] = watch.read()
        browser.close()
    return seconds


def measured(model: Path, measure: Callable[[Path, str], dict[str, Seconds]]) -> dict[str, dict[str, Seconds]]:
    """Measure with an empty cache and with the one that this has filled."""
    with tempfile.TemporaryDirectory() as cache:
        return {EMPTY: measure(model, cache), FILLED: measure(model, cache)}


def main() -> None:
    """Time and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model.safetensors"
        train(model)
        runs = [(measured(model, by_http), measured(model, in_browser)) for _ in range(args.runs)]
    seconds = {
        name: {
            step: [
                median(values)
                for values in zip(
                    *(each[name][step] for run in runs for each in run if step in each[name]), strict=True
                )
            ]
            for each in runs[0]
            for step in each[name]
        }
        for name in (EMPTY, FILLED)
    }
    print(f"deepcuts explore, median of {args.runs} runs; of a clock, and of a processor\n")
    print(setting("nicegui"), "\n")
    rows = [[step, *(f"{value:.1f}" for name in seconds for value in seconds[name][step])] for step in seconds[EMPTY]]
    print_table(["seconds until", EMPTY, "processor", FILLED, "processor"], rows)
    print_json(benchmark="cold_start", seconds=seconds)


if __name__ == "__main__":
    main()
