"""Outputs are written completely or not at all, whatever gets in the way."""

from __future__ import annotations

import os
import resource
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from deepcuts import storage
from deepcuts.errors import OutputError
from deepcuts.storage import temporary
from waiting import PATIENCE

# Writes 16 GiB from a single number, so it is always caught in the middle.
WRITE_FOREVER = """
import sys, numpy as np
from deepcuts import storage
storage.write(sys.argv[1], "model", {"x": np.broadcast_to(np.float32(0), (1 << 22, 1 << 10))}, {}, {}, force=True)
"""

REFUSED = """
import os, sys
from deepcuts import errors, storage
if os.getuid() == 0:
    os.setuid(65534)
try:
    storage.check_output(sys.argv[1])
except errors.OutputError as error:
    print(error)
"""

OPEN_TO_ALL = ("/var/tmp", "/dev/shm")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that was there before, alone in its folder."""
    path = tmp_path / "model.safetensors"
    storage.write(path, "model", {"x": np.arange(3)}, {}, {})
    return path


def assert_untouched(path: Path) -> None:
    assert storage.read(path, "model").arrays["x"].tolist() == [0, 1, 2]
    assert os.listdir(path.parent) == [path.name]


def write_half(path: Path, trouble: BaseException) -> None:
    with storage.replacing(path, force=True) as temporary:
        temporary.write_bytes(b"half")
        raise trouble


def run(code: str, path: Path, prepare: Callable[[], None] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, path],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=prepare,
        timeout=PATIENCE,
    )


def stop_in_the_middle(path: Path, how: signal.Signals) -> str:
    """Send a signal to a process that has begun to write, and return what it says."""
    child = subprocess.Popen([sys.executable, "-c", WRITE_FOREVER, path], stderr=subprocess.PIPE, text=True)
    try:
        while not any(hidden.stat().st_size for hidden in path.parent.glob(".*")):
            assert child.poll() is None, child.stderr.read()
            time.sleep(0.01)
        child.send_signal(how)
        return child.communicate(timeout=PATIENCE)[1]
    finally:
        child.kill()


# What is refused before any work


def test_an_output_that_exists_needs_force(path):
    for attempt in (storage.check_output, lambda path: storage.write(path, "model", {}, {}, {})):
        with pytest.raises(OutputError, match=r"model\.safetensors exists already\. Pass force=True \(--force on the"):
            attempt(path)
    assert_untouched(path)
    storage.check_output(path, force=True)
    storage.write(path, "model", {"x": np.arange(2)}, {}, {}, force=True)
    assert storage.read(path, "model").arrays["x"].tolist() == [0, 1]
    assert os.listdir(path.parent) == [path.name]


def test_an_output_needs_a_folder_and_a_name(tmp_path):
    with pytest.raises(OutputError, match=r"cannot be written: there is no folder .*missing\. Create it first"):
        storage.check_output(tmp_path / "missing" / "model.safetensors")
    with pytest.raises(OutputError, match="holds a name of 300 bytes, and files have 255 at most"):
        storage.check_output(tmp_path / ("n" * 300))
    for path in (tmp_path, "/dev/null"):
        with pytest.raises(OutputError, match=r"is a folder or a device\. Name a file"):
            storage.check_output(path, force=True)


def test_a_read_only_folder_is_refused():
    # Not tmp_path: it may be closed to the user that root becomes, and so may be the folder it lies in.
    parent = next(folder for folder in (tempfile.gettempdir(), *OPEN_TO_ALL) if os.stat(folder).st_mode & 0o001)
    with tempfile.TemporaryDirectory(dir=parent) as folder:
        os.chmod(folder, 0o555)
        said = run(REFUSED, Path(folder) / "model.safetensors").stdout
    assert f"cannot be written: the folder {folder} is read-only. Choose another one." in said


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs /proc")
def test_a_folder_that_lets_nothing_be_created_is_refused():
    with pytest.raises(OutputError, match=r"/proc/model\.safetensors cannot be written: "):
        storage.write("/proc/model.safetensors", "model", {}, {}, {})


# What goes wrong on the way


def test_a_full_disk_leaves_the_old_file_whole(path):
    code = """
import sys, numpy as np
from deepcuts import errors, storage
try:
    storage.write(sys.argv[1], "model", {"x": np.zeros(1 << 20)}, {}, {}, force=True)
except errors.OutputError as error:
    sys.exit(str(error))
