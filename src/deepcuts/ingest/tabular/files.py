"""Files by path or pattern, and what their first bytes say they are."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from deepcuts.errors import DataError, FileFormatError
from deepcuts.storage import StrPath

SAMPLE_BYTES = 1 << 18

_COMPRESSIONS = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}  # magic bytes at the beginning of a file
_PARQUET_ENDINGS = (".parquet", ".pq")
_JSON_ENDINGS = (".json", ".jsonl", ".ndjson")
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


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
    """

    path: str
    kind: Literal["parquet", "json", "text"]
    compression: str | None
    head: bytes
    complete: bool

    @property
    def text(self) -> str:
        """The beginning as text, of whole lines only, without a byte order mark."""
        # A cut may fall inside a line, or inside a character; a single line longer than the sample is taken as it is.
        head = self.head if self.complete else self.head[: self.head.rfind(b"\n") + 1] or self.head
        return head.decode("utf-8-sig", "replace")


def find_files(sources: StrPath | Iterable[StrPath]) -> list[str]:
    """Paths of one or several files or glob patterns, each file once, a pattern's in order of their names.

    Raises
    ------
    DataError
        If there is no such file, a pattern matches none, or one is a folder.
    """
    each = [sources] if isinstance(sources, str | os.PathLike) else list(sources)
    if not each:
        raise DataError("No files are given. Pass a path, a pattern such as plays/*.parquet, or a list of these.")
    return list(dict.fromkeys(path for source in each for path in _matches(os.fspath(source))))


def _matches(source: str) -> list[str]:
    if os.path.isdir(source):
        raise DataError(f"{source} is a folder. Name its files, for example {os.path.join(source, '*.parquet')}.")
    if os.path.exists(source):
        return [source]
    if not glob.has_magic(source):
        raise DataError(f"There is no file {source}.")
    paths = sorted(path for path in glob.glob(source, recursive=True) if os.path.isfile(path))
    if not paths:
        raise DataError(f"No file matches {source}.")
    return paths


def take_sample(path: str) -> Sample:
    """Look at the first bytes of a file.

    Raises
    ------
    DataError
        If the file is empty or cannot be opened.
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
    return _text_sample(path, compression)


def _text_sample(path: str, compression: str | None) -> Sample:
    try:
        with pa.input_stream(path, compression=compression) as stream:
            head = stream.read(SAMPLE_BYTES + 1)  # the byte past the sample says whether that is all
    except OSError as error:
        raise FileFormatError(f"{path} is truncated or damaged: {error}.") from error
    if head.startswith(_UTF16_MARKS):
        raise FileFormatError(f"{path} is UTF-16 text, and UTF-8 is expected. Convert it: iconv -f UTF-16 -t UTF-8.")
    if b"\0" in head:
        raise FileFormatError(
            f"{path} is not text: byte {head.index(0):,} is 0. CSV, TSV, JSON and Parquet can be read."
        )
    stem = path.lower().removesuffix(".gz").removesuffix(".zst")
    kind: Literal["json", "text"] = "json" if stem.endswith(_JSON_ENDINGS) else "text"
    return Sample(path, kind, compression, head[:SAMPLE_BYTES], complete=len(head) <= SAMPLE_BYTES)
