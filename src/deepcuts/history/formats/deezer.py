"""Deezer's personal data: the sheet of listens in its spreadsheet, or the same sheet as CSV."""

from __future__ import annotations

from dataclasses import replace

from deepcuts.history.column_words import HEARD_SECONDS, plain_word
from deepcuts.history.formats import tables
from deepcuts.history.formats.format import Format, Head
from deepcuts.history.formats.listen_json import is_json

NAMES = ("Deezer (.xlsx)",)


def recognise(head: Head) -> Format | None:
    """A table of listens with recording codes and seconds heard; a cell may name several artists.

    The address and the device that stand in it are never read.
    """
    if is_json(head) or b"isrc" not in head.raw[:4096].lower():
        return None
    records = tables.reading_of_head(head, ",").records[:1]
    names = {plain_word(name) for _, cells in records for name in cells}
    found = tables.recognise(head) if names & set(HEARD_SECONDS) else None
    return replace(found, name="Deezer", several=True) if isinstance(found, Format) else None
