"""A model for the page and a server of it, shared by all tests, and a browser, shared by the tests of a file."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pytest

import deepcuts as dc
from browsing import HOSTILE, HOSTILE_ID, new_page
from logged_process import logged
from waiting import PATIENCE

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> Path:
    """A folder with a model and the plays held out of it."""
    folder = tmp_path_factory.mktemp("page")
    world = dc.generate_world(300, 300, items_per_user=25, seed=0)
    items = world.plays.item_ids.values
    tags = pa.table({"item_id": items, "tag": [f"tag {scene}" for scene in world.item_scenes]})
    plays = world.plays.with_labels(names={HOSTILE_ID: HOSTILE}, tags=tags)
    train, holdout = dc.split_holdout(plays, fraction=0.2, seed=0)
    dc.PersonaNMF(n_factors=12).fit(train, seed=0).with_map().save(folder / "model.safetensors")
    holdout.save(folder / "holdout.safetensors")
    return folder


@contextmanager
def explored(folder: Path, *options: str, **variables: str) -> Iterator[str]:
    """Address of `deepcuts explore` in a process of its own."""
    command = [sys.executable, "-c", "from deepcuts.cli.main import main; main()", "explore", "model.safetensors"]
    command += ["--holdout", "holdout.safetensors", "--no-browser", *options]
    environment = {**os.environ, "OMP_WAIT_POLICY": "passive", **variables}
    for name in ("PYTEST_CURRENT_TEST", "NICEGUI_SCREEN_TEST_PORT"):
        environment.pop(name, None)
    with logged(command, signal.SIGINT, cwd=folder, env=environment) as server:
        line = server.line_with("http://")
        assert line == server.lines[0], server.lines
        yield line.split()[4].rstrip("/")


@pytest.fixture(scope="session")
def explore():
    """Start servers of the page."""
    return explored


@pytest.fixture(scope="session")
def address(folder):
    """Address of a server; every page that is opened is a visit of its own."""
    with explored(folder, "--port", "0") as address:
        yield address


@pytest.fixture(scope="module")
def browser():
    """Chromium."""
    sync_api = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no chromium on PATH: apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS, timeout=1_000 * PATIENCE)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser, address):
    """Open the page in a window of its own; nothing may go wrong in it, and no other host be asked."""
    contexts, wrong = [], []

    def open_page(width: int = 1280, height: int = 900, url: str = address, **options: object):
        options = {"viewport": {"width": width, "height": height}, "reduced_motion": "reduce", **options}
        page = new_page(browser, **options)
        contexts.append(page.context)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if is_wrong(message) else None)
        page.on("request", lambda request: wrong.append(request.url) if not own(request.url) else None)
        page.goto(url)
        page.locator("#dc-artist").wait_for(state="attached")  # folded where a link has brought artists to a phone
        page.locator(".dc-example").first.wait_for(state="attached")
        return page

    def is_wrong(message) -> bool:
        return message.type == "error" and "422" not in message.text  # which is how a file is refused

    def own(url: str) -> bool:
        return url.startswith((address, "data:", "blob:"))

    open_page.wrong = wrong
    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []
