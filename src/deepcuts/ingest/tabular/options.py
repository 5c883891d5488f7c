"""Options of a reading, and its report."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from deepcuts.checks import choice, instance, shown, truth
from deepcuts.errors import SettingsError
from deepcuts.ingest.tabular.encodings import check_encoding
from deepcuts.ingest.tabular.time_rules import TimeRules
from deepcuts.setting_names import refusing_unknown

OnBadRows = Literal["error", "skip"]

_MEMORY = re.compile(r"\d+(\.\d+)?\s*[KMGT]i?B", re.IGNORECASE)


@refusing_unknown
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
    normalize
        Whether ids that look alike are one: composed and decomposed letters, invisible marks and several blanks do not
        tell them apart.
    decimal
        The mark that begins fractions in play counts that are text, "." or ","; None finds out over the column.
    dates
        The order of dates such as 3/4/2024: "dmy" or "mdy"; None finds out over the column.
    encoding
        The encoding of text files, such as cp1251; None finds out whether it is UTF-8, UTF-16 or cp1252.

    Raises
    ------
    SettingsError
        If one is out of its range.
    """

    on_bad_rows: OnBadRows = "error"
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
    normalize: bool = False
    decimal: Literal[".", ","] | None = None
    dates: Literal["dmy", "mdy"] | None = None
    encoding: str | None = None

    @classmethod
    def of(cls, given: ReadOptions | None) -> ReadOptions:
        """Take options as they were given, or the defaults where there are none.

        Raises
        ------
        SettingsError
            If they are anything else.
        """
        return cls() if given is None else instance("options", given, cls, "Pass ReadOptions(...).")

    def __post_init__(self) -> None:
        choice("on_bad_rows", self.on_bad_rows, get_args(OnBadRows))
        for name in ("dislikes", "trim", "force", "normalize"):
            object.__setattr__(self, name, truth(name, getattr(self, name)))
        if self.header is not None:
            object.__setattr__(self, "header", truth("header", self.header))
        for name in ("bad_rows", "temp_directory"):
            if (path := getattr(self, name)) is not None:
                object.__setattr__(self, name, _path(name, path))
        if self.times is not None and not isinstance(self.times, TimeRules):
            raise SettingsError(f"times is {shown(self.times)}. Pass TimeRules(...).")
        if self.delimiter is not None and not _is_mark(self.delimiter):
            raise SettingsError(f"delimiter is {shown(self.delimiter)}. Give one character, not a line end.")
        has_quote = self.quote is not None and not (isinstance(self.quote, str) and not self.quote)
        if has_quote and (not _is_mark(self.quote) or self.quote == self.delimiter):
            raise SettingsError(
                f'quote is {shown(self.quote)}. Give one character other than the delimiter, or "" for none.'
            )
        if self.decimal is not None:
            choice("decimal", self.decimal, (".", ","))
        if self.dates is not None:
            choice("dates", self.dates, ("dmy", "mdy"))
        check_encoding(self.encoding)
        if not isinstance(self.memory_limit, str) or not _MEMORY.fullmatch(self.memory_limit.strip()):
            raise SettingsError(f"memory_limit is {shown(self.memory_limit)}. Give a number and a unit, such as 4GB.")


def _path(name: str, value: object) -> Path:
    if not isinstance(value, str | os.PathLike):
        raise SettingsError(f"{name} is {shown(value)}. Give a path.")
    return Path(value)


def _is_mark(value: object) -> bool:
    """Whether this can stand between or around cells."""
    return isinstance(value, str) and len(value) == 1 and value not in "\r\n\0" and not "\ud800" <= value <= "\udfff"


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
