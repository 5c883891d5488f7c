"""Values of options that are more than one word: numbers by persona, lists of ids, the plays of a visitor."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from deepcuts.errors import DataError, SettingsError


def by_persona(text: str, option: str) -> dict[int, float]:
    """Read numbers by persona, such as ``0=0.3,2=-0.1``.

    Raises
    ------
    SettingsError
        If it is spelt otherwise, or a persona stands twice.
    """
    try:
        pairs = [(int(persona), float(value)) for persona, value in (part.split("=") for part in text.split(","))]
    except ValueError:
        raise SettingsError(f"{option} is {text!r}. Give numbers by persona, such as 0=2 or 0=0.3,2=-0.1.") from None
    if len(found := dict(pairs)) < len(pairs):
        raise SettingsError(f"{option} is {text!r}, where a persona stands twice. Give one number for each.")
    return found


def turn(text: str, option: str) -> float | Mapping[int, float]:
    """Read the rarity or the strength of the dial: one number for all personas, or numbers by persona.

    Raises
    ------
    SettingsError
        If it is neither.
    """
    try:
        return float(text)
    except ValueError:
        if "=" not in text:
            raise SettingsError(
                f"{option} is {text!r}. Give a number, or numbers by persona, such as 0=0.3,2=-0.1."
            ) from None
        return by_persona(text, option)


def ids(given: Sequence[str]) -> list[str]:
    """Take ids as they are given, and those in a file where one is given as ``@FILE``.

    Raises
    ------
    DataError
        If there is no such file, or it holds no text.
    """
    return [one for text in given for one in (ids_in_file(*id_files([text])) if text.startswith("@") else [text])]


def id_files(given: Sequence[str]) -> list[Path]:
    """Files among ids as they are given, where one is ``@FILE``.

    Raises
    ------
    SettingsError
        If one of them has no name.
    """
    if "@" in given:
        raise SettingsError("'@' names no file. Give @FILE with an id on each line, or ids.")
    return [Path(text[1:]) for text in given if text.startswith("@")]


def ids_in_file(path: Path) -> list[str]:
    """Read a text file with one id per line; blank lines do not count.

    Raises
    ------
    DataError
        If there is no such file, or it holds no ids.
    """
    found = [line for line in _lines(path) if line.strip()]
    if not found:
        raise DataError(f"{path} holds no ids. Write one on each line.")
    return found


def plays_in_file(path: Path) -> dict[str, float]:
    """Read the plays of one person: on every line an item and, after a tab or a comma, how often it was played.

    An item without a number counts as one play, a number below 0 is a dislike; several lines of an item are summed up.
    A header may stand on top.

    Raises
    ------
    DataError
        If there is no such file, it holds no items, or a play count is 0 or no number.
    """
    plays: dict[str, float] = {}
    for number, line in enumerate(_lines(path), start=1):
        cells = _cells(line, f"Line {number} of {path}")
        if not any(map(str.strip, cells)) or (number == 1 and _is_header(cells)):
            continue
        plays[cells[0]] = plays.get(cells[0], 0.0) + _play_count(cells, f"Line {number} of {path}")
    if not plays:
        raise DataError(f"{path} holds no items. Write an item on each line, then a tab and its plays.")
    return plays


def _cells(line: str, where: str) -> list[str]:
    if "\t" in line:  # between tabs, quotes are part of a name
        return line.split("\t")
    try:
        return next(csv.reader([line]), [])
    except csv.Error as error:  # above all a cell of more than 131,072 characters
        raise DataError(f"{where} cannot be read: {error}. Give an item, then a tab and its plays.") from None


def _is_header(cells: Sequence[str]) -> bool:
    return cells[0].lower() in {"item", "item_id", "artist"} and (len(cells) == 1 or not cells[1].isnumeric())


def _play_count(cells: Sequence[str], where: str) -> float:
    try:
        count = float(cells[1]) if len(cells) > 1 else 1.0
        if not cells[0].strip() or len(cells) > 2 or not 0 < abs(count) < float("inf"):
            raise ValueError
    except ValueError:
        raise DataError(
            f"{where} is {cells!r}. Give an item, then a tab and a play count above 0; "
            "put an item with a comma in it between double quotes."
        ) from None
    return count


def _lines(path: Path) -> list[str]:
    from deepcuts.storage import check_input, not_found

    check_input(path)
    try:
        return path.read_text(encoding="utf-8-sig").split("\n")
    except FileNotFoundError:
        raise DataError(not_found(path)) from None
    except UnicodeDecodeError:
        raise DataError(f"{path} is not a text file in UTF-8.") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from None
