"""A copy of a large model file that nobody else knows of: what happens to the original cannot reach what is mapped."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from deepcuts import storage
from deepcuts.errors import FileFormatError
from deepcuts.storage.temporary import TEMPORARY, claim, discard, new_name, sweep
from deepcuts.web.server.metrics import SHARED_FOLDER

logger = logging.getLogger(__name__)


@contextlib.contextmanager
def own_copy(path: Path) -> Iterator[Path]:
    """Yield the file to map in place of a large one; a file that is read into memory stands for itself.

    The copy is gone from its folder when the block ends, and from the disk with the last mapping of it. Workers of one
    service share one: it lies in the folder that the service has made for them, until another version takes its place.
    Where there is no space for it, or no folder, a warning tells so, and the file stands for itself.

    Raises
    ------
    FileFormatError
        In place of one that names the copy.
    """
    if not _is_in_danger(path):
        yield path
        return
    with contextlib.ExitStack() as stack:
        try:
            copy = stack.enter_context(_shared(path) if os.environ.get(SHARED_FOLDER) else _unshared(path))
        except OSError as error:
            logger.warning(
                "%s is mapped itself, as it cannot be copied (%s): replace it by renaming another file over it, as "
                "writing into it may end the service; or set TMPDIR to a folder with space for it",
                path,
                error.strerror or error,
            )
            copy = path
        try:
            yield copy
        except FileFormatError as error:
            raise FileFormatError(str(error).replace(str(copy), str(path))) from None


def _is_in_danger(path: Path) -> bool:
    if os.name == "nt":  # a mapped file cannot be written into there
        return False
    with contextlib.suppress(OSError):  # whoever opens it says what is wrong
        return storage.is_mapped(path)
    return False


@contextlib.contextmanager
def _unshared(path: Path) -> Iterator[Path]:
    folder = Path(tempfile.gettempdir())
    sweep(folder)
    copy = claim(folder / new_name(TEMPORARY, path.suffix))
    try:
        _copy(path, copy)
        yield copy
    finally:
        discard(copy)


@contextlib.contextmanager
def _shared(path: Path) -> Iterator[Path]:
    """Have one worker at a time look for the copy, make it where it is missing, and map it."""
    import fcntl

    folder = Path(os.environ[SHARED_FOLDER])
    name = f"of-{hashlib.sha256(os.fsencode(path.absolute())).hexdigest()[:12]}"  # a service may have several models
    with open(folder / f"{name}.lock", "wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        status = os.stat(path)
        copy = folder / f"model-{name}-{status.st_ino}-{status.st_mtime_ns}-{status.st_size}{path.suffix}"
        if not copy.exists():
            for older in folder.glob(f"model-{name}-*"):  # workers that map it hold it
                older.unlink()
            aside = folder / f"{name}.new"
            _copy(path, aside)
            aside.rename(copy)
        yield copy


def _copy(path: Path, copy: Path) -> None:
    copy.unlink(missing_ok=True)
    with open(path, "rb") as source, open(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        shutil.copyfileobj(source, target, 8 << 20)