"""
    done = run(code, path, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20)))
    assert done.stderr == f"{path} cannot be written: File too large. Nothing was changed there.\n"
    assert_untouched(path)


def test_an_interrupt_leaves_the_old_file_whole(path):
    assert "KeyboardInterrupt" in stop_in_the_middle(path, signal.SIGINT)
    assert_untouched(path)


def test_a_kill_leaves_the_old_file_whole(path):
    stop_in_the_middle(path, signal.SIGKILL)
    (hidden,) = path.parent.glob(".deepcuts-*")
    assert hidden.suffix == path.suffix
    storage.check_output(path, force=True)  # as the next run does, before any work
    assert_untouched(path)


@pytest.mark.parametrize("trouble", [KeyboardInterrupt(), ValueError(), MemoryError()])
def test_trouble_of_any_kind_leaves_the_old_file_whole(path, trouble):
    with pytest.raises(type(trouble)):
        write_half(path, trouble)
    assert_untouched(path)


def test_trouble_with_a_new_file_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        write_half(tmp_path / "lists.parquet", KeyboardInterrupt())
    assert os.listdir(tmp_path) == []


def test_the_reason_of_a_writer_is_kept(tmp_path):
    with (
        pytest.raises(
            OutputError, match=r"lists\.parquet cannot be written: Error writing bytes\. Nothing was changed"
        ),
        storage.replacing(tmp_path / "lists.parquet"),
    ):
        raise OSError("Error writing bytes")  # as pyarrow does: no number, only words


def test_an_inner_output_speaks_for_itself(path):
    with (
        pytest.raises(OutputError, match=r"^.*model\.safetensors exists already"),
        storage.replacing(path.with_name("report.html")),
        storage.replacing(path),
    ):
        pass
    assert_untouched(path)


# What comes up meanwhile, and what others have left


def test_a_file_that_comes_up_meanwhile_stays(tmp_path):
    said = r"lists\.csv exists already: it has come up meanwhile, and stays as it is\. Nothing was changed"
    with pytest.raises(OutputError, match=said), storage.replacing(tmp_path / "lists.csv"):
        (tmp_path / "lists.csv").write_text("theirs")
    assert os.listdir(tmp_path) == ["lists.csv"]
    assert (tmp_path / "lists.csv").read_text() == "theirs"


def test_only_what_a_process_that_is_gone_has_left_is_removed(tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    own = temporary.new_name(temporary.TEMPORARY, ".csv")
    host = own.split("-")[1]
    elsewhere, token = "0" * 8, "f" * 16
    old, left = time.time() - 3 * 24 * 3600, f".deepcuts-{host}-{gone.pid}-{token}.tmp.csv"
    kept = [own, f".deepcuts-{host}-1-{token}.tmp.csv", f".deepcuts-{elsewhere}-{gone.pid}-{token}.tmp.csv", ".mine"]
    aged = f".deepcuts-{elsewhere}-1-{token}.tmp.csv"
    for name in (left, aged, *kept):
        (tmp_path / name).touch()
    os.utime(tmp_path / aged, (old, old))
    (tmp_path / f".deepcuts-{host}-{gone.pid}-{token}.tmp").mkdir()
    storage.check_output(tmp_path / "lists.csv")
    assert sorted(os.listdir(tmp_path)) == sorted(kept)


# What other writers can rely on


def test_a_table_is_written_through_a_temporary_file(tmp_path):
    path = tmp_path / "lists.parquet"
    with storage.replacing(path) as temporary:
        assert (temporary.parent, temporary.suffix, temporary.name[0]) == (tmp_path, ".parquet", ".")
        pq.write_table(pa.table({"rank": [1, 2]}), temporary)
        assert not path.exists()
    assert pq.read_table(path)["rank"].to_pylist() == [1, 2]
    assert os.listdir(tmp_path) == ["lists.parquet"]


def test_permissions_are_those_of_any_new_file_or_of_the_old_one(path):
    (path.parent / "any").touch()
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE((path.parent / "any").stat().st_mode)
    path.chmod(0o600)
    storage.write(path, "model", {}, {}, {}, force=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_private_file_is_for_its_owner_alone(path):
    path.chmod(0o644)
    with storage.replacing(path, force=True, private=True) as temporary:
        assert stat.S_IMODE(temporary.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_link_stays_a_link(path, tmp_path):
    (tmp_path / "folder").mkdir()
    link = tmp_path / "folder" / "latest.safetensors"
    link.symlink_to(path)
    storage.write(link, "model", {"x": np.arange(2)}, {}, {}, force=True)
    assert link.is_symlink()
    assert storage.read(path, "model").arrays["x"].tolist() == [0, 1]


@pytest.mark.parametrize(
    ("output", "refusal"),
    [
        ("plays.parquet", "is read, and would be lost"),
        ("logs", "is read, and would be lost"),
        ("logs/new.parquet", "lies in a folder that is read"),
        (".", "lies what is read, and would be lost"),
    ],
)
def test_an_output_lies_apart_from_what_is_read(tmp_path, output, refusal):
    inputs, folders = [tmp_path / "plays.parquet", None], [tmp_path / "logs"]
    with pytest.raises(OutputError, match=refusal):
        storage.check_apart(tmp_path / output, inputs, folders)
    storage.check_apart(tmp_path / "logs-2" / "plays.parquet", inputs, folders)


def test_outputs_lie_apart_from_patterns_and_from_one_another(tmp_path):
    (tmp_path / "a1.csv").touch()
    (tmp_path / "link.csv").symlink_to(tmp_path / "b.csv")
    with pytest.raises(OutputError, match=r"a1\.csv is read, and would be lost"):
        storage.check_outputs([tmp_path / "a1.csv"], [str(tmp_path / "a*.csv")], force=True)
    with pytest.raises(OutputError, match=r"link\.csv is named for two outputs"):
        storage.check_outputs([tmp_path / "b.csv", None, tmp_path / "link.csv"], [], force=True)
    with pytest.raises(OutputError, match="exists already"):
        storage.check_outputs([tmp_path / "a1.csv"], [tmp_path / "other.csv"])
    (tmp_path / "deep" / "deeper").mkdir(parents=True)
    (tmp_path / "deep" / "deeper" / "d.csv").touch()
    with pytest.raises(OutputError, match=r"d\.csv is read, and would be lost"):
        storage.check_outputs([tmp_path / "deep" / "deeper" / "d.csv"], [str(tmp_path / "**" / "*.csv")], force=True)
    storage.check_outputs([tmp_path / "b.csv", tmp_path / "c.csv"], [str(tmp_path / "a*.csv"), None])
