"""Where the machine code of kernels is kept between runs: a folder that nobody else can write to.

Its name holds the version and a fingerprint of the kernels' sources, so that machine code is only ever run with the
sources it was compiled from, whatever their times of change say.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import logging
import os
import platform
import secrets
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from numba.core import config
from numba.misc.appdirs import AppDirs

from deepcuts._version import __version__

logger = logging.getLogger(__name__)

ADVICE = "Set NUMBA_CACHE_DIR to a folder that only you can write to, so that they are found by the next run."

_SOURCES = Path(__file__).parent
_USER = os.geteuid() if hasattr(os, "geteuid") else 0
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_MACHINE = hashlib.sha256(platform.node().encode()).hexdigest()[:8]  # whose numbers of processes are meant
_LONGEST_WRITE = 3600  # seconds


class Found(NamedTuple):
    """A folder for machine code, or none, and why it may not be the one that is looked into next time, if so."""

    folder: Path | None
    problem: str | None


@functools.cache
def find_folder() -> Found:
    """Look for the folder of this version and this user, made where it was missing.

    Tried in this order: ``NUMBA_CACHE_DIR``, beside the sources, the user's folder of caches, the folder of temporary
    files. The last one, and none, are a problem, as is a ``NUMBA_CACHE_DIR`` that cannot be used.
    """
    problems: list[str] = []
    for base in _bases():
        try:
            folder = _folder_in(base)
        except OSError as error:
            problems.append(str(error))
        else:
            if problems and config.CACHE_DIR:
                return Found(folder, f"NUMBA_CACHE_DIR cannot be used ({problems[0]}), they are kept in {folder}")
            is_last_resort = base == _temporary() and str(base) != config.CACHE_DIR
            return Found(folder, f"they are kept in {folder} for now ({problems[0]})" if is_last_resort else None)
    return Found(None, f"no folder can be used ({'; '.join(problems)})")


def cache_folder() -> Path | None:
    """Return the folder of this version and this user, None where there can be none; warn once of a problem."""
    folder, problem = find_folder()
    if problem is not None:
        say_once(problem)
    return folder


@functools.cache
def say_once(reason: str) -> None:
    """Log that compiled kernels may have to be compiled again, and what to do."""
    logger.warning("Compiled kernels: %s. %s", reason[:1_000], ADVICE)


def fingerprint(sources: Path) -> str:
    """Hash the names and bytes of the files below a folder, of the compiled ones where sources are not installed."""
    files = sorted(sources.rglob("*.py")) or sorted(sources.rglob("*.pyc"))
    parts = (part for file in files for part in (file.relative_to(sources).as_posix().encode(), file.read_bytes()))
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def require_private(folder: Path) -> None:
    """Raise a PermissionError unless a folder is this user's, no link, and closed to everyone else's writes."""
    if os.name == "nt":
        return  # a profile's folders are the user's own by inherited rights
    state = folder.lstat()
    if not stat.S_ISDIR(state.st_mode) or state.st_uid != _USER or state.st_mode & _OTHERS_WRITE:
        raise PermissionError(f"{folder} is another's, or others can write to it")


def _bases() -> Iterator[Path]:
    if config.CACHE_DIR:
        yield Path(config.CACHE_DIR)
    yield _SOURCES / "__pycache__"
    user_wide = Path(AppDirs(appname="numba", appauthor=False).user_cache_dir)
    if user_wide.is_absolute():  # "~" stays where there is no home
        yield user_wide
    if (temporary := _temporary()) is not None:
        yield temporary


@functools.cache
def _temporary() -> Path | None:
    try:
        return Path(tempfile.gettempdir())
    except OSError:
        return None


def _folder_in(base: Path) -> Path:
    """Return the folder of these kernels in a folder of caches, made where it was missing.

    Raises
    ------
    OSError
        If it cannot be made or written to, or others could put machine code there.
    """
    of_sources = f"deepcuts-{hashlib.sha256(str(_SOURCES).encode()).hexdigest()[:8]}"
    folder = base / f"{of_sources}-{__version__}-{fingerprint(_SOURCES)[:16]}-{_USER}"
    if not folder.is_dir():
        base.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        _drop_older(base.glob(f"{of_sources}-*-{_USER}"), folder)
    require_private(folder)
    if os.name != "nt" and base.stat().st_mode & (stat.S_IWOTH | stat.S_ISVTX) == stat.S_IWOTH:
        raise PermissionError(f"{base} can be written to by everyone, who could exchange what is in it")
    tempfile.TemporaryFile(dir=folder).close()
    _sweep(folder)
    return folder


def temporary_name(name: str) -> str:
    """Name of a file until it is complete, by which a later process sees whether its writer is gone."""
    return f"{name}.{_MACHINE}-{os.getpid()}-{secrets.token_hex(8)}.tmp"


def _sweep(folder: Path) -> None:
    """Delete what processes that were killed have left half written."""
    for path in folder.glob("*.tmp"):
        with contextlib.suppress(OSError, ValueError):
            machine, pid, _ = path.name.split(".")[-2].split("-")
            is_old = time.time() - path.stat().st_mtime > _LONGEST_WRITE
            if is_old or (machine == _MACHINE and not _runs(int(pid))):
                path.unlink()


def _runs(pid: int) -> bool:
    """Whether there is a process of this number; where that cannot be asked, whether there may be."""
    if os.name != "posix":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _drop_older(folders: Iterator[Path], current: Path) -> None:
    """Delete the machine code of earlier versions of these same files."""
    for folder in folders:
        if folder != current:
            shutil.rmtree(folder, ignore_errors=True)
