"""Scans of JSON: one array of objects, or objects one after the other, on a line each or on several."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Literal, TypeAlias

import duckdb

from deepcuts.errors import DataError, FileFormatError
from deepcuts.ingest.tabular.columns import Columns
from deepcuts.ingest.tabular.database import quoted
from deepcuts.ingest.tabular.files import Sample
from deepcuts.ingest.tabular.line_reader import Line, fill_table
from deepcuts.ingest.tabular.scan import FILE, Cell, Scan
from deepcuts.ingest.tabular.text_files import listing
from deepcuts.storage.nested_text import ObjectHook, parse_json, parse_json_at

_DEEPEST = 4  # objects within objects whose keys can be named

# "unstructured" is what DuckDB calls objects that take several lines.
Shape: TypeAlias = Literal["array", "newline_delimited", "unstructured"]
Place: TypeAlias = tuple[str, ...]  # the keys that lead to a field, from the outside in


def scan_json(samples: Sequence[Sample], columns: Columns) -> Iterator[Scan]:
    """Scans of JSON files, one for all files that are laid out alike.

    Raises
    ------
    FileFormatError
        If a file does not begin with objects.
    DataError
        If its objects do not have the keys asked for.
    """
    alike: dict[tuple[str | None, Shape, tuple[str, ...]], list[str]] = {}
    for sample in samples:
        alike.setdefault((sample.compression, *_layout(sample)), []).append(sample.path)
    for (compression, shape, keys), paths in alike.items():
        indexes = columns.find(keys, len(keys), paths[0])
        wanted = {role: _place(keys[index], keys) for role, index in indexes.items()}
        by_line = _read_lines if shape == "newline_delimited" else partial(_read_records, shape=shape)
        yield Scan(
            source=_read_json(paths, shape, compression, wanted),
            cells=_cells(wanted),
            file=FILE,
            row="NULL::BIGINT",
            unit="line" if shape == "newline_delimited" else "record",
            line_reader=partial(by_line, paths=paths, compression=compression, wanted=wanted),
        )


def names_of_json(sample: Sample) -> tuple[str, ...]:
    """Keys of the first objects of a file, those within objects with dots between."""
    return _layout(sample)[1]


def _layout(sample: Sample) -> tuple[Shape, tuple[str, ...]]:
    """The shape of a file, and the keys of its first objects in order of appearance."""
    text = sample.text.lstrip()
    if not text:
        raise DataError(f"There are no rows in {sample.path}.")
    objects = _first_objects(text)
    if not objects:
        raise _not_objects(sample, text)
    keys = dict.fromkeys(key for each in objects for key in each)
    dotted = dict.fromkeys(key for each in objects for key in _dotted(each) if key not in keys)
    return _shape(text), (*keys, *dotted)


def _shape(text: str) -> Shape:
    """How the objects at the beginning of a text are laid out."""
    if text[0] == "[":
        return "array"
    _, end = parse_json_at(text)
    return "unstructured" if "\n" in text[:end] or text[end:].lstrip(" \t\r")[:1] == "{" else "newline_delimited"


def _dotted(value: Mapping[str, Any], before: str = "", depth: int = 0) -> Iterator[str]:
    """Keys of objects within an object, with those that lead there: "track_metadata.artist_name"."""
    for key, inner in value.items():
        if depth:
            yield before + key
        if isinstance(inner, dict) and depth < _DEEPEST:
            yield from _dotted(inner, f"{before}{key}.", depth + 1)


def _first_objects(text: str) -> list[dict[str, Any]]:
    """Objects that can be read from the beginning of a file."""
    # One value is read at a time, so a file cut off in mid-object gives those before.
    start = int(text[0] == "[")
    objects: list[dict[str, Any]] = []
    while True:
        while text[start : start + 1] in {" ", "\t", "\r", "\n", ","}:
            start += 1
        try:
            value, start = parse_json_at(text, start)
        except ValueError:
            return objects
        if isinstance(value, dict):
            objects.append(value)


def _not_objects(sample: Sample, text: str) -> DataError | FileFormatError:
    if sample.complete and "".join(text.split()) == "[]":
        return DataError(f"There are no rows in {sample.path}.")
    return FileFormatError(
        f"{sample.path} begins with {text[:20]!r}. JSON is read as an array of objects or of rows, or as objects one "
        "after the other."
    )


def _cells(wanted: Mapping[str, Place]) -> dict[str, Cell]:
    return {role: Cell(f"{role}_cell", "JSON") for role in wanted}


def _read_json(paths: Sequence[str], shape: Shape, compression: str | None, wanted: Mapping[str, Place]) -> str:
    outer = list(dict.fromkeys(place[0] for place in wanted.values()))
    columns = ", ".join(f"{quoted(key)}: 'JSON'" for key in outer)
    cells = ", ".join(f"{_inner(outer, place)} AS {role}_cell" for role, place in wanted.items())
    aliases = ", ".join(f"o{n}" for n in range(len(outer)))
    return (
        f"(SELECT {cells}, {FILE} FROM read_json({listing(paths)}, format = {quoted(shape)}, records = true, "
        f"filename = '{FILE}', columns = {{{columns}}}, compression = {quoted(compression or 'none')}) AS t({aliases}))"
    )


def _place(name: str, keys: Sequence[str]) -> Place:
    """The keys that lead to a field: a key of the outer object may have dots itself, and goes first."""
    first = next((key for key in keys if name == key or name.startswith(f"{key}.")), name)
    return (first, *name[len(first) + 1 :].split(".")) if name != first and len(first) < len(name) else (name,)


def _inner(outer: Sequence[str], place: Place) -> str:
    """SQL of a field, null where it is JSON's null."""
    column = f"o{outer.index(place[0])}"
    if len(place) == 1:
        return column
    path = "$" + "".join(f'."{key}"' for key in place[1:])
    return f"json_extract({column}, {quoted(path)})"


