"""JSON whose records have a key twice: which of the two values counts, no reader can know."""

from __future__ import annotations

from deepcuts.checks import shown
from deepcuts.history.column_words import ARTIST, PLAYS, TIME, plain_word
from deepcuts.history.formats.format import Head, Refusal
from deepcuts.history.formats.json_paths import ARRAY, Path, Shape
from deepcuts.history.formats.listen_json import json_shape


def recognise(head: Head) -> Refusal | None:
    """Refuse such a document, as its beginning tells; an object of artists and their plays may have one twice."""
    shape = json_shape(head)
    found = [key for path, key in shape.doubled.items() if _is_record(shape, path, key)] if shape else []
    return Refusal(f"has the key {shown(found[0])} twice in one object. Give each key once") if found else None


def _is_record(shape: Shape, path: Path, key: str) -> bool:
    return ARRAY in path or len(shape.root_lines) > 1 or plain_word(key) in {*ARTIST, *PLAYS, *TIME}
