"""Tables of listens, or of artists and plays: told by the names of their columns, and by what is in them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial

import duckdb

from deepcuts.history.column_words import plain_word
from deepcuts.history.documents import Document
from deepcuts.history.formats.delimited import Layout, load_delimited
from deepcuts.history.formats.format import Format, Head, Load, Refusal
from deepcuts.history.formats.listen_json import is_json
from deepcuts.history.formats.table_roles import Roles, Table, roles_by_cells, roles_by_name
from deepcuts.history.options import HistoryOptions
from deepcuts.ingest.tabular.layouts import DELIMITERS, Reading, reading_of, stated_delimiter
from deepcuts.ingest.tabular.moments import date_order
from deepcuts.ingest.tabular.numbers import form_of_numbers, number_shape, number_sql

NAMES = ("tables of scrobbles, or of artists and plays (.csv, .tsv)",)

_HEADER_WITHIN = 20  # records: some programs write a few lines above the header
# Where more than one delimiter makes a table without names, the comma, which is in numbers and names as well, is last.
_BY_CELLS = "\t;|,"

_OPTIONAL = ("track", "event", "plays")
_LASTFM_DATE = re.compile(rb"\d{1,2} [A-Z][a-z]{2} \d{4},? \d{2}:\d{2}")
_THREE_NUMBERS = re.compile(rb"\b\d{1,2}[/-]\d{1,2}[/-](\d{4}|\d{2})\b")

_LISTENS = """
    SELECT row, [artist] AS artists, track, time, 1.0 AS plays, problem AS bad,
           CASE WHEN problem IS NOT NULL THEN NULL WHEN filled(artist) IS NULL THEN 'no artist'
                WHEN lower(filled(event)) <> 'scrobble' THEN 'no scrobble' END AS dropped,
           resolution = 'second' OR (resolution = 'minute' AND filled(track) IS NOT NULL) AS single
    FROM raw"""

_COUNTS = """
    SELECT row, [artist] AS artists, track, time, number AS plays,
           CASE WHEN problem IS NULL AND number <> 0 AND NOT coalesce(number BETWEEN 1e-6 AND 1e9, false)
                  OR problem IS NULL AND number IS NULL AND filled(plays) IS NOT NULL
                THEN 'its plays are no number above 0' ELSE problem END AS bad,
           CASE WHEN filled(plays) IS NULL OR number = 0 THEN 'not played' END AS dropped,
           false AS single
    FROM raw"""


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
    return refused or _by_cells(readings, head)


def complete_lines(head: Head) -> str:
    """The beginning of a text, without a last line that may go on."""
    text = head.raw.decode("utf-8", "replace")
    lines = text.splitlines(keepends=True)
    return text if len(lines) < 2 or lines[-1].endswith("\n") else "".join(lines[:-1])


def reading_of_head(head: Head, delimiter: str) -> Reading:
    """The records at the beginning of a document, split by a delimiter."""
    return reading_of(complete_lines(head), delimiter)


def table_format(name: str, unit: str, roles: Roles, load: Load, options: HistoryOptions) -> Format:
    """A format whose rows are those of a table with columns of some roles."""
    prepare = partial(load_prepared, load=load, roles=roles, options=options)
    rows = _COUNTS if roles.counts else _LISTENS
    return Format(name, "line" if unit == "line" else "record", prepare, rows, has_clock=False)


def load_prepared(
    connection: duckdb.DuckDBPyConnection, document: Document, *, load: Load, roles: Roles, options: HistoryOptions
) -> Iterator[None]:
    """Load a table, and add to each row its number of plays and the time that its cells say.

    How numbers are written and in which order dates are, is a matter of the whole column, so a table that has marks
    in its numbers, or dates of three numbers, is held as a whole.
    """
    if roles.remark:
        document.remarks.append(f"{document.name}: {roles.remark}.")
    if not roles.counts and not _has_dates_in_two_orders(connection, document, roles):
        for _ in load(connection, document):
            _prepare(connection, document, roles, options)
            yield
        return
    connection.execute("DROP TABLE IF EXISTS whole")
    for n, _ in enumerate(load(connection, document)):
        connection.execute("CREATE TEMP TABLE whole AS FROM raw" if n == 0 else "INSERT INTO whole FROM raw")
        document.check_size()
    connection.execute("CREATE TABLE IF NOT EXISTS whole (row BIGINT)")
    connection.execute("DROP TABLE IF EXISTS raw; ALTER TABLE whole RENAME TO raw")
    _prepare(connection, document, roles, options)
    yield


def _prepare(connection: duckdb.DuckDBPyConnection, document: Document, roles: Roles, options: HistoryOptions) -> None:
    """Add number and resolution to `raw`, and columns that it lacks; a time becomes one that can be read."""
    time = "NULL::VARCHAR"
    if "time" in roles.columns and options.dates != "none":
        time = "trim(time)" if "clock" not in roles.columns else "trim(time) || ' ' || trim(clock)"
    stated = options.dates if options.dates in ("dmy", "mdy") else None
    order = stated or (date_order(connection, "time", "raw", document.name) if time != "NULL::VARCHAR" else None)
    number = "NULL::DOUBLE"
    if roles.counts:
        shapes = connection.execute(
            f"SELECT DISTINCT {number_shape('trim(plays)')} FROM raw WHERE problem IS NULL"
        ).fetchall()
        form = form_of_numbers([shape for (shape,) in shapes if shape], f"{document.name}: plays", options.decimal)
        number = number_sql("filled(plays)", form)
        if form.grouped and options.decimal is None:
            document.remarks.append(
                f"{document.name}: numbers such as 12{form.group}345 are read as thousands. If they are fractions, say "
                f'decimal="{form.group}" (--decimal {form.group}).'
            )
    # Text of a time that needs the order of its column is replaced by seconds, which need none.
    read = (
        time
        if order is None
        else f"CASE WHEN three_numbers({time}) THEN coalesce(seconds_of({time}, '{order}')::VARCHAR, {time}) "
        f"ELSE {time} END"
    )
    columns = "".join(f", {'' if each in roles.columns else 'NULL::VARCHAR AS '}{each}" for each in _OPTIONAL)
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE raw AS
        SELECT row, problem, artist{columns}, {read} AS time, {number} AS number, resolution_of({time}) AS resolution
        FROM raw""")


