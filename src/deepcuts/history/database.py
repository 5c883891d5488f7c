"""A DuckDB database in memory for one reading, which can open no file and no connection."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import duckdb

from deepcuts.errors import FileFormatError, SettingsError
from deepcuts.ingest.tabular.rules import without_blanks

_CONFIG = {
    "enable_external_access": "false",  # no text of an upload can make a query open a file
    "autoinstall_known_extensions": "false",
    "temp_directory": "",  # listens stay in memory and off the disk
    "memory_limit": "4GB",
}

# Text that some exports write for a time and that DuckDB does not take for a timestamp by itself.
_TIME_FORMATS = ["%d %b %Y %H:%M", "%d %b %Y, %H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%MZ"]

# Only texts that do not begin in ASCII need the slow search for all Unicode blanks.
# 1e11 seconds would be the year 5138, and 1e11 milliseconds are 1973: no listen is in doubt.
_MACROS = f"""
    CREATE TEMP MACRO seconds_of(text) AS coalesce(
        CASE WHEN abs(TRY_CAST(text AS DOUBLE)) >= 1e11 THEN TRY_CAST(TRY_CAST(text AS DOUBLE) / 1000 AS BIGINT)
             ELSE TRY_CAST(floor(TRY_CAST(text AS DOUBLE)) AS BIGINT) END,
        TRY_CAST(floor(epoch(TRY_CAST(text AS TIMESTAMPTZ))) AS BIGINT),
        TRY_CAST(epoch(try_strptime(text, {_TIME_FORMATS})) AS BIGINT));
    CREATE TEMP MACRO filled(text) AS
        nullif(CASE WHEN text BETWEEN '!' AND '~' THEN trim(text) ELSE {without_blanks("text")} END, '')"""


@contextlib.contextmanager
def sealed_database() -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database in memory, and turn its errors into errors of deepcuts.

    It has two macros: `seconds_of`, the seconds since 1970 of a text that is a number (of milliseconds, from 1e11 on)
    or a timestamp, null where it is neither; and `filled`, a text without blanks around it, null where it is
    empty.

    Raises
    ------
    SettingsError
        If memory runs out.
    FileFormatError
        If DuckDB finds anything else wrong; what it says may quote the data, and is not repeated.
    """
    with contextlib.closing(duckdb.connect(config=_CONFIG)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(_MACROS)
        try:
            yield connection
        except RuntimeError as error:
            if str(error) != "Query interrupted":  # so DuckDB calls Ctrl-C
                raise
            raise KeyboardInterrupt from None
        except duckdb.OutOfMemoryException:
            raise SettingsError("The listens take more than 4 GB of memory. Give fewer files at a time.") from None
        except duckdb.Error as error:
            raise FileFormatError(
                f"The listens cannot be read: DuckDB raised {type(error).__name__}. Please report it."
            ) from None
