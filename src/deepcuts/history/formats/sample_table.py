"""The beginning of a table, what its columns are, and which of them somebody named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from deepcuts.history.formats.format import AreMoments
from deepcuts.ingest.tabular.numbers import are_mostly_numbers

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
    """

    columns: Mapping[str, int]
    in_seconds: bool = False
    several: bool = False

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
        found = (row[index].strip() for row in self.rows[:_SAMPLE] if index < len(row))
        return [cell for cell in found if cell]

    def has_moments(self, index: int) -> bool:
        """Whether at least half of the cells that are not blank, or a clock that was never set, are moments."""
        cells = [cell for cell in self.cells(index) if cell != "0"]
        return bool(cells) and 2 * sum(self.are_moments(cells)) >= len(cells)

    def has_numbers(self, index: int) -> bool:
        """Whether more than half of the cells that are not blank are numbers."""
        return are_mostly_numbers(self.cells(index))
