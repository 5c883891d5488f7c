"""Drop machine code that was compiled from other sources than those that stand here.

Numba keys its cache by the file that a kernel stands in. After an edit in a helper file, the machine code of callers
still holds the old helper. So a fingerprint of all files below ``kernels/`` is kept beside the cache, and where it is
not that of the sources, what Numba has cached of these kernels is deleted.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path

_RECORD = "deepcuts-kernels.sources"
_CACHED = ("*.nbi", "*.nbc")


def drop_stale_cache(sources: Path) -> bool:
    """Delete the cached machine code of the kernels below a folder if any of its files has changed.

    The record has two lines: a fingerprint of the sizes and times of the files, which is quick to compute, and one of
    their bytes, which is looked at only where the first differs. A folder that cannot be written to is left as it is.
    Several processes may do this at once: each compiles what it misses.

    Parameters
    ----------
    sources
        Folder of the kernels' sources.

    Returns
    -------
    Whether machine code was found and deleted.
    """
    files = sorted(sources.rglob("*.py"))
    record = numba_folder(sources) / _RECORD
    stamp = _stamp(files)
    known_stamp, known_content = _read(record)
    if known_stamp == stamp:
        return False
    content = _content(files, sources)
    stale = known_content != content and _delete_cached(sources, files)
    _write(record, f"{stamp}\n{content}\n")
    return stale


def numba_folder(folder: Path) -> Path:
    """Return where Numba keeps the machine code of the files of a folder, by the rules of `numba.core.caching`."""
    name = f"{folder.name}_{hashlib.sha1(str(folder).encode()).hexdigest()}"
    if elsewhere := os.environ.get("NUMBA_CACHE_DIR"):
        return Path(elsewhere) / name
    beside = folder / "__pycache__"
    if os.access(beside if beside.is_dir() else folder, os.W_OK):
        return beside
    from numba.misc.appdirs import AppDirs

    return Path(AppDirs(appname="numba", appauthor=False).user_cache_dir) / name


def _stamp(files: list[Path]) -> str:
    """Fingerprint of names, sizes and times of change."""
    states = ((file, file.stat()) for file in files)
    return _hash("\n".join(f"{file} {state.st_size} {state.st_mtime_ns}" for file, state in states).encode())


def _content(files: list[Path], sources: Path) -> str:
    """Fingerprint of names and bytes."""
    parts = (part for file in files for part in (str(file.relative_to(sources)).encode(), file.read_bytes()))
    return _hash(b"\0".join(parts))


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _read(record: Path) -> tuple[str, str]:
    """Both fingerprints, each empty where there is no record that can be read."""
    try:
        stamp, content = record.read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return "", ""
    return stamp, content


def _write(record: Path, text: str) -> None:
    """Replace the record in one step, so that no process reads half of it."""
    temporary = record.with_name(f"{record.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        record.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, encoding="ascii")
        temporary.replace(record)


def _delete_cached(sources: Path, files: list[Path]) -> bool:
    """Delete what Numba has cached of the kernels; return whether there was any."""
    folders = {numba_folder(folder) for folder in (sources, *(file.parent for file in files))}
    cached = [file for folder in sorted(folders) for pattern in _CACHED for file in folder.glob(pattern)]
    for file in cached:
        with contextlib.suppress(OSError):  # another process was quicker, or it is not ours to delete
            file.unlink()
    return bool(cached)
