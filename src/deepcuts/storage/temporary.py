"""Temporary files and folders, named so that a later run recognises those of a process that is gone and removes them.

A name is ``.deepcuts-HOST-PID-TOKEN.ENDING``. HOST stands for the machine, its boot and its process namespace: where it
is another, whether PID is gone cannot be told, and age alone decides.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import hashlib
import os
import re
import secrets
import shutil
import socket
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from deepcuts.errors import OutputError
from deepcuts.storage.names import StrPath, check_name

TEMPORARY, JOURNAL, SET_ASIDE = "tmp", "moves", "old"

_NAME = re.compile(rf"\.deepcuts-([0-9a-f]{{8}})-(\d+)-[0-9a-f]{{16}}\.({TEMPORARY}|{JOURNAL})(\.|$)")
_MOST_SECONDS = 2 * 24 * 3600  # without a change: longer than any run leaves a temporary file alone
_LONGEST_SUFFIX = 16

_mine: set[Path] = set()  # what this process has still to remove


def new_name(ending: str, suffix: str = "") -> str:
    """Name of a temporary file or folder of this process; a long `suffix` is left out, as names have a limit."""
    kept = suffix if len(suffix) <= _LONGEST_SUFFIX else ""
    return f".deepcuts-{_host()}-{os.getpid()}-{secrets.token_hex(8)}.{ending}{kept}"


def claim(path: Path) -> Path:
    """Have a file or folder removed when the process ends, if it has not been before."""
    _mine.add(path)
    return path


def discard(path: Path) -> None:
    """Remove a file or folder of this process if it exists, whatever is wrong with it."""
    with contextlib.suppress(OSError):
        _remove(path)
    _mine.discard(path)


@contextlib.contextmanager
def temporary_folder(parent: StrPath | None = None) -> Iterator[str]:
    """Make a private folder and remove it afterwards, and those that killed processes have left beside it.

    Parameters
    ----------
    parent
        Where; None takes the system's folder for temporary files.

    Raises
    ------
    OutputError
        If it cannot be made, or nothing can be written to it.
    """
    parent = _system_folder() if parent is None else parent
    check_name(parent, OutputError)
    sweep(Path(parent))
    folder = claim(Path(parent, new_name(TEMPORARY)))
    try:
        try:
            os.mkdir(folder, 0o700)
        except OSError as error:
            raise OutputError(
                f"No temporary folder can be made in {parent}: {error.strerror}. Pass another temp_directory, or set "
                "TMPDIR."
            ) from error
        yield os.fspath(folder)
    finally:
        discard(folder)


def _system_folder() -> str:
    try:
        return tempfile.gettempdir()
    except OSError as error:
        raise OutputError(
            f"There is no folder for temporary files: {error.strerror}. Set TMPDIR to one that can be written to."
        ) from error


def sweep(folder: Path) -> None:
    """Remove the temporary files and folders in a folder whose process is gone."""
    for path in left_behind(folder, TEMPORARY):
        with contextlib.suppress(OSError):
            _remove(path)


def left_behind(folder: Path, ending: str) -> list[Path]:
    """Files and folders with this ending, of this user, whose process is gone."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        return [Path(entry.path) for entry in entries if _is_left_behind(entry, ending)]
    return []


def _is_left_behind(entry: os.DirEntry[str], ending: str) -> bool:
    match = _NAME.match(entry.name)
    if match is None or match[3] != ending:
        return False
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:
        return False
    if hasattr(os, "getuid") and status.st_uid != os.getuid():
        return False
    is_old = time.time() - status.st_mtime > _MOST_SECONDS
    return is_old if match[1] != _host() else int(match[2]) != os.getpid() and (is_old or not is_running(int(match[2])))


def is_running(pid: int) -> bool:
    """Whether there is a process of this number; where that cannot be asked, whether there may be."""
    # On Windows the signal 0, which elsewhere is never sent, would be sent.
    if os.name != "posix":
        return True
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True


@functools.cache
def _host() -> str:
    """Eight digits for the machine, its boot and the namespace that its process numbers count in."""
    parts = [socket.gethostname()]
    with contextlib.suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii"))
        parts.append(os.readlink("/proc/self/ns/pid"))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:8]


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@atexit.register
def discard_mine() -> None:
    """Remove what an interrupt has kept a block from removing; a forked child leaves what is its parent's."""
    for path in list(_mine):
        match = _NAME.match(path.name)
        if match is not None and int(match[2]) == os.getpid():
            discard(path)


def mode_of(path: Path) -> int | None:
    """Permissions of a file; None where there is none."""
    try:
        return stat.S_IMODE(os.stat(path).st_mode)
    except FileNotFoundError:
        return None
