"""Which column of a table holds the plays of its owner; where that is in doubt, somebody is asked."""

from __future__ import annotations

import itertools
import shlex
from collections.abc import Iterator, Mapping, Sequence

from deepcuts.history import column_words as words
from deepcuts.history.formats.format import Refusal
from deepcuts.history.formats.sample_table import Roles, Table

_FIRST_YEAR, _LAST_YEAR, _LEAST_ROWS = 1900, 2100, 3


def plays_column(
    table: Table, names: Sequence[str], taken: Mapping[str, int], timed: Sequence[int]
) -> int | Refusal | None:
    """The column of plays by its name; None where none is called so.

    Plays of one's own go before those of everybody, and a word that means plays before one that means any number. Of
    two columns that are called alike and differ, neither is taken.
    """
    named = [index for index, name in enumerate(names) if name in words.PLAYS and index not in taken.values()]
    groups = _groups([index for index in named if table.has_numbers(index)], names)
    numeric = next(groups, None)
    if numeric is None:
        # A column of that name without one number: its rows are bad, or not played, and are counted as that.
        return named[0] if named and not any(table.has_moments(index) for index in timed) else None
    if any(table.cells(index) != table.cells(numeric[0]) for index in numeric[1:]):
        called = ", ".join(repr((table.names or ())[index]) for index in numeric)
        first = (table.names or ())[numeric[0]].strip()
        return Refusal(f"has several columns of plays, {called}: {_ask(first)}")
    if names[numeric[0]] not in words.OWN_PLAYS and _are_of_everybody(table, names, numeric[0]):
        return Refusal(
            "has the plays of all listeners of a site, not of one: they are no less than its numbers of listeners. "
            "Give your own listening history"
        )
    return numeric[0]


def _ask(column: str) -> str:
    """How to say which column holds the plays: in the file, as for the page, in Python and on the command line."""
    given = f"plays_column={column!r} (--plays-column {shlex.quote(column)})"
    return f'call the column that holds them "plays", or name it with {given}'


def _groups(named: Sequence[int], names: Sequence[str]) -> Iterator[list[int]]:
    """Columns of one's own plays, columns of plays, and columns of any number, where there are some."""
    own = [index for index in named if names[index] in words.OWN_PLAYS]
    weak = [index for index in named if names[index] in words.WEAK_PLAYS]
    others = [index for index in named if index not in own and index not in weak]
    return (group for group in (own, others, weak) if group)


def _are_of_everybody(table: Table, names: Sequence[str], plays: int) -> bool:
    """Whether a column beside the plays has numbers of listeners, and most rows have no fewer plays than these."""
    listeners = next((index for index, name in enumerate(names) if name in words.LISTENERS), None)
    if listeners is None:
        return False
    pairs = [(row[plays], row[listeners]) for row in table.rows if max(plays, listeners) < len(row)]
    numbers = [(_digits(one), _digits(other)) for one, other in pairs]
    known = [(one, other) for one, other in numbers if one and other]
    return 2 * sum(one >= other for one, other in known) > len(known)


def _digits(cell: str) -> int:
    digits = "".join(each for each in cell if each in "0123456789")
    return int(digits[:30] or 0)


def unless_no_plays(table: Table, plays: int, name: str, columns: dict[str, int]) -> Roles | Refusal:
    """Take a column of numbers for plays if it has no name, or one that says so; else ask, or refuse.

    Parameters
    ----------
    table
        The table.
    plays
        The index of the column.
    name
        What it is called, in plain words.
    columns
        The roles to be, with the plays.
    """
    numbers = [int(cell) for cell in table.cells(plays) if cell.isascii() and cell.isdigit()]
    n_cells = len(table.cells(plays))
    called = (table.names or [""] * (plays + 1))[plays].strip()
    what = f"its column {called!r}" if called else "its column of numbers"
    ask = f"If it does hold plays, {_ask(called or str(plays + 1))}"
    if name in words.NOT_PLAYS or set(name.split()) & words.UNITS:
        return Refusal(f"has no plays: {what} is a rank, a year, an id or a length. {ask}")
    if len(numbers) == n_cells >= _LEAST_ROWS:
        if _are_ranks(numbers):
            return Refusal(f"has no plays that are known as such: {what} counts 1, 2, 3 … as ranks do. {ask}")
        if _nearly_all([_FIRST_YEAR <= number <= _LAST_YEAR for number in numbers]):
            return Refusal(f"has no plays that are known as such: {what} looks like years. {ask}")
    if table.names is not None and name not in words.PLAYS:
        return Refusal(f"has no column that is known to hold plays, only {what}. {ask}")
    return Roles(columns)


def _are_ranks(numbers: Sequence[int]) -> bool:
    """Whether numbers go up from 0 or 1 with the rows, as ranks do, some of which may be shared or missing."""
    allowed = 1 + len(numbers) // 10
    ascending = all(number <= later for number, later in itertools.pairwise(numbers))
    near = all(abs(number - place) <= allowed for place, number in enumerate(numbers, start=1))
    return ascending and near and numbers[0] <= 1 and numbers[-1] > 1


def _nearly_all(found: Sequence[bool]) -> bool:
    """Whether at least nine tenths are so, as one row that differs says nothing of the others."""
    return 10 * sum(found) >= 9 * len(found)
