"""Outputs that are written completely or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

from deepcuts.errors import OutputError

StrPath: TypeAlias = str | os.PathLike[str]


def check_output(path: StrPath, *, force: bool = False) -> None:
    """Refuse an output that could not be written, before any work is spent on it.

    Parameters
    ----------
    path
        The file to be.
    force
        Whether a file that exists already may be replaced.

    Raises
    ------
    OutputError
        If the file exists and `force` is false, if it is a folder or a device, or if its folder is missing or
        read-only.
    """
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    if not os.path.isdir(folder):
        raise OutputError(f"{path} cannot be written: there is no folder {folder}. Create it first.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"{path} cannot be written: the folder {folder} is read-only. Choose another one.")
    try:
        mode = os.stat(target).st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}.") from error
    if not stat.S_ISREG(mode):
        raise OutputError(f"{path} is a folder or a device. Name a file.")
    if not force:
        raise OutputError(f"{path} exists already. Pass force=True (--force on the command line) to replace it.")


@contextlib.contextmanager
def replacing(path: StrPath, *, force: bool = False) -> Iterator[Path]:
    """Write a file under a temporary name and rename it when it is complete.

    The temporary file lies hidden in the same folder and has the ending of `path`. When the block ends it is synced to
    disk and renamed. In any other case it is removed, and a file that was there before stays as it was; a process that
    is killed leaves only the temporary file behind.

    Parameters
    ----------
    path
        The file to write; where it is a symbolic link, the file it points to.
    force
        Whether a file that exists already may be replaced. Its permissions are kept.

    Yields
    ------
    Path
        An empty file to write to. Close it before the block ends.

    Raises
    ------
    OutputError
        If `check_output` refuses the path, or where writing fails: a full disk, a folder that is read-only.
    """
    check_output(path, force=force)
    # The target of a link is replaced, not the link; a name in the same folder, as rename cannot cross file systems.
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{secrets.token_hex(8)}{target.suffix}")
    try:
        _create(temporary, like=target)
        yield temporary
        # Synced before it is renamed: after a power cut the name must not point to a file that is still empty.
        _sync(temporary, os.O_RDWR)
        temporary.replace(target)
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}. Nothing was changed there.") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # not every file system can sync a folder; the file is complete either way
        _sync(target.parent, os.O_RDONLY)


def _create(temporary: Path, like: Path) -> None:
    """Create an empty file with the permissions of the one it will replace, or with those of any new file."""
    # O_EXCL refuses a file or a link that someone else has put there; 0o666 is reduced by the umask.
    os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    if like.exists():
        shutil.copymode(like, temporary)


def _sync(path: Path, flags: int) -> None:
    """Wait until a file or a folder is on the disk itself."""
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
