"""What several test files share."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import pytest

import array_checks

array_checks.install()  # before anything of the library is imported

# Idle threads sleep rather than spin: several tests run at a time, and spinning takes the time of the others.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

TESTS = Path(__file__).parent

EXTRAS = {  # what tests of these folders and files need: an extra of the package, and modules that it installs
    "service": ("app", ("fastapi", "uvicorn", "prometheus_client", "rapidfuzz")),
    "page/test_browser.py": ("app", ("nicegui", "rapidfuzz")),
    "report": ("report", ("matplotlib",)),
    "tuning/test_study.py": ("tune", ("optuna",)),
    "history/test_matching.py": ("history", ("rapidfuzz",)),
    "datasets/test_download.py": ("download", ("pooch",)),
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--without-extras", action="store_true", help="skip what needs an extra, as if none were there")


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """Skip files of tests, before they are imported, where the extra that they need is missing."""
    path = module_path.relative_to(TESTS).as_posix()
    for start, (extra, modules) in EXTRAS.items():
        if path.startswith(start) and (parent.config.getoption("--without-extras") or not all(map(find_spec, modules))):
            skipped: SkippedModule = SkippedModule.from_parent(parent, path=module_path)
            skipped.extra = extra
            return skipped
    return None


class SkippedModule(pytest.Module):
    """A file of tests that is not imported."""

    extra: str

    def collect(self) -> list[pytest.Item]:
        pytest.skip(f"needs the extra: pip install 'deepcuts[{self.extra}]'", allow_module_level=True)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the real listening data; its tests are skipped where it is not at hand."""
    folder = Path(os.environ.get("DEEPCUTS_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; set DEEPCUTS_DATA to the folder that holds it")
    return folder
