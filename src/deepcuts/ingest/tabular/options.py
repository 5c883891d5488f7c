"""Options of a reading, and its report."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from deepcuts.errors import SettingsError
from deepcuts.ingest.tabular.time_rules import TimeRules

_MEMORY = re.compile(r"\d+(\.\d+)?\s*[KMGT]i?B", re.IGNORECASE)


@dataclass(frozen=True)
class ReadOptions:
    """Options of a reading.

    Parameters
    ----------
    on_bad_rows
        What to do with rows that cannot be used: "error" refuses them, "skip" leaves them out.
    bad_rows
        CSV file that takes the rows left out: file, row, reason and the cells as they were.
    dislikes
        Whether play counts below 0 are meant: as dislikes, the stronger the lower. The rows of a user and item are
        summed first, and users and items that have nothing but dislikes drop out.
    trim
        Whether blanks around ids are cut off.
    header
        Whether text files begin with a line of names; None detects it.
    delimiter
        Character between the cells of text files; None detects it.
    quote
        Character around cells of text files, "" for none; None takes ``"``, but none between tabs or blanks.
    memory_limit
        Memory that DuckDB may take before it puts intermediate results on disk, such as 4GB.
    temp_directory
        Folder for these; None takes the system's.
    force
        Whether a `bad_rows` file that exists may be replaced.
    times
        How much a play counts, by when it was heard, which needs a column of times; None counts each as it is.

    Raises
    ------
    SettingsError
        If one is out of its range.
    """

    on_bad_rows: Literal["error", "skip"] = "error"
    bad_rows: Path | None = None
    dislikes: bool = False
    trim: bool = False
    header: bool | None = None
    delimiter: str | None = None
    quote: str | None = None
    memory_limit: str = "4GB"
    temp_directory: Path | None = None
    force: bool = False
    times: TimeRules | None = None

    def __post_init__(self) -> None:
        if self.on_bad_rows not in {"error", "skip"}:
            raise SettingsError(f'on_bad_rows is {self.on_bad_rows!r}. Choose "error" or "skip".')
        if self.delimiter is not None and (len(self.delimiter) != 1 or self.delimiter in "\r\n"):
            raise SettingsError(f"delimiter is {self.delimiter!r}. Give one character, not a line end.")
        if self.quote and (len(self.quote) != 1 or self.quote in "\r\n" or self.quote == self.delimiter):
            raise SettingsError(
                f'quote is {self.quote!r}. Give one character other than the delimiter, or "" for none.'
            )
        if not _MEMORY.fullmatch(self.memory_limit.strip()):
            raise SettingsError(f"memory_limit is {self.memory_limit!r}. Give a number and a unit, such as 4GB.")


@dataclass(frozen=True)
class IngestReport:
    """Report of a reading.

    Parameters
    ----------
    n_rows
        Rows read, good and bad.
    n_skipped
        Bad rows left out.
    reasons
        Why, and how many rows of each, most first.
    bad_rows
        The file that lists them; None where none was asked for or nothing was left out.
    """

    n_rows: int
    n_skipped: int
    reasons: Mapping[str, int]
    bad_rows: Path | None
