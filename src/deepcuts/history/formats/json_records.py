"""JSON into the table `raw`: an array of objects, or an object a line; only the fields of a template are kept."""

from __future__ import annotations

import re
from collections.abc import Iterator

import duckdb
import numpy as np
import pyarrow as pa

from deepcuts.array_types import IndexVector
from deepcuts.errors import FileFormatError
from deepcuts.history.documents import Document
from deepcuts.ingest.tabular.database import quoted

_BYTE = re.compile(r"Malformed JSON at byte (\d+) of input: ([\w -]+)")
_AGAIN = "Unpack or download it again."


def no_listen(*fields: str) -> str:
    """SQL of what is wrong with a row `r` that has none of some fields, which are texts; null where it has one."""
    return f"""CASE WHEN r IS NULL THEN 'it is not JSON'
                    WHEN coalesce({", ".join(fields)}) IS NULL THEN 'it is not the object of a listen' END"""


def load_array(
    connection: duckdb.DuckDBPyConnection, document: Document, *, template: str, under: str = ""
) -> Iterator[None]:
    """Put the objects of an array into `raw`, numbered (`row`), as structs (`r`).

    Parameters
    ----------
    connection, document
        The database, and what is read.
    template
        The fields to keep, as DuckDB's json_transform takes them.
    under
        Key of the outer object that holds the array; "" where there is no outer object.

    Raises
    ------
    FileFormatError
        If it is not JSON.
    """
    text = document.content()
    structure = f'{{"{under}":[{template}]}}' if under else f"[{template}]"
    records = f"json_transform(doc, {quoted(structure)})" + (f'."{under}"' if under else "")
    connection.register("docs", pa.table({"doc": _texts(text, np.array([0, len(text)]))}))
    try:
        check_utf8(text, document.name)
        connection.execute(f"""
            CREATE OR REPLACE TEMP TABLE raw AS
            SELECT unnest(records) AS r, generate_subscripts(records, 1) AS row
            FROM (SELECT {records} AS records FROM docs)""")
    except duckdb.InvalidInputException as error:
        raise _malformed(document.name, text, str(error)) from None
    except UnicodeDecodeError as error:  # DuckDB quotes what is wrong, and may cut a letter in two
        raise _malformed(document.name, text, error.object.decode("utf-8", "replace")) from None
    finally:
        connection.unregister("docs")
    yield


def load_lines(connection: duckdb.DuckDBPyConnection, document: Document, *, template: str) -> Iterator[None]:
    """Put the object on every line into `raw`, as `load_array` does; null where a line holds none."""
    for number, block in document.blocks():
        ends = np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n")) + 1
        # In order, each once: the last line may end in a line end or not.
        bounds = np.unique(np.append(ends, [0, len(block)]))
        texts = _texts(block, bounds) if _is_utf8(block) else _without_damage(block, bounds)
        rows = pa.array(np.arange(number, number + len(texts)))
        connection.register("docs", pa.table({"row": rows, "doc": texts}))
        connection.execute(f"""
            CREATE OR REPLACE TEMP TABLE raw AS
            SELECT row, CASE WHEN json_valid(doc) THEN json_transform(doc, {quoted(template)}) END AS r
            FROM docs WHERE doc IS NULL OR trim(doc, {quoted(" " + chr(9) + chr(13) + chr(10))}) <> ''""")
        connection.unregister("docs")
        yield


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
