"""The rows of a table, as listens or as artists with their plays, and which of them are no such rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

import duckdb

from deepcuts.history import column_words as words
from deepcuts.history.documents import Document
from deepcuts.history.formats.format import Format, Load
from deepcuts.history.formats.sample_table import Roles, Stated
from deepcuts.history.formats.summary_rows import without_summaries
from deepcuts.history.options import HistoryOptions
from deepcuts.ingest.tabular.database import listed_texts
from deepcuts.ingest.tabular.moments import date_order
from deepcuts.ingest.tabular.numbers import form_of_numbers, number_shape, number_sql, plain_digits

_OPTIONAL = ("track", "event", "plays", "listener", "skipped", "why", "heard", "private")
_THREE_NUMBERS = re.compile(rb"\b\d{1,2}[/-]\d{1,2}[/-](\d{4}|\d{2})\b")
_TRUE = ("true", "1", "yes", "y", "t", "x", "wahr", "vrai", "verdadero", "vero", "sim", "ja", "oui")
_NEVER = (
    "n/a",
    "na",
    "#n/a",
    "-",
    "–",
    "—",
    "--",
    "null",
    "none",
    "never",
    "nan",
    "nie",
    "jamais",
    "nunca",
    "mai",
    "?",
)

_LISTENS = """
    SELECT row, {artists} AS artists, track, time, 1.0 AS plays, problem AS bad,
           CASE WHEN problem IS NOT NULL THEN NULL WHEN filled(artist) IS NULL THEN 'no artist'
                WHEN lower(filled(event)) NOT IN ({listened}) THEN 'no scrobble'
                WHEN lower(filled(private)) IN ({true}) THEN 'private session'
                WHEN {heard} = 0 THEN 'not heard at all'
                WHEN {heard} BETWEEN 0 AND {least}
                     AND (filled(why) IS NULL OR lower(filled(why)) NOT IN ('trackdone', 'natural_end_of_track'))
                THEN 'cut off before {seconds:g} s'
                WHEN {heard} IS NULL AND lower(filled(skipped)) IN ({true}) THEN 'skipped' END AS dropped,
           resolution = 'second' OR (resolution = 'minute' AND filled(track) IS NOT NULL) AS single
    FROM raw"""

_COUNTS = """
    SELECT row, {artists} AS artists, track, time, number AS plays,
           CASE WHEN dropped IS NOT NULL THEN problem
                WHEN problem IS NULL AND number <> 0 AND NOT coalesce(number BETWEEN 1e-6 AND 1e9, false)
                  OR problem IS NULL AND number IS NULL AND filled(plays) IS NOT NULL
                THEN 'its plays are no number above 0' ELSE problem END AS bad,
           CASE WHEN dropped IS NOT NULL THEN dropped
                WHEN filled(plays) IS NULL OR number = 0 THEN 'not played' END AS dropped,
           false AS single
    FROM {rows}"""
# Of a table that may name several artists in a cell: what a semicolon and a blank divide.
_DIVIDED = "CASE WHEN contains(artist, '; ') THEN string_split(without_entities(artist), '; ') ELSE [artist] END"


def stated_columns(options: HistoryOptions) -> Stated:
    """The columns that somebody named."""
    return Stated(options.artist_column, options.plays_column)


def table_format(name: str, unit: str, roles: Roles, load: Load, options: HistoryOptions) -> Format:
    """A format whose rows are those of a table with columns of some roles."""
    prepare = partial(load_prepared, load=load, roles=roles, options=options)
    return Format(
        name,
        "line" if unit == "line" else "record",
        prepare,
        _counts() if roles.counts else _listens(roles, options.min_seconds),
        has_clock=False,
        listener="listener",
        several=roles.several,
    )


def _listens(roles: Roles, min_seconds: float) -> str:
    return _LISTENS.format(
        artists=_DIVIDED,
        listened=listed_texts(sorted(words.LISTENED)),
        true=listed_texts(_TRUE),
        heard=f"(TRY_CAST(heard AS DOUBLE) * {1000 if roles.in_seconds else 1})",
        least=min_seconds * 1000 - 1e-6,
        seconds=min_seconds,
    )


def _counts() -> str:
    return _COUNTS.format(artists=_DIVIDED, rows=without_summaries())


def load_prepared(
    connection: duckdb.DuckDBPyConnection, document: Document, *, load: Load, roles: Roles, options: HistoryOptions
) -> Iterator[None]:
    """Load a table, and add to each row its number of plays and the time that its cells say.

    How numbers are written, in which order dates are and which rows sum up others is a matter of the whole column, so
    a table of plays, or of dates of three numbers, is held as a whole.
    """
    if not roles.counts and not _has_dates_in_two_orders(document, roles):
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
    for column in {"artist", "track", "time", "plays"} & set(roles.columns):  # ="…" of spreadsheets is the text in it
        connection.execute(f"""
            UPDATE raw SET {column} = regexp_extract({column}, '^="([^"]*)"$', 1) WHERE starts_with({column}, '="')""")
    time = _time(roles, options)
    stated = options.dates if options.dates in ("dmy", "mdy") else None
    order = stated or (None if time is None else date_order(connection, "time", "raw", document.name))
    number = _number(connection, document, options) if roles.counts else "NULL::DOUBLE"
    written = plain_digits("filled(plays)") if roles.counts else "NULL::VARCHAR"
    absent = {each: f"NULL::VARCHAR AS {each}" for each in _OPTIONAL if each not in roles.columns}
    if roles.titled:
        absent["track"] = "artist AS track"
    columns = "".join(f", {absent.get(each, each)}" for each in _OPTIONAL)
    artist = r"regexp_extract(artist, '^(.*?\S)\s+[-–—]\s', 1) AS artist" if roles.titled else "artist"
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE raw AS
        SELECT row, problem, {artist}{columns}, {_read_time(order)} AS time, {number} AS number,
               resolution_of(said) AS resolution
        FROM (SELECT *, {time or "NULL::VARCHAR"} AS said, {written} AS written FROM raw)""")


