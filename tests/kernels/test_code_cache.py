"""Machine code is only run with the sources it was compiled from, and no fault of its files or folder ends a program.

A copy of the package with a kernel that calls another, in real processes.
"""

from __future__ import annotations

import os
import pickle
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import NamedTuple

import pytest

import deepcuts
from command_line import import_paths
from deepcuts.kernels import cache_folder
from deepcuts.kernels.cache_folder import temporary_name
from waiting import PATIENCE

pytestmark = [
    pytest.mark.slow,  # each test starts processes that compile
    pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="its processes compile in any case"),
]

CALLER = """
from deepcuts.kernels.compiling import kernel
from deepcuts.kernels.inner.helper import number

@kernel()
def caller():
    return number() + 1
"""
HELPER = """
from deepcuts.kernels.compiling import kernel

@kernel()
def number():
    return {number}
"""
PRINT = """
{before}
from deepcuts.kernels.caller import caller
print(caller(), sum(caller.stats.cache_hits.values()))
"""
NO_LARGE_FILE = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))"
WARNING = "Set NUMBA_CACHE_DIR to a folder that only you can write to"
EDITED = "hopla!"


class Result(NamedTuple):
    number: int
    hits: int
    warnings: int


class Package:
    """A copy of deepcuts, with two kernels of which the caller's machine code holds the helper's."""

    def __init__(self, folder: Path, cache: Path | None) -> None:
        self.folder, self.cache = folder, cache
        self.kernels = folder / "deepcuts" / "kernels"
        source = Path(deepcuts.__file__).parent
        for name in ("__init__.py", "_version.py", "lazy.py", "array_types.py"):
            (folder / "deepcuts").mkdir(exist_ok=True)
            shutil.copy(source / name, folder / "deepcuts" / name)
        shutil.copytree(source / "kernels", self.kernels, ignore=shutil.ignore_patterns("__pycache__"))
        (self.kernels / "inner").mkdir()
        (self.kernels / "inner" / "__init__.py").touch()
        (self.kernels / "caller.py").write_text(CALLER)
        self.write_helper(1)

    def write_helper(self, number: int) -> None:
        (self.kernels / "inner" / "helper.py").write_text(HELPER.format(number=number))

    def start(self, before: str = "", **environment: str) -> subprocess.Popen[str]:
        env = {
            **os.environ,
            "PYTHONPATH": import_paths(self.folder),
            "NUMBA_DISABLE_JIT": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        env.pop("NUMBA_CACHE_DIR", None)
        if self.cache:
            env["NUMBA_CACHE_DIR"] = str(self.cache)
        command = [sys.executable, "-c", PRINT.format(before=before)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(command, env={**env, **environment}, text=True, **pipes)

    def call(self, before: str = "", **environment: str) -> Result:
        """Return what the caller returns in a process of its own, how often it came from the cache, and warnings."""
        return result_of(self.start(before, **environment))

    def folder_of_code(self) -> Path:
        (folder,) = (self.cache or self.kernels / "__pycache__").glob("deepcuts-*")
        return folder

    def files(self) -> list[Path]:
        return sorted(self.folder_of_code().glob("*.nbc"))


def result_of(process: subprocess.Popen[str]) -> Result:
    output, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, errors
    number, hits = map(int, output.split())
    assert "Traceback" not in errors
    return Result(number, hits, errors.count(WARNING))


@pytest.fixture
def package(tmp_path: Path) -> Package:
    return Package(tmp_path, tmp_path / "cache")


@pytest.fixture
def beside(tmp_path: Path) -> Package:
    return Package(tmp_path, None)


def test_a_changed_helper_changes_what_its_caller_returns(package: Package) -> None:
    assert package.call() == (2, 0, 0)
    assert package.call() == (2, 1, 0)
    package.write_helper(5)
    assert package.call() == (6, 0, 0)
    assert package.call() == (6, 1, 0)
    package.folder_of_code()  # that of the older sources is gone


def test_beside_the_sources_as_well(beside: Package) -> None:
    assert beside.call() == (2, 0, 0)
    assert beside.call() == (2, 1, 0)
    beside.write_helper(5)
    assert beside.call() == (6, 0, 0)


def test_times_of_change_do_not_matter(package: Package) -> None:
    """As in packages whose files all bear the same time: one byte is another, size and time are not."""
    helper = package.kernels / "inner" / "helper.py"
    os.utime(helper, ns=(1, 1))
    package.call()
    package.write_helper(1)
    assert package.call() == (2, 1, 0)
    package.write_helper(5)
    os.utime(helper, ns=(1, 1))
    assert package.call() == (6, 0, 0)


def test_another_version_compiles_anew(package: Package) -> None:
    package.call()
    (package.folder / "deepcuts" / "_version.py").write_text('__version__ = "99.0"')
    assert package.call() == (2, 0, 0)
    assert "-99.0-" in package.folder_of_code().name


def test_code_with_checks_of_bounds_is_kept_apart(package: Package) -> None:
    package.call()
    assert package.call(NUMBA_BOUNDSCHECK="1") == (2, 0, 0)
    assert package.call() == (2, 1, 0)


def test_several_processes_may_start_after_an_edit(package: Package) -> None:
    package.call()
    package.write_helper(5)
    processes = [package.start() for _ in range(3)]
    assert [result_of(process).number for process in processes] == [6, 6, 6]


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:-40] + bytes([content[-40] ^ 1]) + content[-39:],
        lambda content: content[: len(content) // 2],
        lambda content: b"",
        lambda content: b"\x80\x05" + b"garbage" * 100,
    ],
    ids=["bit", "cut", "empty", "garbage"],
)
def test_damaged_files_are_compiled_anew(package: Package, damage: Callable[[bytes], bytes]) -> None:
    package.call()
    for file in package.files():
        file.write_bytes(damage(file.read_bytes()))
    assert package.call() == (2, 0, 1)
    assert package.call() == (2, 1, 0)


