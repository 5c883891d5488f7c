"""The beginning of a table, what its columns are, and which of them somebody named."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from deepcuts.history.formats.format import AreMoments
from deepcuts.ingest.tabular.numbers import are_mostly_numbers

_TITLED = re.compile(r".*?\S\s+[-–—]\s+\S")
_FORMULA = re.compile(r'="([^"]*)"')  # by which spreadsheets keep text as text
_NO_NAME = re.compile(r"[0-9a-fA-F-]{16,}|[a-z]+:[a-z]+:\w+|https?://.*")
_SAMPLE = 400  # rows that are looked at


@dataclass(frozen=True)
class Roles:
    """Columns by what they are.

    Parameters
    ----------
    columns
        For some of "artist", "track", "time", "clock" (a time of day beside a date) and "plays", and of `_ASIDE`, the
        index.
    in_seconds
        Whether "heard" is in seconds, and not in milliseconds.
    several
        Whether the cells of "artist" may name several artists, one after the other.
    titled
        Whether the cells of "artist" are "artist - title".
    """

    columns: Mapping[str, int]
    in_seconds: bool = False
    several: bool = False
    titled: bool = False

    @property
    def counts(self) -> bool:
        """Whether a row is an artist and a number of plays, and not one listen."""
        return "plays" in self.columns


@dataclass(frozen=True)
class Stated:
    """Columns that somebody named: names, or positions from 1; None where nobody did.

    Parameters
    ----------
    artist, plays
        The columns.
    """

    artist: str | None = None
    plays: str | None = None


NOT_STATED = Stated()


@dataclass(frozen=True)
class Table:
    """The beginning of a table.

    Parameters
    ----------
    names
        Names of its columns; None where there are none.
    rows
        Its first rows.
    are_moments
        Tells which texts look like moments.
    """

    names: Sequence[str] | None
    rows: Sequence[Sequence[str]]
    are_moments: AreMoments = field(repr=False)

    def cells(self, index: int) -> list[str]:
        """Cells of a column that are not blank."""
        found = (_FORMULA.sub(r"\1", row[index].strip()) for row in self.rows[:_SAMPLE] if index < len(row))
        return [cell for cell in found if cell]

    def has_moments(self, index: int) -> bool:
        """Whether at least half of the cells that are not blank, or a clock that was never set, are moments."""
        cells = [cell for cell in self.cells(index) if cell != "0"]
        return bool(cells) and 2 * sum(self.are_moments(cells)) >= len(cells)

    def has_titles(self, index: int) -> bool:
        """Whether nearly all cells that are not blank are "artist - title"."""
        cells = self.cells(index)
        return bool(cells) and 10 * sum(bool(_TITLED.match(cell)) for cell in cells) >= 9 * len(cells)

    def may_name_artists(self, index: int) -> bool:
        """Whether cells that nothing says to be artists may be: less than half are numbers, moments or long ids."""
        cells = self.cells(index)
        n_others = sum(bool(_NO_NAME.fullmatch(cell)) for cell in cells)
        return bool(cells) and not (self.has_moments(index) or self.has_numbers(index) or 2 * n_others > len(cells))

    def has_numbers(self, index: int) -> bool:
        """Whether more than half of the cells that are not blank are numbers."""
        return are_mostly_numbers(self.cells(index))
