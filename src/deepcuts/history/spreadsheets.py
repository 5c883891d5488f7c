"""Spreadsheets: each sheet as a text table, which is then read like any other."""

from __future__ import annotations

import contextlib
import csv
import io
import logging
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import IO, Any

from deepcuts.errors import FileFormatError, MissingExtraError, command_for
from deepcuts.history.limits import Limits, in_words
from deepcuts.wording import counted

logger = logging.getLogger(__name__)

_SHEETS = {"xl/workbook.xml", "xl/workbook.bin"}
_OPEN_DOCUMENT = {"content.xml", "mimetype"}  # styles are not in every one

# A cell of Office Open XML with a formula, and without what it came to when the file was saved.
_NO_RESULT = re.compile(rb"(?:</f>|<f(?:\s[^<>]*)?/>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>")


def is_spreadsheet(names: set[str]) -> bool:
    """Whether the files in an archive are those of a spreadsheet."""
    return bool(_SHEETS & names) or names >= _OPEN_DOCUMENT


def sheets_of(name: str, archive: zipfile.ZipFile, file: IO[bytes], limits: Limits) -> Iterator[tuple[str, bytes]]:
    """Names of the sheets of a spreadsheet, and what is in them as CSV in UTF-8.

    Parameters
    ----------
    name
        What messages call the file.
    archive
        The spreadsheet as the archive that it is.
    file
        Its bytes.
    limits
        The most that is read.

    Raises
    ------
    FileFormatError
        If it is damaged, encrypted, or unpacks to more than a document may hold.
    MissingExtraError
        If Calamine is not installed.
    """
    unpacked = sum(info.file_size for info in archive.infolist())
    if unpacked > limits.document_bytes:
        raise FileFormatError(
            f"{name} unpacks to {in_words(unpacked)}, too large for a spreadsheet of listens. Save its sheet as CSV."
        )
    workbook, error = _opened(name, file)
    _tell_of_formulas(name, archive)
    for title in workbook.sheet_names:
        try:
            yield title, _as_csv(workbook.get_sheet_by_name(title).to_python())
        except error as damage:
            raise FileFormatError(f"{name}: the sheet {title!r} cannot be read: {damage}.") from damage


def _tell_of_formulas(name: str, archive: zipfile.ZipFile) -> None:
    """Warn of formulas whose results are not in the file: they are read as empty cells."""
    n_empty = 0
    sheets = [each for each in archive.namelist() if each.startswith("xl/worksheets/") and each.endswith(".xml")]
    with contextlib.suppress(zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):  # told later
        n_empty = sum(len(_NO_RESULT.findall(archive.read(each))) for each in sheets)
    if n_empty:
        logger.warning(
            "%s has no result of %s, whose cells are read as empty. Open it in a spreadsheet program, and save it.",
            name,
            counted(n_empty, "formula"),
        )


def _opened(name: str, file: IO[bytes]) -> tuple[Any, type[Exception]]:
    """The workbook, and the error that reading it may raise."""
    try:
        from python_calamine import CalamineError, CalamineWorkbook
    except ImportError as error:
        raise MissingExtraError(
            f"{name} is a spreadsheet, and python-calamine is not installed. Run: {command_for('history')}, "
            "or save its sheet as CSV, with columns named artist and plays, or artist and time."
        ) from error
    try:
        file.seek(0)
        return CalamineWorkbook.from_filelike(file), CalamineError
    except CalamineError as error:
        raise FileFormatError(
            f"{name} is a damaged or encrypted spreadsheet: {error}. Download or copy it again."
        ) from error


def _as_csv(rows: Sequence[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8", "replace")


def _cell(value: Any) -> str:
    """A cell as text; whole numbers have no fraction, and moments are those of ISO 8601."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    return value.isoformat() if isinstance(value, date) else " ".join(str(value).split("\n"))
