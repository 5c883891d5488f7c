"""Machine code that was compiled from other sources is dropped: a package of two kernels in real processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from time import perf_counter

import pytest

import deepcuts.kernels
from deepcuts.kernels.stale_cache import drop_stale_cache, numba_folder

INIT = """
from pathlib import Path
from deepcuts.kernels.stale_cache import drop_stale_cache
drop_stale_cache(Path(__file__).parent)
"""
CALLER = """
from numba import njit
from {package}.inner.helper import number

@njit(cache=True)
def caller():
    return number() + 1
"""
PRINT = """
from {package}.caller import caller
print(caller(), sum(caller.stats.cache_hits.values()))
"""
HELPER = """
from numba import njit

@njit(cache=True)
def number():
    return {number}
"""


class Package:
    """A package whose caller of a helper is cached by Numba."""

    def __init__(self, folder: Path, cache: Path | None) -> None:
        self.sources, self.cache = folder / "tried_kernels", cache
        (self.sources / "inner").mkdir(parents=True)
        (self.sources / "__init__.py").write_text(INIT)
        (self.sources / "inner" / "__init__.py").touch()
        (self.sources / "caller.py").write_text(CALLER.format(package="tried_kernels"))

    def write_helper(self, number: int) -> None:
        (self.sources / "inner" / "helper.py").write_text(HELPER.format(number=number))

    def start(self) -> subprocess.Popen[str]:
        paths = os.pathsep.join([str(self.sources.parent), *filter(None, sys.path)])
        env = {**os.environ, "PYTHONPATH": paths, "NUMBA_DISABLE_JIT": "0", "PYTHONDONTWRITEBYTECODE": "1"}
        env.pop("NUMBA_CACHE_DIR", None)
        if self.cache:
            env["NUMBA_CACHE_DIR"] = str(self.cache)
        code = PRINT.format(package="tried_kernels")
        return subprocess.Popen([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE, text=True)

    def call(self) -> tuple[int, int]:
        """Return what the caller returns in a process of its own, and how often it came from the cache."""
        return result_of(self.start())


def result_of(process: subprocess.Popen[str]) -> tuple[int, int]:
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    number, hits = map(int, output.split())
    return number, hits


@pytest.fixture(params=["beside", "elsewhere"])
def package(request: pytest.FixtureRequest, tmp_path: Path) -> Package:
    return Package(tmp_path, tmp_path / "cache" if request.param == "elsewhere" else None)


def test_a_changed_helper_changes_what_its_caller_returns(package: Package) -> None:
    package.write_helper(1)
    assert package.call() == (2, 0)
    assert package.call() == (2, 1)
    package.write_helper(5)
    assert package.call() == (6, 0)
    assert package.call() == (6, 1)


def test_files_that_were_only_touched_keep_their_machine_code(package: Package) -> None:
    package.write_helper(1)
    package.call()
    package.write_helper(1)
    os.utime(package.sources / "inner" / "helper.py", ns=(1, 1))
    assert package.call() == (2, 1)


def test_several_processes_may_start_after_an_edit(package: Package) -> None:
    package.write_helper(1)
    package.call()
    package.write_helper(5)
    processes = [package.start() for _ in range(3)]
    assert [result_of(process)[0] for process in processes] == [6, 6, 6]


def write_cached(sources: Path) -> Path:
    cached = numba_folder(sources) / "f-1.py311.1.nbc"
    cached.parent.mkdir(parents=True, exist_ok=True)
    cached.touch()
    return cached


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    (tmp_path / "kernel.py").write_text("one = 1")
    return tmp_path


def test_machine_code_without_a_record_is_dropped_once(sources: Path) -> None:
    cached = write_cached(sources)
    assert drop_stale_cache(sources)
    assert not cached.exists()
    assert write_cached(sources).exists()
    assert not drop_stale_cache(sources)
    assert cached.exists()


def test_a_record_that_cannot_be_read_counts_for_nothing(sources: Path) -> None:
    drop_stale_cache(sources)
    (record,) = (sources / "__pycache__").iterdir()
    record.write_text("half of a")
    write_cached(sources)
    assert drop_stale_cache(sources)


def test_two_checkouts_share_a_cache_folder(
    sources: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
    other = tmp_path_factory.mktemp("other")
    (other / "kernel.py").write_text("one = 1")
    for folder in (sources, other):
        drop_stale_cache(folder)
    cached = write_cached(other)
    (sources / "kernel.py").write_text("one = 11")
    assert not drop_stale_cache(sources)
    assert cached.exists()


def test_a_cache_folder_that_cannot_be_written_to_is_left_alone(
    sources: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    not_a_folder = tmp_path_factory.mktemp("cache") / "file"
    not_a_folder.touch()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(not_a_folder))
    assert not drop_stale_cache(sources)
    assert not drop_stale_cache(sources)


def test_looking_at_the_real_kernels_takes_milliseconds() -> None:
    folder = Path(deepcuts.kernels.__file__).parent
    drop_stale_cache(folder)
    times = []
    for _ in range(9):
        start = perf_counter()
        assert not drop_stale_cache(folder)
        times.append(perf_counter() - start)
    assert min(times) < 0.005
