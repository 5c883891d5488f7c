"""The files of a data set in a folder."""

from __future__ import annotations

import os
from pathlib import Path

from deepcuts.errors import DataError
from deepcuts.storage import StrPath


def find_file(folder: StrPath, *names: str) -> Path:
    """Path of the first of some files that is there.

    Raises
    ------
    DataError
        If there is no such folder, or none of the files in it.
    """
    found = find_optional(folder, *names)
    if found is None:
        raise DataError(
            f"There is no {' or '.join(names)} in {folder}. Name the folder that holds the unpacked files of the set."
        )
    return found


def find_optional(folder: StrPath, *names: str) -> Path | None:
    """Path of the first of some files that is there; None where none is.

    Raises
    ------
    DataError
        If there is no such folder.
    """
    if not os.path.isdir(folder):
        raise DataError(f"{folder} is no folder. Name the one that holds the unpacked files of the set.")
    return next((path for name in names if (path := Path(folder) / name).is_file()), None)
