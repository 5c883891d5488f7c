"""What is in deploy/: linted, and its steps run."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deepcuts.kernels.cache_folder import find_folder
from serving_help import small_model
from waiting import PATIENCE

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
CONTAINERFILE = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
_MOST_EXPOSED = 2.5  # of 10, as systemd-analyze counts


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words, capture_output=True, text=True, timeout=3 * PATIENCE, check=False, env={**os.environ, **environment}
    )


def tool(name: str) -> str:
    found = shutil.which(name, path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit, with a program that there is here."""
    text = (DEPLOY / "deepcuts.service").read_text(encoding="utf-8")
    assert text.count("/opt/deepcuts/bin/deepcuts") == 1
    path = tmp_path / "deepcuts.service"
    path.write_text(text.replace("/opt/deepcuts/bin/deepcuts", sys.executable), encoding="utf-8")
    return path


def test_the_unit_is_verified_and_hardly_exposed(unit):
    systemd = tool("systemd-analyze")
    verified = run(systemd, "verify", str(unit))
    assert (verified.returncode, verified.stderr) == (0, "")
    rated = run(systemd, "security", "--offline=true", f"--threshold={_MOST_EXPOSED * 10:.0f}", str(unit))
    assert rated.returncode == 0, rated.stdout[-300:]


def test_the_unit_waits_longer_than_the_service_takes_to_end(unit):
    from deepcuts.web.server.settings import ServiceSettings

    settings = ServiceSettings()
    (seconds,) = re.findall(r"^TimeoutStopSec=(\d+)$", unit.read_text(), flags=re.MULTILINE)
    assert int(seconds) > settings.drain_seconds + settings.shutdown_seconds


def test_the_containerfile_has_no_findings():
    linted = run(tool("hadolint"), str(DEPLOY / "Containerfile"))
    assert (linted.returncode, linted.stdout) == (0, "")


def test_what_the_containerfile_copies_is_there_and_the_health_check_asks_what_is_served():
    copied = re.findall(r"^COPY (?!--from)(.*)$", CONTAINERFILE, flags=re.MULTILINE)
    names = [name for line in copied for name in line.split()[:-1] if not name.startswith("--")]
    assert names
    assert [name for name in names if not (ROOT / name).exists()] == []
    assert "/readyz" in CONTAINERFILE
    assert run("sh", "-n", str(DEPLOY / "serve")).returncode == 0
    assert os.access(DEPLOY / "serve", os.X_OK)


def test_the_image_starts_with_the_kernels_that_were_compiled_while_it_was_built():
    (built,) = re.findall(r"^RUN NUMBA_CACHE_DIR=(\S+) deepcuts warmup$", CONTAINERFILE, flags=re.MULTILINE)
    assert f'cp -R {built} "$NUMBA_CACHE_DIR"' in (DEPLOY / "serve").read_text(encoding="utf-8")


@pytest.mark.slow
def test_what_the_image_starts_becomes_healthy_in_a_root_that_nobody_can_write_to(tmp_path):
    """The entry point, user and health check of the Containerfile, where mounts can be made: see `image_root`."""
    space = [tool("unshare"), "--mount", "--net", "--pid", "--fork"]
    if sys.platform != "linux" or run(*space, "mount", "-t", "tmpfs", "none", str(tmp_path)).returncode:
        pytest.skip("no root of its own can be made here: this takes Linux, and to be root")
    model, root = tmp_path / "model.safetensors", tmp_path / "root"
    small_model().save(model)
    root.mkdir()
    kernels, _ = find_folder()
    ran = run(
        *space, sys.executable, str(ROOT / "tests" / "service" / "image_root.py"), str(model), str(kernels), str(root)
    )
    assert ran.returncode == 0, ran.stderr[-2_000:]
    assert json.loads(ran.stdout.splitlines()[-1]) == {
        "healthy_before": False,
        "healthy": True,
        "written": [],
        "temporary": True,
        "healthy_while_it_drains": False,
        "ended_with": 0,
    }
    assert list(root.iterdir()) == []  # its mounts are gone with it
