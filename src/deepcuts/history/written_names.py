"""Names of artists as programs wrote them: several in one cell, and letters that went through a wrong encoding."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from deepcuts.history.documents import Document
from deepcuts.wording import counted


def divide_artists(connection: duckdb.DuckDBPyConnection, number: int) -> None:
    """Make one listen of "A, B" one of A and one of B, where both stand alone in other listens of the document.

    So "Tyler, The Creator" stays one artist, unless The Creator is another.
    """
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE parts AS
        WITH names AS (SELECT DISTINCT artist FROM listens WHERE document = {number}),
             divided AS (SELECT artist, unnest(string_split(artist, ', ')) AS part FROM names
                         WHERE contains(artist, ', '))
        SELECT artist, part FROM divided WHERE artist NOT IN (
            SELECT artist FROM divided WHERE part NOT IN (SELECT artist FROM names))""")
    connection.execute(f"""
        INSERT INTO listens SELECT document, part, track, played_at, plays, single
        FROM listens JOIN parts USING (artist) WHERE document = {number}""")
    connection.execute(f"""
        DELETE FROM listens WHERE document = {number} AND artist IN (SELECT artist FROM parts)""")


def repair_names(connection: duckdb.DuckDBPyConnection, document: Document, number: int) -> None:
    """Read names again whose UTF-8 was once taken for cp1252, such as BjÃ¶rk, and say so."""
    rows = connection.execute(f"""
        SELECT DISTINCT artist FROM listens WHERE document = {number} AND strlen(artist) <> length(artist)
        """).fetchall()
    repaired = {name: better for (name,) in rows if (better := repaired_name(name)) != name}
    if not repaired:
        return
    connection.register("repaired", pa.table({"name": list(repaired), "better": list(repaired.values())}))
    connection.execute(f"""
        UPDATE listens SET artist = better FROM repaired WHERE document = {number} AND artist = repaired.name""")
    connection.unregister("repaired")
    document.remarks.append(
        f"{document.name}: {counted(len(repaired), 'name')} had letters that were stored in a wrong encoding, and "
        "were read as what they were."
    )


def repaired_name(name: str) -> str:
    """Return a name in the letters that it had before its UTF-8 was read as cp1252; any other as it is.

    Text of any language that is UTF-8 by accident, with all of its letters beyond ASCII, is next to impossible.

    Examples
    --------
    >>> repaired_name("BjÃ¶rk"), repaired_name("Björk")
    ('Björk', 'Björk')
    """
    try:
        return name.encode("cp1252").decode()
    except UnicodeError:
        return name