def test_a_full_disk_is_told_once(package: Package) -> None:
    assert package.call(NO_LARGE_FILE) == (2, 0, 1)
    assert not list(package.folder_of_code().iterdir())


def test_a_cache_folder_that_cannot_be_made_is_told_and_another_is_used(package: Package) -> None:
    assert package.cache is not None
    package.cache.write_text("a file")
    assert package.call() == (2, 0, 1)
    assert package.call() == (2, 1, 1)


def test_without_package_folder_and_home_temporary_files_are_used(beside: Package, tmp_path: Path) -> None:
    (beside.kernels / "__pycache__").write_text("a file")
    (tmp_path / "temporary").mkdir()
    nowhere = {"HOME": "/dev/null/home", "XDG_CACHE_HOME": "/dev/null/cache", "TMPDIR": str(tmp_path / "temporary")}
    assert beside.call(**nowhere) == (2, 0, 1)
    assert beside.call(**nowhere) == (2, 1, 1)
    (folder,) = (tmp_path / "temporary").iterdir()
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder that even root cannot write to")
@pytest.mark.parametrize("named", [{}, {"NUMBA_CACHE_DIR": "/proc/kernels"}], ids=["home", "NUMBA_CACHE_DIR too"])
def test_a_home_that_is_not_to_be_written_into_is_told_once(
    beside: Package, tmp_path: Path, named: dict[str, str]
) -> None:
    (beside.kernels / "__pycache__").write_text("a file")
    (tmp_path / "temporary").mkdir()
    read_only = {"HOME": "/proc", "XDG_CACHE_HOME": "/proc/cache", "TMPDIR": str(tmp_path / "temporary"), **named}
    together = [beside.start(**read_only) for _ in range(2)]
    assert [result_of(process)[::2] for process in together] == [(2, 1)] * 2
    assert beside.call(**read_only) == (2, 1, 1)


def test_without_any_folder_kernels_run(beside: Package) -> None:
    (beside.kernels / "__pycache__").write_text("a file")
    no_folder = "import tempfile\ndef fail(): raise FileNotFoundError('none')\ntempfile.gettempdir = fail"
    nowhere = {"HOME": "/dev/null/home", "XDG_CACHE_HOME": "/dev/null/cache"}
    assert beside.call(no_folder, **nowhere) == (2, 0, 1)
    assert beside.call(no_folder, **nowhere) == (2, 0, 1)


def test_what_a_killed_process_has_left_half_written_is_swept(package: Package) -> None:
    """Of a process that is gone, at once; of another machine, once it is old; of one that runs, never."""
    package.call()
    folder = package.folder_of_code()
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        pass
    mine = re.fullmatch(r"x\.nbc\.([0-9a-f]{8})-\d+-[0-9a-f]{16}\.tmp", temporary_name("x.nbc"))
    assert mine is not None
    names = {
        "gone": f"x.nbc.{mine[1]}-{gone.pid}-0123456789abcdef.tmp",
        "runs": temporary_name("x.nbc"),
        "elsewhere": f"x.nbc.00000000-{gone.pid}-0123456789abcdef.tmp",
        "old": f"y.nbc.00000000-{gone.pid}-0123456789abcdef.tmp",
    }
    for name in names.values():
        (folder / name).write_bytes(b"half")
    os.utime(folder / names["old"], (0, 0))
    assert package.call() == (2, 1, 0)
    assert {path.name for path in folder.glob("*.tmp")} == {names["runs"], names["elsewhere"]}


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.write_text, (self.path, EDITED)


def plant(package: Package, trace: Path) -> None:
    """Exchange all machine code for pickles that show that they were read, with right checksums."""
    from deepcuts.kernels.code_cache import replace

    for file in package.files():
        replace(file, pickle.dumps(Bomb(trace)))


def open_folder(package: Package) -> None:
    package.folder_of_code().chmod(0o777)


def open_to_the_group(package: Package) -> None:
    package.folder_of_code().chmod(0o770)


def open_base(package: Package) -> None:
    package.folder_of_code().parent.chmod(0o777)


def link(package: Package) -> None:
    folder = package.folder_of_code()
    folder.rename(folder.parent / "elsewhere")
    folder.symlink_to(folder.parent / "elsewhere")


def give_away(package: Package) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    os.chown(package.folder_of_code(), 12345, -1)


@pytest.mark.parametrize("expose", [open_folder, open_to_the_group, open_base, link, give_away])
def test_nothing_is_read_where_others_can_write(
    package: Package, tmp_path: Path, expose: Callable[[Package], None]
) -> None:
    package.call()
    plant(package, tmp_path / "trace")
    package.call()
    assert (tmp_path / "trace").read_text() == EDITED  # the planted files work where the folder is private
    (tmp_path / "trace").unlink()
    plant(package, tmp_path / "trace")
    expose(package)
    assert package.call() == (2, 0, 1)
    assert not (tmp_path / "trace").exists()


def test_the_fingerprint_of_the_sources_takes_little_time() -> None:
    start = process_time()
    for _ in range(10):
        cache_folder.fingerprint(Path(cache_folder.__file__).parent)
    assert (process_time() - start) / 10 < 0.05


def test_that_kernels_are_compiled_is_told_once_and_not_where_they_are_kept(package: Package) -> None:
    told = []
    for _ in range(2):
        process = package.start("import logging; logging.basicConfig(level=logging.INFO)")
        told.append(process.communicate(timeout=PATIENCE)[1].count("Compiling kernels"))
    assert told == [1, 0]
