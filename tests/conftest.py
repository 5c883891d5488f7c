"""What several test files share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the real listening data; its tests are skipped where it is not at hand."""
    folder = Path(os.environ.get("DEEPCUTS_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; set DEEPCUTS_DATA to the folder that holds it")
    return folder
