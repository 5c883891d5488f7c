"""Inputs are regular files: a pipe can be read only once, and a device may have no end."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from typing import TypeVar

from deepcuts.errors import DataError
from deepcuts.storage.names import StrPath, check_name

_Path = TypeVar("_Path", bound=StrPath)


def each_once(paths: Iterable[_Path]) -> Iterator[_Path]:
    """Each file under the first of its names: a link, or a pattern and a name, must not have its plays count twice."""
    seen = set()
    for path in paths:
        try:
            found = os.stat(path)
            key: tuple[int, int] | str = (found.st_dev, found.st_ino)
        except (OSError, ValueError):  # whoever opens it says what is wrong
            key = str(path)
        if key not in seen:
            seen.add(key)
            yield path


def check_input(path: StrPath) -> None:
    """Refuse to read what is there and is no regular file; whoever opens it says what else is wrong.

    Raises
    ------
    DataError
        If it is a folder, a pipe, a socket or a device, or has a name that no file can have.
    """
    check_name(path, DataError)
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return
    if stat.S_ISDIR(mode):
        raise DataError(f"{path} is a folder. Name a file in it.")
    if not stat.S_ISREG(mode):
        raise DataError(f"{path} is a pipe or a device, not a file. Save what it gives to a file first.")
