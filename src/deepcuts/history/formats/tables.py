"""Tables of listens, or of artists and plays: told by the names of their columns, and by what is in them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import partial

from deepcuts.history.column_words import ARTIST, plain_word
from deepcuts.history.formats.delimited import Layout, load_delimited
from deepcuts.history.formats.format import Format, Head, Refusal
from deepcuts.history.formats.listen_json import is_json
from deepcuts.history.formats.sample_table import Roles, Table
from deepcuts.history.formats.table_roles import roles_by_cells, roles_by_name, roles_of_titles
from deepcuts.history.formats.table_rows import stated_columns, table_format
from deepcuts.ingest.tabular.layouts import DELIMITERS, Reading, reading_of, stated_delimiter

NAMES = ("tables of scrobbles, or of artists and plays (.csv, .tsv)",)

_HEADER_WITHIN = 20  # records: some programs write a few lines above the header
# Where more than one delimiter makes a table without names, the comma, which is in numbers and names as well, is last.
_BY_CELLS = "\t;|,"

_LASTFM_DATE = re.compile(rb"\d{1,2} [A-Z][a-z]{2} \d{4},? \d{2}:\d{2}")


def recognise(head: Head) -> Format | Refusal | None:
    """A table in delimited text: first by a header under any delimiter, then by what its cells look like."""
    if b"\0" in head.raw or is_json(head):
        return None
    delimiters = stated_delimiter(complete_lines(head)) or DELIMITERS
    readings = [_without_comments(reading_of_head(head, delimiter)) for delimiter in delimiters]
    refused: Refusal | None = None
    for reading in readings:
        known = _by_header(reading, head)
        if isinstance(known, Format):
            return known
        refused = refused or known
    return refused or _by_cells(readings, head) or _not_named(readings, head)


def complete_lines(head: Head) -> str:
    """The beginning of a text, without a last line that may go on."""
    text = head.raw.decode("utf-8", "replace")
    lines = text.splitlines(keepends=True)
    return text if len(lines) < 2 or lines[-1].endswith("\n") else "".join(lines[:-1])


def reading_of_head(head: Head, delimiter: str) -> Reading:
    """The records at the beginning of a document, split by a delimiter."""
    return reading_of(complete_lines(head), delimiter)


def _without_comments(reading: Reading) -> Reading:
    """A reading without lines that begin with # and do not have the cells of the others."""
    widths = Counter(len(cells) for _, cells in reading.records if not cells[0].lstrip().startswith("#"))
    width = widths.most_common(1)[0][0] if widths else 0
    kept = [
        (number, cells)
        for number, cells in reading.records
        if not cells[0].lstrip().startswith("#") or len(cells) == width
    ]
    return Reading(
        reading.delimiter, reading.quote, [(number, cells) for number, cells in kept if any(map(str.strip, cells))]
    )


def _by_header(reading: Reading, head: Head) -> Format | Refusal | None:
    """The table whose columns one of the first records names."""
    for position, (number, names) in enumerate(reading.records[:_HEADER_WITHIN]):
        if len(names) < 2:
            continue
        below = [cells for _, cells in reading.records[position + 1 :]]
        table = Table(names, below, head.are_moments)
        roles = roles_by_name(table, timeless=head.options.dates == "none", stated=stated_columns(head.options))
        if roles is None and not head.in_archive:
            roles = roles_of_titles(table, timeless=head.options.dates == "none")
        if isinstance(roles, Roles):
            n_names = max(len(_trimmed(names)), *(index + 1 for index in roles.columns.values()))
            layout = Layout(reading.delimiter, reading.quote, _widths(n_names, below), roles.columns, header=number)
            return _format(roles, layout, head, names)
        if roles is not None and _is_header(names, below):
            return roles
    return None


def _not_named(readings: Sequence[Reading], head: Head) -> Refusal | None:
    """A refusal where somebody named a column, and no record of any reading names it; in archives, other files may."""
    stated = [column for column in vars(stated_columns(head.options)).values() if column is not None]
    if not stated or head.in_archive:
        return None
    widest = max(readings, key=lambda each: len(each.records[0][1]) if each.records else 0)
    names = ", ".join(widest.records[0][1][:12]) if widest.records else ""
    return Refusal(
        f"has no column {' or '.join(map(repr, stated))} beside one of artists; its first line is {names[:200]}"
    )


