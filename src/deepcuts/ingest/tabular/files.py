"""Files by path or pattern, and what their first bytes say they are."""

from __future__ import annotations

import codecs
import glob
import logging
import lzma
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import pyarrow as pa

from deepcuts.errors import DataError, FileFormatError
from deepcuts.ingest.tabular.encodings import (
    BLANK,
    ByteStream,
    Utf8Stream,
    check_looks_western,
    eight_bit_encoding,
    is_blank,
    marked_encoding,
)
from deepcuts.ingest.tabular.json_rows import array_as_csv
from deepcuts.storage import StrPath, check_text_name, each_once, not_found

logger = logging.getLogger(__name__)

SAMPLE_BYTES = 1 << 18

# Magic bytes at the beginning of a file; DuckDB unpacks the first two, the others are unpacked to a copy.
_COMPRESSIONS = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"BZh": "bz2", b"\xfd7zX": "xz"}
_COPIED = ("bz2", "xz")
_LARGEST_ARRAY = 1 << 29
_PARQUET_ENDINGS = (".parquet", ".pq")
_JSON_ENDINGS = (".json", ".jsonl", ".ndjson", ".listens")  # the last of ListenBrainz's dumps


@dataclass(frozen=True)
class Sample:
    """The beginning of a file.

    Parameters
    ----------
    path
        The file.
    kind
        What it holds.
    compression
        How it is compressed: "gzip", "zstd" or None.
    head
        Its first bytes, decompressed.
    complete
        Whether these are all.
    encoding
        Its encoding, where that is not UTF-8.
    shown
        What messages call it.
    is_json_array
        Whether it is an array of rows in JSON, and `head` the delimited text that they would be.
    """

    path: str
    kind: Literal["parquet", "json", "text"]
    compression: str | None
    head: bytes
    complete: bool
    encoding: str | None = None
    shown: str = ""
    is_json_array: bool = False

    @property
    def is_copied(self) -> bool:
        """Whether DuckDB cannot read it as it is, but a copy in UTF-8."""
        return self.encoding is not None or self.compression in _COPIED or self.is_json_array

    @property
    def text(self) -> str:
        """The beginning as text, of whole lines only, without a byte order mark."""
        # A cut may fall inside a line, or inside a character; a single line longer than the sample is taken as it is.
        head = self.head if self.complete else self.head[: self.head.rfind(b"\n") + 1] or self.head
        return head.decode("utf-8-sig", "replace")


def find_files(sources: StrPath | Iterable[StrPath]) -> list[str]:
    """Paths of one or several files or glob patterns, each file once, by whatever names, a pattern's in order of them.

    Raises
    ------
    DataError
        If there is no such file, a pattern matches none, or one is a folder or has a name that is not UTF-8 text.
    """
    each = [sources] if isinstance(sources, str | os.PathLike) else list(sources)
    if not each:
        raise DataError("No files are given. Pass a path, a pattern such as plays/*.parquet, or a list of these.")
    paths = list(each_once(path for source in each for path in _matches(os.fspath(source))))
    for path in paths:
        check_text_name(path)
    return paths


def _matches(source: str) -> list[str]:
    if os.path.isdir(source):
        raise DataError(f"{source} is a folder. Name its files, for example {os.path.join(source, '*.parquet')}.")
    if os.path.exists(source):
        return [source]
    if not glob.has_magic(source):
        raise DataError(not_found(source))
    paths = sorted(path for path in glob.glob(source, recursive=True) if os.path.isfile(path))
    if not paths:
        raise DataError(f"No file matches {source}.")
    return paths


def take_sample(path: str, encoding: str | None = None) -> Sample:
    """Look at the first bytes of a file.

    Raises
    ------
    DataError
        If the file is empty, holds nothing but blanks, or cannot be opened.
    FileFormatError
        If it is truncated, binary, or not of the format its ending says.
    """
    if not os.path.isfile(path):
        raise DataError(f"{path} is not a regular file, and it takes one to read twice. Save it to disk first.")
    try:
        with open(path, "rb") as file:
            start = file.read(4)
    except OSError as error:
        raise DataError(f"{path} cannot be opened: {error.strerror}.") from error
    if not start:
        raise DataError(f"{path} is empty.")
    if start == b"PAR1":
        return Sample(path, "parquet", None, start, complete=False)
    compression = next((name for magic, name in _COMPRESSIONS.items() if start.startswith(magic)), None)
    if path.lower().endswith(_PARQUET_ENDINGS):
        raise FileFormatError(f"{path} is not a Parquet file: it begins with {start!r}, not with b'PAR1'.")
    return _text_sample(path, compression, encoding)


