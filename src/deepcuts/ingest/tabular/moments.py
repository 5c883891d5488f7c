"""What a text says of a moment, in SQL: one definition for exports and for plays of many users.

Read are numbers (seconds since 1970; milliseconds, microseconds or nanoseconds by their size), dates of eight digits,
ISO 8601 with and without its marks, and dates in words. Dates of three numbers between slashes or hyphens can be read
in two orders; which one a column has is found over the whole column (`date_order`), never row by row.
"""

from __future__ import annotations

import time

import duckdb
import pyarrow as pa

from deepcuts.errors import DataError
from deepcuts.ingest.tabular.written_dates import Order, seconds_of_words

_SHORT_YEAR_OR_ORDER = r"^\d{1,2}[./-]\d{1,2}[./-]\d{1,4}"  # of which DuckDB would make a date of the first century
_COMMON = ["%d %b %Y %H:%M", "%d %b %Y, %H:%M"]  # of Last.fm; the others wait until a text is tidied
_THREE_NUMBERS = r"^\d{1,2}[/-]\d{1,2}[/-](\d{4}|\d{2})\b"
_LEAST_NAMED_YEAR, _MOST_NAMED_YEAR = 1900, 2100  # of eight digits that are a date

# 1e11 seconds would be the year 5138, and 1e11 milliseconds are 1973: no listen is in doubt. Likewise for the others.
_NUMBERS = rf"""
    CREATE OR REPLACE TEMP MACRO date_of_digits(text) AS
        CASE WHEN regexp_full_match(text, '\d{{8}}(\.0)?') THEN
                  CASE WHEN text[1:4] BETWEEN '{_LEAST_NAMED_YEAR}' AND '{_MOST_NAMED_YEAR}'
                       THEN TRY_CAST(epoch(try_strptime(text[1:8], '%Y%m%d')) AS BIGINT) END
             WHEN regexp_full_match(text, '(19|20)\d{{10}}') THEN
                  TRY_CAST(epoch(try_strptime(text, '%Y%m%d%H%M')) AS BIGINT)
             WHEN regexp_full_match(text, '(19|20)\d{{12}}') THEN
                  TRY_CAST(epoch(try_strptime(text, '%Y%m%d%H%M%S')) AS BIGINT) END;
    CREATE OR REPLACE TEMP MACRO seconds_of_number(number) AS
        TRY_CAST(floor(CASE WHEN abs(number) >= 1e17 THEN number / 1e9 WHEN abs(number) >= 1e14 THEN number / 1e6
                            WHEN abs(number) >= 1e11 THEN number / 1e3 ELSE number END) AS BIGINT);
    CREATE OR REPLACE TEMP MACRO three_numbers(text) AS regexp_matches(text, '{_THREE_NUMBERS}');
    CREATE OR REPLACE TEMP MACRO resolution_of(text) AS
        CASE WHEN regexp_full_match(text, '\d{{8}}(\.0)?') THEN 'day'
             WHEN regexp_full_match(text, '(19|20)\d{{10}}') THEN 'minute'
             WHEN regexp_full_match(text, '[+-]?\d+(\.\d+)?') THEN 'second'
             WHEN regexp_full_match(text, '[+-]?\d(\.\d{{9,}})?[eE]\+?\d+') THEN 'second'  -- 1.6E+09 has lost digits
             WHEN regexp_matches(text, '\d{{1,2}}:\d\d:\d\d|T\d{{6}}') THEN 'second'
             WHEN regexp_matches(text, '\d:\d\d|T\d{{4}}') THEN 'minute' ELSE 'day' END;"""


def latest_moment() -> int:
    """Seconds since 1970 past which nothing can have been heard: a day from now, as some times are local."""
    return int(time.time()) + 86_400


def install_moments(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the macros that read moments.

    `seconds_of(text, date_order)`: seconds since 1970 of a text without blanks around it, null where it is no moment;
    `date_order` is "dmy", "mdy" or null, where dates of three numbers between slashes or hyphens are not read.
    `resolution_of(text)`: "day", "minute" or "second".
    """
    connection.execute(_NUMBERS)
    connection.create_function(
        "moment_in_words", _in_words, ["VARCHAR", "VARCHAR"], "BIGINT", type="arrow", null_handling="special"
    )
    # Most texts are digits or ISO 8601, which DuckDB reads; only what is left is read in Python.
    connection.execute(rf"""
        CREATE OR REPLACE TEMP MACRO plain_moment(text) AS coalesce(
            seconds_of_number(TRY_CAST(text AS DOUBLE)),
            TRY_CAST(floor(epoch(TRY_CAST(text AS TIMESTAMPTZ))) AS BIGINT),
            TRY_CAST(epoch(try_strptime(text, {_COMMON})) AS BIGINT));
        CREATE OR REPLACE TEMP MACRO seconds_of(text, date_order) AS CASE WHEN text IS NOT NULL THEN coalesce(
            date_of_digits(text),
            CASE WHEN NOT regexp_matches(text, '{_SHORT_YEAR_OR_ORDER}') THEN plain_moment(text) END,
            moment_in_words(text, date_order)) END""")


def _in_words(texts: pa.ChunkedArray, orders: pa.ChunkedArray) -> pa.Array:
    pairs = zip(texts.to_pylist(), orders.to_pylist(), strict=True)
    return pa.array([None if text is None else seconds_of_words(text, order) for text, order in pairs], pa.int64())


def date_order(connection: duckdb.DuckDBPyConnection, column: str, table: str, where: str) -> Order | None:
    """The order in which dates of three numbers are to be read, from all of a column; None where it has none of them.

    Raises
    ------
    DataError
        If both orders are possible, or neither is.
    """
    text = f"trim({column}::VARCHAR)"
    counts = connection.execute(rf"""
        SELECT count(*), count(*) FILTER (first > 12), count(*) FILTER (second > 12) FROM (
            SELECT TRY_CAST(regexp_extract(text, '^(\d+)', 1) AS INT) AS first,
                   TRY_CAST(regexp_extract(text, '^\d+[/-](\d+)', 1) AS INT) AS second
            FROM (SELECT {text} AS text FROM {table}) WHERE three_numbers(text))""").fetchall()[0]
    return order_of(counts, where)


def order_of(counts: tuple[int, int, int], where: str) -> Order | None:
    """The order that dates must have, of which so many are there, begin above 12, and go on above 12."""
    n_dates, n_day_first, n_month_first = counts
    if not n_dates:
        return None
    if bool(n_day_first) == bool(n_month_first):
        why = "some have the day first and some the month" if n_day_first else "no day of theirs is above 12"
        raise DataError(
            f'{where}: dates such as 3/4/2024 can be read in two ways, and {why}. Say which with dates="dmy" or '
            '"mdy" (--dates), or count without times with dates="none".'
        )
    return "dmy" if n_day_first else "mdy"
