"""Names that no file can have."""

from __future__ import annotations

import os
from typing import TypeAlias

from deepcuts.errors import DeepcutsError

StrPath: TypeAlias = str | os.PathLike[str]


def check_name(path: StrPath, error: type[DeepcutsError]) -> None:
    """Refuse what is no path, such as a number, which would mean an open file to the system, or has an impossible name.

    No name holds a NUL character, or what file names cannot spell, such as half of a surrogate pair.

    Raises
    ------
    DeepcutsError
        Of the type `error`.
    """
    if not isinstance(path, str | os.PathLike):
        raise error(f"A path is of the type {type(path).__name__}. Pass text or a pathlib.Path.")
    try:
        can_be = b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        can_be = False
    if not can_be:
        raise error(f"{os.fspath(path)!r} is a name that no file can have.")
