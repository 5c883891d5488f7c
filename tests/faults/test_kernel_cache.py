"""The folder of compiled kernels full, damaged or absent: a command gives the same lists, and says so once at most.

`tests/kernels/test_code_cache.py` looks closer, with small kernels. The short form tries a few conditions; the long one
(DEEPCUTS_FAULTS=long) all of them.
"""

from __future__ import annotations

import os
import random
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import deepcuts as dc
from command_line import COMMAND, import_paths
from deepcuts.kernels import cache_folder
from faults.table import add_row

LONG = os.environ.get("DEEPCUTS_FAULTS") == "long"
SHORT = ("a bit of one file", "a file in place of the folder")
WARNING = "Compiled kernels: "

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs Unix"),
    pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="nothing is compiled"),
]


@dataclass
class Condition:
    """A folder of caches, and what else a process finds."""

    base: Path
    environment: dict[str, str] = field(default_factory=dict)
    command: list[str] = field(default_factory=lambda: [sys.executable])
    most_bytes: int = resource.RLIM_INFINITY  # of a file that it writes

    @property
    def files(self) -> list[Path]:
        return sorted(self.base.glob("*/*.nbc"))

    def edit(self, change: Callable[[bytes], bytes], n: int | None = None) -> None:
        """Change the content of some files, or of all."""
        for file in random.Random(1).sample(self.files, n or len(self.files)):
            file.write_bytes(change(file.read_bytes()))

    def put(self, make: Callable[[Path], object]) -> None:
        """Put something else in the place of a file."""
        file = self.files[0]
        file.unlink()
        make(file)

    def empty(self) -> None:
        shutil.rmtree(self.base)
        self.base.mkdir(mode=0o700)


def flipped(content: bytes) -> bytes:
    at = len(content) // 2
    return content[:at] + bytes([content[at] ^ 4]) + content[at + 1 :]


def exchanged(condition: Condition) -> None:
    first, second = condition.files[:2]
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)


def limited(condition: Condition) -> None:
    condition.empty()
    condition.most_bytes = 4_096


def full(condition: Condition) -> None:
    """A file system of its own, with 64 KiB."""
    mount = 'mount -t tmpfs -o size=64k,mode=700 none "$0" && exec "$@"'
    condition.command = ["unshare", "-rm", "sh", "-c", mount, str(condition.base), sys.executable]
    if subprocess.run([*condition.command, "-c", ""], capture_output=True, check=False).returncode:
        pytest.skip("needs namespaces for a disk of its own")


def in_place(condition: Condition) -> None:
    shutil.rmtree(condition.base)
    condition.base.write_text("a file")


def homeless(condition: Condition) -> None:
    """The folder cannot be made, and there is no home; what is beside the sources is used, or nothing."""
    condition.base = Path("/proc/none")
    condition.environment |= {"HOME": "/dev/null/home", "XDG_CACHE_HOME": "/dev/null/cache"}


CONDITIONS: Mapping[str, Callable[[Condition], object]] = {
    "a bit of one file": lambda found: found.edit(flipped, 1),
    "a bit of each file": lambda found: found.edit(flipped),
    "one file cut off": lambda found: found.edit(lambda content: content[: len(content) // 2], 1),
    "each file cut to its checksum": lambda found: found.edit(lambda content: content[:32]),
    "empty files": lambda found: found.edit(lambda content: b""),
    "zeros": lambda found: found.edit(lambda content: bytes(len(content)), 1),
    "noise": lambda found: found.edit(lambda content: random.Random(2).randbytes(len(content)), 1),
    "text": lambda found: found.edit(lambda content: b"<!DOCTYPE html>" * 100, 1),
    "two files exchanged": exchanged,
    "a folder in place of a file": lambda found: found.put(Path.mkdir),
    "a link that leads nowhere": lambda found: found.put(lambda path: path.symlink_to("/none")),
    "a link to /dev/zero": lambda found: found.put(lambda path: path.symlink_to("/dev/zero")),
    "a pipe": lambda found: found.put(os.mkfifo),
    "others may write": lambda found: next(found.base.iterdir()).chmod(0o777),
    "a full disk": full,
    "no file of more than 4 KiB": limited,
    "absent, and made": lambda found: shutil.rmtree(found.base),
    "a file in place of the folder": in_place,
    "absent, and no home": homeless,
}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    plays = dc.generate_world(40, 60, items_per_user=5).plays
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    dc.PersonaNMF(n_factors=4, base_epochs=2, persona_epochs=1).fit(plays).save(path)
    return path


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, model: Path) -> tuple[Path, str]:
    """A folder of caches with all that a command needs, and what the command prints."""
    base = tmp_path_factory.mktemp("filled")
    base.chmod(0o700)
    known = cache_folder.cache_folder()
    if known is not None:  # most is there already
        shutil.copytree(known, base / known.name)
    ended = recommended(Condition(base), model)
    assert (ended.returncode, WARNING in ended.stderr) == (0, False), ended.stderr
    return base, ended.stdout


def recommended(condition: Condition, model: Path) -> subprocess.CompletedProcess[str]:
    """Run a command that needs kernels, in a condition."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(condition.base), **condition.environment}
    limits = (condition.most_bytes, condition.most_bytes)
    return subprocess.run(
        [*condition.command, *COMMAND[1:], "recommend", str(model), "--user", "user 0000001", "-k", "5"],
        env={**environment, "PYTHONPATH": import_paths()},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limits),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def wrong(condition: Condition, model: Path, expected: str) -> str | None:
    """Say what is wrong with how a command ends in a condition."""
    try:
        ended = recommended(condition, model)
    except subprocess.TimeoutExpired:
        return "it hangs"
    if ended.returncode or ended.stdout != expected:
        return f"status {ended.returncode}: {ended.stdout[-300:]} {ended.stderr[-600:]}"
    if "Traceback" in ended.stderr or ended.stderr.count(WARNING) > 1:
        return ended.stderr[-600:]
    return None


@pytest.mark.parametrize("name", CONDITIONS if LONG else SHORT)
def test_a_command_goes_on(name: str, filled: tuple[Path, str], model: Path, tmp_path: Path) -> None:
    base, expected = filled
    shutil.copytree(base, tmp_path / "cache")
    condition = Condition(tmp_path / "cache")
    CONDITIONS[name](condition)
    problem = wrong(condition, model, expected)
    add_row("errors: folder of compiled kernels", name, 1, int(problem is not None))
    assert problem is None
