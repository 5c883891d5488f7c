"""What the columns of a table are: artists, tracks, moments or plays, by their names and by what is in them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from deepcuts.history import column_words as words
from deepcuts.history.column_words import first_of, plain_word, without_unit
from deepcuts.history.formats.format import Refusal
from deepcuts.history.formats.plays_columns import plays_column, unless_no_plays
from deepcuts.history.formats.sample_table import NOT_STATED, Roles, Stated, Table
from deepcuts.ingest.tabular.numbers import are_mostly_numbers

_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2})?(\.\d+)?\s*([ap]\.?m\.?)?", re.IGNORECASE)
# Roles that a table may have beside artist, track, time and plays, and the words for them.
_ASIDE = {
    "event": words.EVENT,
    "listener": words.LISTENER,
    "skipped": words.SKIPPED,
    "why": words.REASON_END,
    "heard": (*words.HEARD_MS, *words.HEARD_SECONDS),
    "private": words.PRIVATE,
}


def roles_by_name(table: Table, *, timeless: bool = False, stated: Stated = NOT_STATED) -> Roles | Refusal | None:
    """What the columns of a table with names are; None where none of them names artists.

    A column of plays wins over one of times, and a time is believed only where its cells look like moments.
    """
    names = [without_unit(plain_word(name)) for name in table.names or ()]
    own = {role: _index_of(table, names, column) for role, column in vars(stated).items() if column is not None}
    named = first_of(names, words.ARTIST)
    if None in own.values() or (named is None and _are_no_names(table, own)):
        return None
    artist = own.get("artist", named)
    if artist is None and "plays" in own and len(names) == 2:
        artist = 1 - (own["plays"] or 0)
    if artist is None:
        return None
    found = _other_roles(table, names, {"artist": artist}, own.get("plays"), timeless=timeless)
    if not isinstance(found, Roles):
        return found
    return replace(
        found, in_seconds=_is_in_seconds(names, found), several=plain_word((table.names or ())[artist]) in words.ARTISTS
    )


def _are_no_names(table: Table, own: Mapping[str, int | None]) -> bool:
    """Whether columns that somebody gave by position have numbers for names, as a first row without names has."""
    return any(are_mostly_numbers([(table.names or ())[index]]) for index in own.values() if index is not None)


def _other_roles(
    table: Table, names: Sequence[str], columns: dict[str, int], plays: int | None, *, timeless: bool
) -> Roles | Refusal | None:
    """Roles of the columns beside that of artists."""
    artist = columns["artist"]
    track = first_of([name if index != artist else "" for index, name in enumerate(names)], words.TRACK)
    columns |= {} if track is None or track == plays else {"track": track}
    timed = list(_named(names, words.TIME, columns))
    believed = next((index for index in timed if table.has_moments(index)), None)
    chosen = (
        plays if plays is not None else plays_column(table, names, columns, timed if believed is None else [believed])
    )
    if isinstance(chosen, Refusal):
        return chosen
    if believed is not None and believed != chosen:
        columns["time"] = believed
        columns |= _clock_column(table, timed, believed)
    columns |= _columns_aside(table, names, columns)
    if chosen is not None:
        return Roles(columns | {"plays": chosen})
    if "time" in columns and names[columns["time"]] in words.LAST_PLAYED and not timeless:
        return Refusal(
            f"has a column {(table.names or ())[columns['time']]!r}, of the last time that each track was played, and "
            "none of how often. Name one of plays with plays_column=... (--plays-column), or count every row once with "
            'dates="none" (--dates none)'
        )
    if "time" in columns:
        return _unless_concerts(names, Roles(columns))
    if timed and (timeless or not any(table.cells(index) for index in timed)):
        return Roles(columns)
    return _without_plays(table, names, columns, timed)


def _index_of(table: Table, names: Sequence[str], column: str) -> int | None:
    """The index of a column that is named as in the table, or by its position from 1; None where there is none."""
    given = [name.strip() for name in table.names or ()]
    if column.strip() in given:
        return given.index(column.strip())
    if plain_word(column) in names:
        return names.index(plain_word(column))
    return _position(column, len(given))


def _position(column: str, n_columns: int) -> int | None:
    """The index of a column that is given by its position from 1; None where there is none."""
    position = int(column) if column.isascii() and column.isdigit() else 0
    return position - 1 if 1 <= position <= n_columns else None


def _is_in_seconds(names: Sequence[str], roles: Roles) -> bool:
    return "heard" in roles.columns and names[roles.columns["heard"]] in words.HEARD_SECONDS


def roles_by_cells(table: Table, stated: Stated = NOT_STATED) -> Roles | Refusal | None:
    """What the columns of a table without names are; None where this cannot be told."""
    n_columns = max(map(len, table.rows), default=0)
    if stated != NOT_STATED:
        return _stated_roles(table, stated, n_columns)
    moments = [index for index in range(n_columns) if table.has_moments(index)]
    columns = _listens_by_cells(n_columns, moments[0]) if len(moments) == 1 else None
    if columns:
        return _if_artists(table, Roles(columns))
    if n_columns == 3 and not moments and _counts_up(table.cells(0)) and table.has_numbers(2):
        return _if_artists(table, Roles({"artist": 1, "plays": 2}))
    if n_columns == 2 and not moments:
        plays = 1 if table.has_numbers(1) or not table.has_numbers(0) else 0
        if table.has_numbers(plays):
            name = without_unit(plain_word(table.names[plays])) if table.names else ""
            found = unless_no_plays(table, plays, name, {"artist": 1 - plays, "plays": plays})
            return _if_artists(table, found) if isinstance(found, Roles) else found
    return None


def roles_of_titles(table: Table, *, timeless: bool = False) -> Roles | Refusal | None:
    """What the columns are where none names artists and one tracks that are all called "artist - title"."""
    names = [without_unit(plain_word(name)) for name in table.names or ()]
    track = first_of(names, words.TRACK)
    if track is None or not table.has_titles(track):
        return None
    found = _other_roles(table, names, {"artist": track}, None, timeless=timeless)
    return replace(found, titled=True) if isinstance(found, Roles) else found


def _if_artists(table: Table, roles: Roles) -> Roles | Refusal | None:
    """Take a column for artists that nothing calls so, unless its name or its cells say that it holds others."""
    index = roles.columns["artist"]
    called = table.names[index].strip() if table.names else ""
    if plain_word(called) in words.NOT_ARTISTS:
        return Refusal(
            f"has no column of artists: {called!r} is something else. If it does hold artists, say so with "
            f"artist_column={called!r} (--artist-column {shlex.quote(called)})"
        )
    if not table.may_name_artists(index):
        return Refusal(
            "has a column of numbers, times or ids where artists would be. Give a table with their names, or say which "
            f"column they are in with artist_column='{index + 1}' and plays_column=... (--artist-column {index + 1})"
        )
    return replace(roles, titled="track" not in roles.columns and table.has_titles(index))


def _counts_up(cells: Sequence[str]) -> bool:
    """Whether cells count 1, 2, 3 … as ranks do."""
    return len(cells) > 1 and [cell.rstrip(".") for cell in cells] == [str(n + 1) for n in range(len(cells))]


def _stated_roles(table: Table, stated: Stated, n_columns: int) -> Roles | None:
    """The columns at positions that somebody gave; of two, the other one as well."""
    given = {role: column for role, column in vars(stated).items() if column is not None}
    found = {role: _position(column, n_columns) for role, column in given.items()}
    if n_columns == 2 and len(found) == 1:
        ((role, index),) = found.items()
        found["plays" if role == "artist" else "artist"] = None if index is None else 1 - index
    columns = {role: index for role, index in found.items() if index is not None}
    return Roles(columns) if len(columns) == 2 and table.has_numbers(columns["plays"]) else None


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


def _clock_column(table: Table, timed: Sequence[int], date: int) -> dict[str, int]:
    """The column of the time of day, where the moments are dates."""
    if any(":" in cell or cell.isdigit() for cell in table.cells(date)):
        return {}
    clocks = (index for index in timed if index != date and table.cells(index))
    found = next((index for index in clocks if all(map(_CLOCK.fullmatch, table.cells(index)))), None)
    return {} if found is None else {"clock": found}


def _columns_aside(table: Table, names: Sequence[str], taken: Mapping[str, int]) -> dict[str, int]:
    """Columns that say who listened, and which rows are no listens."""
    found = {role: index for role, known in _ASIDE.items() for index in list(_named(names, known, taken))[:1]}
    if "event" in found and not words.LISTENED & set(map(str.lower, table.cells(found["event"]))):
        del found["event"]
    return found


def _unless_concerts(names: Sequence[str], roles: Roles) -> Roles | Refusal:
    """Take dates for those of listens, unless other columns tell of concerts."""
    if words.CONCERTS & set(names):
        return Refusal("looks like a list of concerts, by its columns. Give a listening history")
    return roles


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
        return unless_no_plays(table, others[0], names[others[0]], columns | {"plays": others[0]})
    return Refusal(
        f"names artists, and neither plays nor the times of listens: its columns are {shown}. Ranks, years, ids and "
        "lengths are no plays. Name the column of plays with plays_column=... (--plays-column), or call that of times "
        '"time"'
    )
