"""JSON whose rows are no objects: a mapping of artists to plays, or an array of rows; read like delimited text."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import duckdb

from deepcuts.errors import FileFormatError
from deepcuts.history.column_words import ARTIST, NOT_ARTISTS, NOT_PLAYS, PLAYS, TRACK, UNITS, plain_word
from deepcuts.history.documents import Document
from deepcuts.history.formats import tables
from deepcuts.history.formats.format import Format, Head, Load, Refusal
from deepcuts.history.formats.json_records import check_utf8
from deepcuts.ingest.tabular.json_rows import Pairs, Row, as_csv, cell, closed, parsed, row_of
from deepcuts.ingest.tabular.numbers import are_mostly_numbers

NAMES = ("artists and their plays, or rows, as JSON (.json)",)

_OF_ARTISTS = frozenset((*ARTIST, *PLAYS))
_OF_OTHERS = frozenset(("album", "albums", "tracks", "songs", "genre", "genres", "tags", "tag", *TRACK))
_OF_FRAMES = frozenset(("page", "pages", "total", "limit", "offset", "version", "code", *NOT_ARTISTS)) | _OF_ARTISTS
_OF_NO_PLAYS = frozenset(NOT_PLAYS) | UNITS
_IS_FIELD = re.compile(r"[a-z]\w*", re.ASCII)  # as programs call them, in place of artists


def recognise(head: Head) -> Format | Refusal | None:
    """A mapping of artists to numbers, or to objects under a key that names artists; or arrays of cells, anywhere."""
    if head.raw.lstrip()[:1] not in (b"[", b"{"):
        return None
    try:
        value = parsed(closed(head.raw.decode("utf-8", "replace")))
    except ValueError:
        return None
    keys = _keys_of_table(value, (), in_archive=head.in_archive)
    if keys is None:
        return None
    known = tables.recognise(replace(head, raw=as_csv(_rows(_at(value, keys)))))
    if not isinstance(known, Format):
        return known
    return replace(known, name=f"{known.name} in JSON", unit="record", load=partial(_load, keys=keys, load=known.load))


def _keys_of_table(value: Any, keys: tuple[str, ...], *, in_archive: bool) -> tuple[str, ...] | None:
    """The keys that lead to the outermost table; None where there is none. In an archive, its names have to say so."""
    if not isinstance(value, list) or not value:
        return None
    of_artists = any(_words(key) & _OF_ARTISTS for key in keys)
    rows = _rows(value)
    is_certain = of_artists or (not in_archive and (not keys or not isinstance(value, Pairs)))
    if (
        all(rows)
        and (is_certain or _OF_ARTISTS & set(map(plain_word, rows[0])))
        and _are_plays(value, keys, of_artists)
    ):
        return keys
    for key, inner in value if isinstance(value, Pairs) else ():
        found = None if _words(key) & _OF_OTHERS else _keys_of_table(inner, (*keys, key), in_archive=in_archive)
        if found is not None:
            return found
    return None


def _are_plays(value: Any, keys: Sequence[str], of_artists: bool) -> bool:
    """Whether the values of an object may be plays of what its keys name, and are not the frame of something else."""
    if not isinstance(value, Pairs) or _columns(value):
        return True
    counts = [cell(count) for _, count in value]
    if None in counts:
        return of_artists
    if any(_words(key) & _OF_NO_PLAYS for key in keys):
        return False
    is_frame = {plain_word(key) for key, _ in value} & _OF_FRAMES or all(_IS_FIELD.fullmatch(key) for key, _ in value)
    return (of_artists or not is_frame) and all(are_mostly_numbers([count]) for count in counts if count)


def _rows(value: Any) -> list[Row]:
    """The rows of a table, an empty one for what is none; the keys of objects within objects name columns."""
    columns = _columns(value)
    if columns:
        return columns
    if isinstance(value, Pairs) and value and all(isinstance(inner, Pairs) for _, inner in value):
        names = list(dict.fromkeys(name for _, inner in value for name, each in inner if cell(each) is not None))
        fields = [(key, dict(inner)) for key, inner in value]
        return [["artist", *names], *([key, *(cell(inner.get(name)) or "" for name in names)] for key, inner in fields)]
    return [row_of(each) or [] for each in value] if isinstance(value, list) else []


def _columns(value: Any) -> list[Row]:
    """The rows of an object whose keys name columns, and whose values are their cells; none of any other."""
    if not isinstance(value, Pairs) or not _OF_ARTISTS & {plain_word(key) for key, _ in value}:
        return []
    named = [(key, [each for _, each in inner] if isinstance(inner, Pairs) else inner) for key, inner in value]
    columns = [[key, *map(cell, inner)] for key, inner in named if isinstance(inner, list)]
    rows = list(zip(*columns, strict=False)) if len(columns) > 1 and len(set(map(len, columns))) == 1 else []
    return [[each or "" for each in row] for row in rows] if not any(None in row for row in rows) else []


def _at(value: Any, keys: Sequence[str]) -> Any:
    """What stands under some keys, one in the other."""
    for key in keys:
        value = next((inner for name, inner in value if name == key), None) if isinstance(value, Pairs) else None
    return value


def _words(key: str) -> set[str]:
    return {plain_word(key), *plain_word(key).split()}


def _load(
    connection: duckdb.DuckDBPyConnection, document: Document, *, keys: Sequence[str], load: Load
) -> Iterator[None]:
    """Load the rows of a document as the delimited text that they would be."""
    content = document.content()
    check_utf8(content, document.name)
    try:
        value = parsed(content.decode())
    except ValueError:
        raise FileFormatError(f"{document.name} is not JSON to its end. Unpack or download it again.") from None
    text = as_csv(_rows(_at(value, keys)))
    stream = io.BytesIO(text)
    yield from load(
        connection, Document(document.name, stream, document.allowance, len(text), "utf-8", document.remarks)
    )
