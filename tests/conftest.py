"""What several test files share."""

from __future__ import annotations

import functools
import os
from collections.abc import Generator
from importlib.util import find_spec
from pathlib import Path
from subprocess import CalledProcessError, TimeoutExpired
from typing import Any

import pytest
import typer.testing
from hypothesis import settings

import array_checks

array_checks.install()  # before anything of the library is imported

# Idle threads sleep rather than spin: several tests run at a time, and spinning takes the time of the others.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
# Java machines of tests live for seconds: to compile less, and with one thread that collects, takes half of the time.
os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
# What tests start is started hundreds of times: byte code that is kept saves each a quarter of a second.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# The program of the commands is built once: that takes longer than most commands which tests run.
typer.main.get_command = typer.testing._get_command = functools.cache(typer.main.get_command)

settings.register_profile("deepcuts", deadline=None)  # how long an example takes depends on what else is running
settings.register_profile("quick", settings.get_profile("deepcuts"), max_examples=20)  # of 100, for make quick
settings.load_profile("deepcuts")

TESTS = Path(__file__).parent

EXTRAS = {  # what tests of these folders and files need: an extra of the package, and modules that it installs
    "adapters/test_lenskit.py": ("lenskit", ("lenskit", "pandas")),
    "adapters/test_rectools.py": ("rectools", ("rectools", "pandas")),
    "baselines/test_item_to_item.py": ("peers", ("irspack",)),
    "service": ("app", ("fastapi", "uvicorn", "prometheus_client", "rapidfuzz")),
    "page/test_browser.py": ("app", ("nicegui", "rapidfuzz")),
    "page/test_accessible.py": ("app,report,dev", ("nicegui", "rapidfuzz", "matplotlib", "axe_playwright_python")),
    "page/test_kept_by_browser.py": ("app", ("nicegui", "rapidfuzz")),
    "page/test_sharing_in_browser.py": ("app", ("nicegui", "rapidfuzz")),
    "page/test_shown_to_others.py": ("app", ("nicegui", "rapidfuzz")),
    "report": ("report", ("matplotlib",)),
    "spark": ("spark", ("pyspark",)),
    "tuning/test_study.py": ("tune", ("optuna",)),
    "history/test_spreadsheets.py": ("history", ("python_calamine", "openpyxl")),
    "history/test_matching.py": ("history", ("rapidfuzz",)),
    "datasets/test_download.py": ("download", ("pooch",)),
    "documents": (
        "app,report,tune,history,download,peers",
        ("uvicorn", "prometheus_client", "matplotlib", "optuna", "rapidfuzz", "pooch", "implicit", "irspack"),
    ),
    "faults/test_id_doors.py": ("app", ("fastapi", "uvicorn", "prometheus_client", "rapidfuzz")),
    "faults/test_network.py": (
        "app,report,tune,history,download",
        ("nicegui", "fastapi", "uvicorn", "prometheus_client", "rapidfuzz", "matplotlib", "optuna", "pooch"),
    ),
}

UNIX = (  # limits, signals, terminals, forks
    "cli/test_process.py",
    "faults/test_arguments.py",
    "faults/test_commands.py",
    "faults/test_fuzz.py",
    "faults/test_inputs.py",
    "faults/test_network.py",
    "faults/test_outputs.py",
    "faults/test_processes.py",
    "history/test_guards.py",
    "kernels/test_code_cache.py",
    "storage/test_output.py",
    "storage/test_several_outputs.py",
)

ONE_PROCESS = ("spark", "page")  # these share a Java machine, and a server of the page

# Folders in the order in which they are begun, before all others. Where nothing is compiled yet, the first process
# compiles the kernels of training and lists for all, while the second has tests that need hardly any; those of Spark
# find them in the cache. Then comes what takes longest, so that no process is left alone with it at the end.
FIRST = ("page", "history", "ingest", "spark", "baselines", "documents", "tuning", "report", "service", "test_docs.py")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--without-extras", action="store_true", help="skip what needs an extra, as if none were there")


def pytest_configure() -> None:
    listed = (*EXTRAS, *UNIX, *ONE_PROCESS, *FIRST)
    assert all((TESTS / path).exists() for path in listed), "conftest.py lists tests that were moved"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the folders of FIRST; within these, and for all others, the order stays."""
    places = {name: place for place, name in enumerate(FIRST)}
    items.sort(key=lambda item: places.get(_folder(item.nodeid), len(FIRST)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Have one process run the tests of a file, or of a folder of ONE_PROCESS: what they share is made once."""
    if os.environ.get("DEEPCUTS_FAULTS") == "long":
        return None  # a file takes many minutes then: its tests are shared out as xdist does
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return _unit(nodeid)

    return ByFile(config, log)


def _unit(nodeid: str) -> str:
    """Name of the folder or file whose tests are run by one process."""
    folder = _folder(nodeid)
    return folder if folder in ONE_PROCESS else nodeid.partition("::")[0]


def _folder(nodeid: str) -> str:
    """Name of the folder of tests that a test is in, or of its file where that is in none."""
    return nodeid.partition("::")[0].removeprefix("tests/").partition("/")[0]


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """Skip files of tests, before they are imported, where what they need is missing."""
    reason = _missing(
        module_path.relative_to(TESTS).as_posix(), without_extras=parent.config.getoption("without_extras")
    )
    if reason is None:
        return None
    skipped: SkippedModule = SkippedModule.from_parent(parent, path=module_path)
    skipped.reason = reason
    return skipped


def _missing(path: str, *, without_extras: bool) -> str | None:
    """Say what a file of tests needs and has not; None where it has everything."""
    if os.name == "nt" and path in UNIX:
        return "needs Unix"
    for start, (extra, modules) in EXTRAS.items():
        if path.startswith(start) and (without_extras or not all(map(find_spec, modules))):
            return f"needs the extra: pip install 'deepcuts[{extra}]'"
    return None


class SkippedModule(pytest.Module):
    """A file of tests that is not imported."""

    reason: str

    def collect(self) -> list[pytest.Item]:
        pytest.skip(self.reason, allow_module_level=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to the report of a failure what the process has said that failed, or that took too long."""
    report = yield
    failed = call.excinfo.value if call.excinfo else None
    if isinstance(failed, CalledProcessError | TimeoutExpired):
        for name, said in (("stdout", failed.stdout), ("stderr", failed.stderr)):
            text = said.decode(errors="replace") if isinstance(said, bytes) else said or ""
            report.sections += [(f"{name} of the process", text[-10_000:])] if text else []
    return report


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the real listening data; its tests are skipped where it is not at hand."""
    folder = Path(os.environ.get("DEEPCUTS_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; set DEEPCUTS_DATA to the folder that holds it")
    return folder
