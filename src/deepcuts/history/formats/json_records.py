"""JSON into the table `raw`: objects wherever they are in a document; only the fields of a template are kept."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from deepcuts.array_types import IndexVector
from deepcuts.errors import FileFormatError
from deepcuts.history.documents import Document
from deepcuts.history.formats.json_paths import ARRAY, Path, Shape
from deepcuts.ingest.tabular.database import quoted
from deepcuts.storage.nested_text import parse_json, parse_json_at

_BYTE = re.compile(r"Malformed JSON at byte (\d+) of input: ([\w -]+)")
_AGAIN = "Unpack or download it again."
# SQL of why a record was not read; null where it was.
NOT_READ = "CASE WHEN is_doubled THEN 'it has a key twice' WHEN r IS NULL THEN 'it is not JSON' END"

_NOT_BLANK = re.compile(r"\S")


@dataclass(frozen=True)
class Records:
    """Where the records of a document are.

    Parameters
    ----------
    path
        Keys from the outside in, and ARRAY where an array is entered.
    many
        Whether there are several documents, one after the other.
    by_line
        Whether each of these takes one line.
    """

    path: Path
    many: bool
    by_line: bool

    @classmethod
    def of(cls, shape: Shape, path: Path) -> Records:
        """The records of a path; a document that begins with an object may be the first of many, one a line."""
        lines = shape.root_lines
        # Of several documents, none may begin on the line of another, nor two lines below it.
        by_line = ARRAY not in path[:1] and (len(lines) == 1 or lines[1] - lines[0] <= 1)
        return cls(path, many=len(lines) > 1 or not path, by_line=by_line and (len(lines) > 1 or not path))


def no_listen(*fields: str) -> str:
    """SQL of what is wrong with a row `r` that has none of some fields, which are texts; null where it has one."""
    return f"""CASE WHEN {NOT_READ} IS NOT NULL THEN {NOT_READ}
                    WHEN coalesce({", ".join(fields)}) IS NULL THEN 'it is not the object of a listen' END"""


def load_records(
    connection: duckdb.DuckDBPyConnection, document: Document, *, template: str, records: Records
) -> Iterator[None]:
    """Put the objects of a path into `raw`, numbered (`row`), as structs (`r`) of the fields of a template.

    Where each line is a document the lines are numbered, and `r` is null for what is not JSON. `is_doubled` says
    whether a record has a key of the template twice, of which nobody knows which one counts.

    Raises
    ------
    FileFormatError
        If a document is not JSON.
    """
    if records.by_line:
        yield from _load_lines(connection, document, template, records)
        return
    text = document.content()
    check_utf8(text, document.name)
    bounds = _ends_of_documents(text) if records.many else np.array([0, len(text)])
    connection.register("docs", pa.table({"doc": _texts(text, bounds), "number": np.arange(len(bounds) - 1)}))
    try:
        connection.execute(f"""
            CREATE OR REPLACE TEMP TABLE raw AS
            SELECT {_parsed(template)}, row
            FROM (SELECT unnest(records) AS record, generate_subscripts(records, 1) + number AS row
                  FROM (SELECT {_found(records.path)} AS records, number FROM docs))""")
    except duckdb.InvalidInputException as error:
        raise _malformed(document.name, text, str(error)) from None
    except UnicodeDecodeError as error:  # DuckDB quotes what is wrong, and may cut a letter in two
        raise _malformed(document.name, text, error.object.decode("utf-8", "replace")) from None
    finally:
        connection.unregister("docs")
    yield


def _load_lines(
    connection: duckdb.DuckDBPyConnection, document: Document, template: str, records: Records
) -> Iterator[None]:
    found = _found(records.path)
    for number, block in document.blocks():
        ends = np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n")) + 1
        # In order, each once: the last line may end in a line end or not.
        bounds = np.unique(np.append(ends, [0, len(block)]))
        texts = _texts(block, bounds) if _is_utf8(block) else _without_damage(block, bounds)
        rows = pa.array(np.arange(number, number + len(texts)))
        connection.register("docs", pa.table({"row": rows, "doc": texts}))
        connection.execute(f"""
            CREATE OR REPLACE TEMP TABLE raw AS
            SELECT row, {_parsed(template)}
            FROM (SELECT row, unnest(coalesce(CASE WHEN json_valid(doc) THEN {found} END, [NULL])) AS record
                  FROM docs WHERE doc IS NULL OR trim(doc, {quoted(" " + chr(9) + chr(13) + chr(10))}) <> '')""")
        connection.unregister("docs")
        yield


def _parsed(template: str) -> str:
    """SQL of the fields of a record in JSON, and of whether it has one of their keys twice."""
    wanted = (
        f"list_filter(json_keys(record, {quoted(path)}), lambda key: key IN ({', '.join(map(quoted, keys))}))"
        for path, keys in _levels(parse_json(template))
    )
    doubled = " OR ".join(f"len({keys}) > len(list_distinct({keys}))" for keys in wanted)
    return f"json_transform(record, {quoted(template)}) AS r, coalesce({doubled}, false) AS is_doubled"


def _levels(template: dict[str, Any], path: str = "$") -> Iterator[tuple[str, list[str]]]:
    """Paths of the objects of a template, but for those in arrays, and the keys of each."""
    yield path, list(template)
    for key, inner in template.items():
        if isinstance(inner, dict):
            yield from _levels(inner, f"{path}.{json.dumps(key)}")


def _found(path: Path) -> str:
    """SQL of the list of all records of a document, in JSON."""
    structure = '"JSON"'
    for part in reversed(path):
        structure = f"[{structure}]" if part == ARRAY else f"{{{json.dumps(part)}:{structure}}}"
    sql, is_list = f"json_transform(doc, {quoted(structure)})", False
    for part in path:
        if part == ARRAY:
            sql, is_list = (f"flatten(list_filter({sql}, lambda e: e IS NOT NULL))" if is_list else sql), True
        else:
            field = '"' + part.replace('"', '""') + '"'
            sql = f"list_transform({sql}, lambda e: e.{field})" if is_list else f"{sql}.{field}"
    return sql if is_list else f"[{sql}]"


def _ends_of_documents(text: bytes) -> IndexVector:
    """Where documents that follow one another begin, in bytes, and where the last one ends."""
    content, bounds, start = text.decode(), [0], 0
    while begins := _NOT_BLANK.search(content, start):
        try:
            _, end = parse_json_at(content, begins.start())
        except ValueError:
            bounds.append(len(text))  # DuckDB says what is wrong with the rest
            break
        bounds.append(bounds[-1] + len(content[start:end].encode()))
        start = end
    return np.array(bounds)


def check_utf8(text: bytes, name: str) -> None:
    """Refuse bytes that are not UTF-8.

    Raises
    ------
    FileFormatError
        Naming the line.
    """
    try:
        text.decode()
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        raise FileFormatError(f"{name}, line {line:,}: it is not UTF-8 text, as JSON is. {_AGAIN}") from None


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _texts(text: bytes, bounds: IndexVector) -> pa.LargeStringArray:
    """Parts of a text as Arrow strings that share its memory."""
    offsets = pa.py_buffer(bounds.astype(np.int64))
    return pa.LargeStringArray.from_buffers(len(bounds) - 1, offsets, pa.py_buffer(text))


def _without_damage(text: bytes, bounds: IndexVector) -> pa.LargeStringArray:
    """Lines as Arrow strings, null where one is not UTF-8."""
    lines = (text[start:stop] for start, stop in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True))
    return pa.array([line.decode() if _is_utf8(line) else None for line in lines], pa.large_string())


def _malformed(name: str, text: bytes, message: str) -> FileFormatError:
    """Say where a document stops being JSON, without what stands there."""
    found = _BYTE.search(message)
    offset = int(found[1]) if found else 0
    line, why = text.count(b"\n", 0, offset) + 1, (found[2] if found else "it cannot be parsed").strip()
    return FileFormatError(f"{name}, line {line:,}: from byte {offset:,} on it is not JSON ({why}). {_AGAIN}")