def _has_dates_in_two_orders(connection: duckdb.DuckDBPyConnection, document: Document, roles: Roles) -> bool:
    """Whether the beginning of a document has dates that may be read in two orders."""
    return "time" in roles.columns and _THREE_NUMBERS.search(document.head) is not None


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
        roles = roles_by_name(table, timeless=head.options.dates == "none")
        if isinstance(roles, Roles):
            layout = Layout(
                reading.delimiter, reading.quote, _widths(len(_trimmed(names)), below), roles.columns, header=number
            )
            return _format(roles, layout, head, names)
        if roles is not None and _is_header(names, below):
            return roles
    return None


def _is_header(names: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether a record looks like names: no numbers, and as many as there are cells below."""
    return not any(name.strip().replace(".", "").isdigit() for name in names) and any(
        len(cells) == len(names) for cells in below[:20]
    )


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
    for reading in sorted(readings, key=lambda each: _BY_CELLS.find(each.delimiter)):
        found = _by_cells_of(reading, head)
        if found and (best is None or found[0] > best[0]):
            best = found
    return best[1] if best else None


def _by_cells_of(reading: Reading, head: Head) -> tuple[float, Format | Refusal] | None:
    trimmed = [(number, list(cells)) for number, cells in reading.records]
    widths = Counter(len(cells) for _, cells in trimmed)
    width, n_alike = widths.most_common(1)[0] if widths else (0, 0)
    if width < 2:
        return None
    alike = [cells for _, cells in trimmed if len(cells) == width]
    blank_end = width > 2 and not any(cells[-1].strip() for cells in alike)
    table = _named_or_not(trimmed, [cells[:-1] for cells in alike] if blank_end else alike, head)
    roles = roles_by_cells(table)
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