def _time(roles: Roles, options: HistoryOptions) -> str | None:
    """SQL of the text of a time, null where it says that there is none; None where times are not read."""
    if "time" not in roles.columns or options.dates == "none":
        return None
    text = plain_digits("trim(time)" if "clock" not in roles.columns else "trim(time) || ' ' || trim(clock)")
    return f"CASE WHEN {text} BETWEEN '0' AND ':' OR lower({text}) NOT IN ({listed_texts(_NEVER)}) THEN {text} END"


def _read_time(order: str | None) -> str:
    """SQL of what a time says, whose text needs the order of its column no more: of that it becomes seconds."""
    if order is None:
        return "said"
    return f"CASE WHEN three_numbers(said) THEN coalesce(seconds_of(said, '{order}')::VARCHAR, said) ELSE said END"


def _number(connection: duckdb.DuckDBPyConnection, document: Document, options: HistoryOptions) -> str:
    """SQL of the number of plays, `written` in digits of ASCII, as the whole column writes it."""
    shape = number_shape(f"trim({plain_digits('plays')})")
    shapes = connection.execute(f"SELECT DISTINCT {shape} FROM raw WHERE problem IS NULL").fetchall()
    form = form_of_numbers([shape for (shape,) in shapes if shape], f"{document.name}: plays", options.decimal)
    if form.grouped and options.decimal is None:
        document.remarks.append(
            f"{document.name}: numbers such as 12{form.group}345 are read as thousands. If they are fractions, say "
            f'decimal="{form.group}" (--decimal {form.group}).'
        )
    return number_sql("written", form)


def _has_dates_in_two_orders(document: Document, roles: Roles) -> bool:
    """Whether the beginning of a document has dates that may be read in two orders."""
    return "time" in roles.columns and _THREE_NUMBERS.search(document.head) is not None