def copy_as_utf8(sample: Sample, folder: str, number: int) -> Sample:
    """Write a file as UTF-8 into a folder, a block at a time, and return the sample of that.

    Raises
    ------
    FileFormatError
        If it is damaged, or not text of its encoding.
    """
    path = os.path.join(folder, f"copy_{number}.txt")
    if sample.is_json_array:
        Path(path).write_bytes(_array_of(sample))
        return replace(sample, path=path, compression=None, encoding=None, shown=sample.path, is_json_array=False)
    with opened(sample.path, sample.compression) as stream, open(path, "wb") as file:
        text = Utf8Stream(stream, sample.path, sample.encoding)
        while part := text.read(1 << 20):
            file.write(part)
    return replace(sample, path=path, compression=None, encoding=None, shown=sample.path)


def _array_of(sample: Sample) -> bytes:
    """An array of rows in JSON as delimited text.

    Raises
    ------
    FileFormatError
        If it is too large to be held as a whole, or ends early.
    """
    with opened(sample.path, sample.compression) as stream:
        raw = stream.read(_LARGEST_ARRAY + 1)
    if len(raw) > _LARGEST_ARRAY:
        raise FileFormatError(
            f"{sample.path} is an array of rows of more than {_LARGEST_ARRAY:,} bytes, which is held as a whole. Write "
            "it as CSV, or as one object a line."
        )
    text = _in_utf8(sample.path, raw, sample.encoding)[0].decode("utf-8-sig", "replace")
    rows = array_as_csv(text) if text.rstrip()[-1:] == "]" else None
    if rows is None:
        raise FileFormatError(f"{sample.path} begins with rows of JSON, and does not go on so to its end.")
    return rows


def compression_of(path: str) -> str | None:
    """How a file is compressed, by its first bytes; None where it is not, or cannot be opened."""
    try:
        with open(path, "rb") as file:
            start = file.read(4)
    except OSError:
        return None
    return next((name for magic, name in _COMPRESSIONS.items() if start.startswith(magic)), None)


@contextmanager
def opened(path: str, compression: str | None) -> Iterator[ByteStream]:
    """Open a file for as long as the block runs, unpacked as it is read.

    Raises
    ------
    DataError
        If its name is not UTF-8 text.
    FileFormatError
        If it is truncated or damaged.
    """
    check_text_name(path)
    try:
        if compression == "xz":
            with lzma.open(path) as packed:
                yield packed
        else:
            with pa.input_stream(path, compression=compression) as stream:
                yield stream
    except (OSError, EOFError, lzma.LZMAError) as error:
        raise FileFormatError(f"{path} is truncated or damaged: {error}.") from error


def _text_sample(path: str, compression: str | None, encoding: str | None) -> Sample:
    with opened(path, compression) as stream:
        raw = stream.read(SAMPLE_BYTES + 1)  # the byte past the sample says whether that is all
    head, found = _in_utf8(path, raw, encoding)
    if raw[:4] == b"PK\3\4":
        raise FileFormatError(f"{path} is a zip archive or a spreadsheet. Unpack it, or save the sheet as CSV.")
    if head[8:9] == b"{" and b"\0" in head[:8]:  # the length of a header of JSON, and this
        raise FileFormatError(
            f"{path} is a safetensors file, as deepcuts writes them, and not read row by row. Load plays by "
            "Interactions.load(path), a model by deepcuts.load(path); commands that take plays take the file as it is."
        )
    if b"\0" in head:
        raise FileFormatError(
            f"{path} is not text: byte {head.index(0):,} is 0. CSV, TSV, JSON and Parquet can be read: save it as one "
            "of them."
        )
    if len(raw) <= SAMPLE_BYTES and is_blank(head):
        raise DataError(f"There are no rows in {path}. It {BLANK}.")
    stem = re.sub(r"\.(gz|zst|bz2|xz)$", "", path.lower())
    kind: Literal["json", "text"] = "json" if stem.endswith(_JSON_ENDINGS) else "text"
    sample = Sample(path, kind, compression, head[:SAMPLE_BYTES], len(raw) <= SAMPLE_BYTES, found, path)
    rows = array_as_csv(sample.text) if kind == "json" else None
    return sample if rows is None else replace(sample, kind="text", head=rows, is_json_array=True)


def _in_utf8(path: str, raw: bytes, encoding: str | None) -> tuple[bytes, str | None]:
    """The beginning of a text in UTF-8, and its encoding where that is another."""
    stated = encoding or marked_encoding(raw)
    if stated is None and raw.lstrip()[:1] not in (b"[", b"{") and b"\0" not in raw:
        stated = eight_bit_encoding(raw)
        if stated == "cp1252":
            check_looks_western(raw, path)
            logger.warning("%s is not UTF-8 text, and is read as cp1252. If names look wrong, pass encoding=...", path)
    if stated is None or codecs.lookup(stated).name in ("utf-8", "utf-8-sig"):
        return raw, None
    try:
        return codecs.getincrementaldecoder(stated)().decode(raw).encode(), stated
    except UnicodeError as error:
        raise FileFormatError(f"{path} is not text in {stated}: {error}. Pass encoding=... with what it is.") from error
