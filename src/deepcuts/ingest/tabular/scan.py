"""A scan: SQL that selects the rows of a source, whatever the source is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import duckdb

from deepcuts.errors import DataError
from deepcuts.ingest.tabular.numbers import PLAIN, NumberForm

# The column that DuckDB adds for the name of the file; its own name for it, filename, may be taken.
FILE = "deepcuts_source_file"

LineReader: TypeAlias = Callable[[duckdb.DuckDBPyConnection, str], "Scan"]

_WHOLE = {
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "UHUGEINT",
}
_FRACTIONAL = {"FLOAT", "DOUBLE", "DECIMAL"}
_NUMBERS = _WHOLE | _FRACTIONAL
TEXTS = {"VARCHAR", "ENUM", "JSON", '"NULL"'}  # '"NULL"': a column of nulls only
_TIMES = {
    "DATE",
    "TIMESTAMP",
    "TIMESTAMP_S",
    "TIMESTAMP_MS",
    "TIMESTAMP_NS",
    "TIMESTAMP WITH TIME ZONE",
    "TIMESTAMPTZ_NS",
}
_IDS = TEXTS | _NUMBERS | {"UUID", "BLOB"}
_USABLE = {
    "user": (_IDS, "ids are text or numbers"),
    "item": (_IDS, "ids are text or numbers"),
    "plays": (TEXTS | _NUMBERS, "play counts are numbers"),
    "time": (TEXTS | _NUMBERS | _TIMES, "times are timestamps or seconds since 1970"),
}


@dataclass(frozen=True)
class Cell:
    """One column asked for: the SQL that names it, and its DuckDB type."""

    sql: str
    type: str

    @property
    def family(self) -> str:
        """Its type without size or members: DECIMAL for DECIMAL(10,2)."""
        # DECIMAL(10,2)[] is a list, and stays one.
        return self.type if self.type.endswith("]") else self.type.partition("(")[0]

    @property
    def is_whole(self) -> bool:
        """Whether it holds whole numbers."""
        return self.family in _WHOLE or (self.family == "DECIMAL" and self.type.endswith(",0)"))

    @property
    def is_number(self) -> bool:
        """Whether it holds numbers."""
        return self.family in _NUMBERS


@dataclass(frozen=True)
class Scan:
    """Rows of files that are laid out alike, or of a table.

    Parameters
    ----------
    source
        What stands after FROM.
    cells
        For each of user, item, plays and time that is asked for, its column.
    file, row
        SQL of the name of the file and of the row's number in it, counted in `unit`.
    unit
        What `row` counts: "line", "record" or "row".
    problem, line
        SQL of what is wrong with the line of the row, null where nothing is, and of its text.
    line_reader
        Reads the same rows again, line by line and slowly, into a new table of the name given, and returns a scan of it
        that knows the numbers of rows; None where this scan knows them.
    dislikes
        Whether play counts below 0 are meant.
    numbers
        How play counts that are text are written.
    date_order
        The order of dates of three numbers, "dmy" or "mdy"; None where they are not read.
    """

    source: str
    cells: Mapping[str, Cell]
    file: str
    row: str
    unit: str
    problem: str = "NULL::VARCHAR"
    line: str = "NULL::VARCHAR"
    line_reader: LineReader | None = None
    dislikes: bool = False
    numbers: NumberForm = PLAIN
    date_order: str | None = None


def check_types(cells: Mapping[str, Cell], names: Mapping[str, str], where: str) -> None:
    """Refuse columns whose type cannot hold what they are asked for.

    Raises
    ------
    DataError
        Naming the column and its type.
    """
    for role, cell in cells.items():
        usable, expected = _USABLE[role]
        if cell.family not in usable:
            raise DataError(f"Column {names[role]!r} of {where} holds {cell.type}; {expected}. Name another column.")
