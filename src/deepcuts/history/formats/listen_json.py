"""What formats of JSON have in common: a predicate on keys, a template and the SQL of rows."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache, partial

from deepcuts.history.formats.format import Format, Head
from deepcuts.history.formats.json_paths import Path, Shape, shape_of
from deepcuts.history.formats.json_records import Records, load_records


def json_shape(head: Head) -> Shape | None:
    """The shape of a document that begins like JSON; None for any other."""
    start = head.raw.lstrip()
    return _shape(head.raw) if start[:1] in (b"[", b"{") else None


def is_json(head: Head) -> bool:
    """Whether a document begins with objects, or lists of them; names in brackets, as in some tables, do not."""
    shape = json_shape(head)
    return shape is not None and any(shape.keys.values())


@lru_cache(maxsize=2)
def _shape(raw: bytes) -> Shape:
    return shape_of(raw.decode("utf-8", "replace"))


def json_format(
    head: Head, name: str, groups: Iterable[Iterable[str]], template: str, rows: str, *, has_clock: bool = True
) -> Format | None:
    """A format whose records have all keys of one of some groups, wherever in the document they are."""
    shape = json_shape(head)
    path = shape.find(*groups) if shape else None
    return format_at(shape, path, name, template, rows, has_clock=has_clock) if shape and path is not None else None


def format_at(shape: Shape, path: Path, name: str, template: str, rows: str, *, has_clock: bool = True) -> Format:
    """A format whose records are at a path."""
    records = Records.of(shape, path)
    load = partial(load_records, template=template, records=records)
    return Format(name, "line" if records.by_line else "record", load, rows, has_clock=has_clock)
