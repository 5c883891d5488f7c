"""A DuckDB database in memory for one reading, which can open no file and no connection."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import duckdb

from deepcuts.data.id_twins import BLANKS
from deepcuts.errors import FileFormatError, SettingsError
from deepcuts.ingest.tabular.database import quoted
from deepcuts.ingest.tabular.moments import install_moments
from deepcuts.ingest.tabular.rules import spelt_once

_CONFIG = {
    "enable_external_access": "false",  # no text of an upload can make a query open a file
    "autoinstall_known_extensions": "false",
    "temp_directory": "",  # listens stay in memory and off the disk
    "memory_limit": "4GB",
}

_ENTITIES = {
    "&lt;": "<",
    "&gt;": ">",
    "&quot;": '"',
    "&#34;": '"',
    "&#39;": "'",
    "&#039;": "'",
    "&apos;": "'",
    "&amp;": "&",
}


def _without_entities(text: str) -> str:
    """SQL of a text with the characters that entities of HTML stand for."""
    for entity, character in _ENTITIES.items():
        text = f"replace({text}, '{entity}', {quoted(character)})"
    return text


# Only texts that do not begin in ASCII need the slow search for all Unicode blanks.
# `artist_name` has the one spelling of a name: composed, without characters that nobody sees, with single blanks, and
# with what entities of HTML (&amp;) stand for.
_MACROS = f"""
    CREATE TEMP MACRO without_entities(text) AS
        CASE WHEN contains(text, '&') THEN {_without_entities("text")} ELSE text END;
    CREATE TEMP MACRO filled(text) AS
        CASE WHEN text BETWEEN '!' AND '~' THEN trim(text) ELSE nullif(trim(text, {quoted(BLANKS)}), '') END;
    CREATE TEMP MACRO artist_name(text) AS
        CASE WHEN regexp_full_match(text, '[!-%''-~]+( [!-%''-~]+)*') THEN text
             ELSE {spelt_once("without_entities(text)")} END"""


@contextlib.contextmanager
def sealed_database() -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database in memory, and turn its errors into errors of deepcuts.

    It has the macros of `deepcuts.ingest.tabular.moments`; `filled`, a text without blanks around it, null where it is
    empty; and `artist_name`, a name in the one form in which it is counted.

    Raises
    ------
    SettingsError
        If memory runs out.
    FileFormatError
        If DuckDB finds anything else wrong; what it says may quote the data, and is not repeated.
    """
    with contextlib.closing(duckdb.connect(config=_CONFIG)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        install_moments(connection)
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
