"""What the columns of a table are: artists, tracks, moments or plays, by their names and by what is in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from deepcuts.history import column_words as words
from deepcuts.history.column_words import first_of, plain_word, without_unit
from deepcuts.history.formats.format import AreMoments, Refusal

_NUMBER = re.compile(r"[+-]?\d[\d.,'’ \u00a0\u202f\u2009]*([eE][+-]?\d+)?|[.,]\d+")
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2})?(\.\d+)?\s*([ap]\.?m\.?)?", re.IGNORECASE)
_SAMPLE = 400  # rows that are looked at
_FIRST_YEAR, _LAST_YEAR, _LEAST_ROWS = 1900, 2100, 3


@dataclass(frozen=True)
class Roles:
    """Columns by what they are.

    Parameters
    ----------
    columns
        For some of "artist", "track", "time", "clock" (a time of day beside a date), "event" and "plays", the index.
    remark
        What people should be told of how the columns were taken; "" for nothing.
    """

    columns: Mapping[str, int]
    remark: str = ""

    @property
    def counts(self) -> bool:
        """Whether a row is an artist and a number of plays, and not one listen."""
        return "plays" in self.columns


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
        cells = self.cells(index)
        return 2 * sum(bool(_NUMBER.fullmatch(cell)) for cell in cells) > len(cells)


def roles_by_name(table: Table, *, timeless: bool = False) -> Roles | Refusal | None:
    """What the columns of a table with names are; None where none of them names artists.

    A column of plays wins over one of times, and a time is believed only where its cells look like moments.
    """
    names = [without_unit(plain_word(name)) for name in table.names or ()]
    artist = first_of(names, words.ARTIST)
    if artist is None:
        return None
    columns = {"artist": artist}
    track = first_of([name if index != artist else "" for index, name in enumerate(names)], words.TRACK)
    columns |= {} if track is None else {"track": track}
    timed = list(_named(names, words.TIME, columns))
    believed = next((index for index in timed if table.has_moments(index)), None)
    plays = _plays_column(table, names, columns, timed if believed is None else [believed])
    if believed is not None:
        columns["time"] = believed
        columns |= _clock_column(table, timed, believed)
    columns |= _event_column(table, names)
    if plays is not None:
        return Roles(columns | {"plays": plays})
    if believed is not None:
        return Roles(columns)
    if timed and (timeless or not any(table.cells(index) for index in timed)):
        return Roles(columns)
    return _without_plays(table, names, columns, timed)


def roles_by_cells(table: Table) -> Roles | Refusal | None:
    """What the columns of a table without names are; None where this cannot be told."""
    n_columns = max(map(len, table.rows), default=0)
    moments = [index for index in range(n_columns) if table.has_moments(index)]
    found = _listens_by_cells(n_columns, moments[0]) if len(moments) == 1 else None
    if found:
        return Roles(found)
    if n_columns == 2 and not moments:
        plays = 1 if table.has_numbers(1) or not table.has_numbers(0) else 0
        if table.has_numbers(plays):
            name = without_unit(plain_word(table.names[plays])) if table.names else ""
            return _unless_no_plays(table, plays, name, {"artist": 1 - plays, "plays": plays})
    return None


def _listens_by_cells(n_columns: int, time: int) -> dict[str, int] | None:
    """Columns of listens without names, by where their time is, as in what several programs write."""
    if n_columns == 2:
        return {"artist": 1 - time, "time": time}
    if n_columns in (3, 4) and time == n_columns - 1:  # artist, track, time; or artist, album, track, time
        return {"artist": 0, "track": n_columns - 2, "time": time}
    if n_columns > 4 and time == 3:  # artist, track, album, time, and others
        return {"artist": 0, "track": 1, "time": time}
    if n_columns > 3 and time == 0:  # time, track, artist, and others
        return {"artist": 2, "track": 1, "time": time}
    return None


def _named(names: Sequence[str], known: Sequence[str], taken: Mapping[str, int]) -> Iterator[int]:
    for word in known:
        for index, name in enumerate(names):
            if name == word and index not in taken.values():
                yield index


def _plays_column(table: Table, names: Sequence[str], taken: Mapping[str, int], timed: Sequence[int]) -> int | None:
    named = list(_named(names, words.PLAYS, taken))
    numeric = next((index for index in named if table.has_numbers(index)), None)
    if numeric is not None:
        return numeric
    # A column of that name without one number: its rows are bad, or not played, and are counted as that.
    return named[0] if named and not any(table.has_moments(index) for index in timed) else None


def _clock_column(table: Table, timed: Sequence[int], date: int) -> dict[str, int]:
    """The column of the time of day, where the moments are dates."""
    if any(":" in cell or cell.isdigit() for cell in table.cells(date)):
        return {}
    clocks = (index for index in timed if index != date and table.cells(index))
    found = next((index for index in clocks if all(map(_CLOCK.fullmatch, table.cells(index)))), None)
    return {} if found is None else {"clock": found}


def _event_column(table: Table, names: Sequence[str]) -> dict[str, int]:
    """The column that says which rows are scrobbles, where there is one; others are loved tracks and the like."""
    found = names.index("event") if "event" in names else None
    return {"event": found} if found is not None and "scrobble" in map(str.lower, table.cells(found)) else {}


def _without_plays(
    table: Table, names: Sequence[str], columns: dict[str, int], timed: Sequence[int]
) -> Roles | Refusal | None:
    shown = ", ".join((table.names or ())[:12])
    if timed and any(map(table.has_numbers, timed)):
        return Refusal(
            f"has a column {(table.names or ())[timed[0]]!r} without moments in it: numbers of a spreadsheet, years "
            "and lengths of tracks are none. Write dates such as 2024-01-31 18:00 or seconds since 1970, or count "
            'every row as a listen without a time with dates="none" (--dates none)'
        )
    if timed:
        return Refusal(
            f"has a column {(table.names or ())[timed[0]]!r} whose times cannot be read. Write them as 2024-01-31 "
            '18:00, or count every row as a listen without a time with dates="none" (--dates none)'
        )
    others = [index for index in range(len(names)) if index not in columns.values()]
    if len(names) == 2 and others and table.has_numbers(others[0]):
        return _unless_no_plays(table, others[0], names[others[0]], columns | {"plays": others[0]})
    return Refusal(
        f"names artists, and neither plays nor the times of listens: its columns are {shown}. Ranks, years, ids and "
        'lengths are no plays. Name the column of plays "plays", or that of times "time"'
    )


def _unless_no_plays(table: Table, plays: int, name: str, columns: dict[str, int]) -> Roles | Refusal:
    """Take a column of numbers for plays, unless its name or its numbers say that it is something else."""
    numbers = [int(cell) for cell in table.cells(plays) if cell.isascii() and cell.isdigit()]
    n_cells = len(table.cells(plays))
    what = f"its column {(table.names or ())[plays]!r}" if name else "its column of numbers"
    advice = 'Give a table with a column named "plays"'
    if name in words.NOT_PLAYS or set(name.split()) & words.UNITS:
        return Refusal(f"has no plays: {what} is a rank, a year, an id or a length. {advice}")
    if len(numbers) == n_cells >= _LEAST_ROWS:
        if numbers == list(range(numbers[0], numbers[0] + n_cells)) and numbers[0] <= 1:
            return Refusal(f"has no plays that are known as such: {what} counts 1, 2, 3 … as ranks do. {advice}")
        if all(_FIRST_YEAR <= number <= _LAST_YEAR for number in numbers):
            return Refusal(f"has no plays that are known as such: {what} looks like years. {advice}")
    return Roles(columns, f"{what} is taken for plays" if name and name not in words.PLAYS else "")
