"""The format of a document, by its content; its name does not matter."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from deepcuts.history.documents import Document
from deepcuts.history.formats.format import AreMoments, Format, Head, Refusal
from deepcuts.history.formats.registry import RECOGNISERS
from deepcuts.history.options import HistoryOptions
from deepcuts.ingest.tabular.encodings import BLANK, is_blank
from deepcuts.ingest.tabular.numbers import plain_digits

FIRST_SCROBBLER = 946_684_800  # 2000-01-01: earlier times come from clocks that were never set


def detect(
    connection: duckdb.DuckDBPyConnection, document: Document, options: HistoryOptions, *, in_archive: bool = False
) -> Format | Refusal | None:
    """The format of a document; None if it is none that is known, and a refusal if it is known not to be one."""
    if is_blank(document.head):
        return Refusal(BLANK)
    head = Head(document.name, document.head, _are_moments(connection), options, in_archive)
    found = (recognise(head) for recognise in RECOGNISERS)
    return next((each for each in found if each is not None), None)


def _are_moments(connection: duckdb.DuckDBPyConnection) -> AreMoments:
    def are_moments(texts: Sequence[str]) -> list[bool]:
        connection.register("texts", pa.table({"text": pa.array(list(texts), pa.string())}))
        # Of dates in two orders, either will do here: a moment in 2000 or later, whichever it is.
        rows = connection.execute(f"""
            SELECT coalesce(seconds_of(text, 'dmy'), seconds_of(text, 'mdy')) >= {FIRST_SCROBBLER}
            FROM (SELECT trim({plain_digits("text")}) AS text FROM texts)""").fetchall()
        connection.unregister("texts")
        return [bool(row[0]) for row in rows]

    return are_moments