def _is_header(names: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether a record looks like names: no numbers, and as many as there are cells below."""
    is_numbers = any(name.strip().replace(".", "").isdigit() for name in names)
    names_artists = any(plain_word(name) in ARTIST for name in names)  # and numbers beside them are years
    return (names_artists or not is_numbers) and any(len(cells) == len(names) for cells in below[:20])


def _trimmed(names: Sequence[str]) -> Sequence[str]:
    """Names without those that a delimiter at the end of the line makes."""
    n_names = max((index + 1 for index, name in enumerate(names) if name.strip()), default=0)
    return names[:n_names]


def _widths(n_names: int, rows: Sequence[Sequence[str]]) -> tuple[int, ...]:
    """Numbers of cells that rows may have: the usual one first, as it is read fast; none has cells without a name."""
    usual = Counter(len(cells) for cells in rows if not any(map(str.strip, cells[n_names:])) and len(cells) >= n_names)
    return tuple(dict.fromkeys([*(width for width, _ in usual.most_common(1)), n_names]))


def _by_cells(readings: Sequence[Reading], head: Head) -> Format | Refusal | None:
    """The table that the records look like where nothing names the columns; of several, the one of most lines."""
    best: tuple[float, Format | Refusal] | None = None
    by_tabs = [each for each in readings if each.delimiter == "\t" and _is_even(each)]
    for reading in sorted(by_tabs or readings, key=lambda each: _BY_CELLS.find(each.delimiter)):
        found = _by_cells_of(reading, head)
        if found and (best is None or found[0] > best[0]):
            best = found
    return best[1] if best else None


def _is_even(reading: Reading) -> bool:
    """Whether all records have the same number of cells, more than one: then no other mark divides them."""
    return len({len(cells) for _, cells in reading.records}) == 1 and len(reading.records[0][1]) > 1


def _by_cells_of(reading: Reading, head: Head) -> tuple[float, Format | Refusal] | None:
    trimmed = [(number, list(cells)) for number, cells in reading.records]
    widths = Counter(len(cells) for _, cells in trimmed)
    width, n_alike = widths.most_common(1)[0] if widths else (0, 0)
    if width < 2:
        return None
    alike = [cells for _, cells in trimmed if len(cells) == width]
    blank_end = width > 2 and not any(cells[-1].strip() for cells in alike)
    table = _named_or_not(trimmed, [cells[:-1] for cells in alike] if blank_end else alike, head)
    roles = roles_by_cells(table, stated_columns(head.options))
    # Two columns of unknown names: plays, if the file was given as such; never listens, and nothing in an archive.
    if roles is None or (table.names and (head.in_archive or not (isinstance(roles, Refusal) or roles.counts))):
        return None
    share = n_alike / len(trimmed)
    if isinstance(roles, Refusal):
        return share, roles
    header = trimmed[0][0] if _names_columns(trimmed[0][1], alike, roles) else 0
    layout = Layout(reading.delimiter, reading.quote, (width,), roles.columns, header=header)
    return share, _format(roles, layout, head, None)


def _named_or_not(records: Sequence[tuple[int, list[str]]], alike: Sequence[list[str]], head: Head) -> Table:
    first = records[0][1]
    named = len(alike) > 1 and len(first) == len(alike[0]) and not any(_has_digit(cell) for cell in first)
    return Table(first if named else None, alike[1:] if named else alike, head.are_moments)


def _names_columns(first: Sequence[str], alike: Sequence[Sequence[str]], roles: Roles) -> bool:
    """Whether a first record of unknown words stands above numbers or moments."""
    index = roles.columns.get("plays", roles.columns.get("time", 0))
    return (
        len(first) == len(alike[0])
        and index < len(first)
        and not _has_digit(first[index])
        and bool(first[index].strip())
    )


def _has_digit(cell: str) -> bool:
    return any(character.isdigit() for character in cell)


def _format(roles: Roles, layout: Layout, head: Head, names: Sequence[str] | None) -> Format:
    load = partial(load_delimited, layout=layout)
    if roles.counts:
        return table_format("table of artists and plays", "line", roles, load, head.options)
    is_lastfm = _LASTFM_DATE.search(head.raw) if names is None else "uts" in map(plain_word, names)
    name = "Last.fm scrobbles" if is_lastfm else "Libre.fm or Maloja scrobbles"
    return table_format(name, "line", roles, load, head.options)
