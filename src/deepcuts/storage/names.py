"""Names of files: those that none can have, and endings that say the format."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

from deepcuts.errors import DataError, DeepcutsError, OutputError, SettingsError

StrPath: TypeAlias = str | os.PathLike[str]

_OF_OTHERS = frozenset(
    (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".parquet", ".pq", ".arrow", ".xlsx", ".npz", ".pkl")
)
_LONGEST = 255  # bytes of the name of a file, on all usual file systems
_SHOWN = 60  # characters of one that is too long
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/+")  # a pathlib.Path makes one of several slashes
_WINDOWS = re.compile(r"[^/]*\\")


def check_name(path: StrPath, error: type[DeepcutsError]) -> None:
    """Refuse what is no path, such as a number, which would mean an open file to the system, or has an impossible name.

    No name holds a NUL character, or what file names cannot spell, such as half of a surrogate pair, or is longer than
    255 bytes.

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
    if not os.fspath(path):
        raise error("A path is empty. Name a file.")
    longest = max(len(os.fsencode(name)) for name in (*Path(path).parts, ""))
    if longest > _LONGEST:
        name = os.fspath(path)[:_SHOWN]
        most = f"files have {_LONGEST} at most"
        raise error(f"{name}… holds a name of {longest:,} bytes, and {most}. Choose another one.")


def check_own_ending(path: StrPath) -> None:
    """Refuse a name for a file of ours that says it is one of another format: it would be opened as what it is not.

    Raises
    ------
    OutputError
        Naming the ending.
    """
    check_name(path, OutputError)
    ending = Path(path).suffix.lower()
    if ending in _OF_OTHERS:
        raise OutputError(
            f"{os.fspath(path)} would be no {ending} file, but one of deepcuts. Give it the ending .safetensors."
        )


def check_text_name(path: StrPath) -> None:
    """Refuse a file whose name is not UTF-8 text, which Arrow and DuckDB ask for.

    Raises
    ------
    DataError
        If it holds bytes of another encoding, which Python keeps as halves of surrogate pairs.
    """
    try:
        os.fspath(path).encode()
    except UnicodeEncodeError:
        raise DataError(f"The name of the file {os.fspath(path)!r} is not UTF-8 text. Rename the file.") from None


def not_found(path: StrPath) -> str:
    """Say that there is no such file, and what to write where that is why."""
    return f"There is no file {os.fspath(path)}." + advice_on_path(path)


def advice_on_path(path: StrPath) -> str:
    """A sentence, with a blank before it, of what to write for a URL, -, ~ or a path of Windows; "" for any other."""
    text = os.fspath(path)
    if url := _URL.match(text):
        if url[1].lower() == "file":
            return f" Give its path, not a URL: /{text[url.end() :]}."
        return " Files are read and written here, not URLs: download it first, and give the path of what comes."
    if text == "-":
        return " Pipes are neither read nor written: name a file."
    if (home := os.path.expanduser(text)) != text:
        return f" Only a shell knows what ~ stands for: give {home}."
    if os.sep == "/" and _WINDOWS.match(text):
        return " This system separates folders by /, and has no drives."
    return ""


def path_with_ending(path: StrPath, endings: Iterable[str]) -> Path:
    """Take the path of a file whose ending says its format.

    Raises
    ------
    SettingsError
        If it is no path, or its ending is none of those given.
    """
    check_name(path, SettingsError)
    path = Path(path)
    if path.suffix not in endings:
        raise SettingsError(f"{path} has to end in {' or '.join(endings)}, which says the format.")
    return path
