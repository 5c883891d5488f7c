"""What several test files share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import array_checks

array_checks.install()  # before anything of the library is imported

# Idle threads sleep rather than spin: several tests run at a time, and spinning takes the time of the others.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the real listening data; its tests are skipped where it is not at hand."""
    folder = Path(os.environ.get("DEEPCUTS_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; set DEEPCUTS_DATA to the folder that holds it")
    return folder
