"""Columns by name or by position."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from numbers import Integral
from typing import TypeAlias

from deepcuts.checks import LARGEST, shown
from deepcuts.errors import DataError, SettingsError

Column: TypeAlias = int | str


@dataclass(frozen=True)
class Columns:
    """The columns that hold users, items, play counts and times, each by its name or its position.

    A whole number is a position, counted from 1. Text is a name; text of digits alone is a position where no
    column has that name.

    Parameters
    ----------
    user, item
        Columns of user and item ids.
    plays
        Column of play counts; None counts every row as one play.
    time
        Column of times: seconds since 1970, or timestamps (ISO 8601; UTC where they name no zone); None leaves times
        unknown.

    Raises
    ------
    SettingsError
        If a position is below 1, a name is empty, or one column is named for two things.
    """

    user: Column
    item: Column
    plays: Column | None = None
    time: Column | None = None

    def __post_init__(self) -> None:
        for role, column in {"user": self.user, "item": self.item, **self.wanted}.items():
            if not _names_one(column):
                raise SettingsError(f"{role}={shown(column)} is no column. Give its name, or its position from 1 on.")
            object.__setattr__(self, role, str(column) if isinstance(column, str) else int(column))
        if len(set(self.wanted.values())) < len(self.wanted):
            raise SettingsError(f"One column is named for two things: {self.wanted}. Name a different one for each.")

    @property
    def wanted(self) -> dict[str, Column]:
        """Each of user, item, plays and time that is asked for, and its column."""
        named = {"user": self.user, "item": self.item, "plays": self.plays, "time": self.time}
        return {role: column for role, column in named.items() if column is not None}

    @property
    def names(self) -> list[str]:
        """Columns that can be found by name only."""
        return [column for column in self.wanted.values() if isinstance(column, str) and not is_position(column)]

    @property
    def last_position(self) -> int:
        """The highest position asked for; 2 where positions are not used, as it takes a user and an item."""
        return max([2, *(int(column) for column in self.wanted.values() if is_position(column))])

    def find(self, names: Sequence[str] | None, n_columns: int, where: str) -> dict[str, int]:
        """Index, from 0 on, of each column asked for.

        Parameters
        ----------
        names
            Names of the columns; None where they have none.
        n_columns
            Number of columns.
        where
            What is read, for messages.

        Raises
        ------
        DataError
            If there is no such column, or several have a name that is asked for.
        """
        if names is not None:
            _check_distinct(names, self.names, where)
        return {role: self._index_of(role, names, n_columns, where) for role in self.wanted}

    def _index_of(self, role: str, names: Sequence[str] | None, n_columns: int, where: str) -> int:
        column = self.wanted[role]
        if names is not None and column in names:  # a name goes first: a column may be called "2"
            return names.index(str(column))
        if not is_position(column):
            asked = set(self.wanted.values())
            raise DataError(_not_found(role, str(column), names, where, asked))
        if not 1 <= int(column) <= n_columns:
            raise DataError(
                f"There is no column {column} in {where}: it has {n_columns:,}. Positions are counted from 1."
            )
        return int(column) - 1


def _names_one(column: object) -> bool:
    """Whether this is a name, or a position."""
    if isinstance(column, Integral) and not isinstance(column, bool):  # True is an int
        return 1 <= int(column) <= LARGEST
    return isinstance(column, str) and bool(column)


def is_position(column: Column) -> bool:
    """Whether a column may be meant by its position."""
    return isinstance(column, int) or (column.isascii() and column.isdigit())  # isascii, as "²".isdigit() is true


def _check_distinct(names: Sequence[str], asked: Sequence[str], where: str) -> None:
    """Refuse a header that names two columns as one that is asked for; others may be named alike.

    Raises
    ------
    DataError
        Naming all that are.
    """
    double = sorted(name for name, count in Counter(names).items() if count > 1)
    if not set(double).isdisjoint(asked):
        raise DataError(
            f"More than one column of {where} is named {listed(double)}. Give each its own name, or pass positions, "
            "such as user=1."
        )


def listed(names: Sequence[str]) -> str:
    """Names for a message, quoted, at most twenty of them."""
    shown = ", ".join(repr(name) for name in names[:20])
    return f"{shown} and {len(names) - 20:,} more" if len(names) > 20 else shown


def _not_found(role: str, column: str, names: Sequence[str] | None, where: str, asked: Container[Column]) -> str:
    """Name the columns that there are, and of those that are not asked for the one that is spelt most alike."""
    if not names:
        return f"Column {column!r} not found in {where}: its columns have no names. Pass a position, such as {role}=1."
    free = {name.casefold(): name for name in names if name not in asked}
    near = get_close_matches(column.casefold(), free, n=1, cutoff=0.3)
    pass_one = f"Pass {role}={free[near[0]]!r} or another of these" if near else f"Pass {role}=... with one of these"
    return (
        f"Column {column!r} not found in {where}. Its columns are {listed(names)}. {pass_one}, or a position, such as "
        f"{role}=1."
    )