def _read_records(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    *,
    shape: Shape,
    paths: Sequence[str],
    compression: str | None,
    wanted: Mapping[str, Place],
) -> Scan:
    """Number the records; what is not JSON at all cannot be read past, and raises an error of DuckDB."""
    each = (
        f"SELECT {FILE} AS file, row_number() OVER () AS row, * EXCLUDE ({FILE}) "
        f"FROM {_read_json([path], shape, compression, wanted)}"
        for path in paths
    )
    connection.execute(f"CREATE TEMP TABLE {table} AS {' UNION ALL '.join(each)}")
    return Scan(table, _cells(wanted), file="file", row="row", unit="record")


def _read_lines(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    *,
    paths: Sequence[str],
    compression: str | None,
    wanted: Mapping[str, Place],
) -> Scan:
    parsers = dict.fromkeys(paths, partial(_lines, keys=list(wanted.values())))
    return fill_table(connection, table, parsers, compression, _cells(wanted), range(len(wanted)))


def _lines(text: Iterator[str], keys: Sequence[Place]) -> Iterator[Line]:
    object_of = partial(_object_of, wanted={key for place in keys for key in place})
    for number, line in enumerate(text, start=1):
        if line.strip():
            yield _line(number, line, keys, object_of)


class _DoubledKeyError(ValueError):
    """An object has a key twice, and nobody knows which of the two counts."""


def _object_of(pairs: list[tuple[str, Any]], wanted: Collection[str]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs) and any(n > 1 and key in wanted for key, n in Counter(key for key, _ in pairs).items()):
        raise _DoubledKeyError
    return found


def _line(number: int, line: str, keys: Sequence[Place], object_of: ObjectHook) -> Line:
    try:
        value = parse_json(line, object_of)
        # AttributeError: the line is JSON, but no object, and has no `get`.
        cells = [json.dumps(_field(value, place), ensure_ascii=False) for place in keys]
        "".join(cells).encode()
    except UnicodeEncodeError:
        return number, "line holds half of a surrogate pair, or is not UTF-8 text", line, ["null"] * len(keys)
    except _DoubledKeyError:
        return number, "line has a key of these columns twice", line, ["null"] * len(keys)
    except (ValueError, AttributeError):
        return number, "line is not a JSON object", line, ["null"] * len(keys)
    return number, None, None, cells


def _field(value: Any, place: Place) -> Any:
    found = value.get(place[0])
    for key in place[1:]:
        found = found.get(key) if isinstance(found, dict) else None
    return found
