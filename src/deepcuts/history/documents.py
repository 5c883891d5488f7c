"""Documents: the text files that exports consist of, on disk, in memory or in an archive."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from deepcuts.errors import DataError, FileFormatError
from deepcuts.history.limits import Limits, in_words
from deepcuts.ingest.tabular.encodings import ByteStream, Utf8Stream
from deepcuts.storage import StrPath, check_input, not_found

HEAD_BYTES = 1 << 18

_BLOCK_BYTES = 1 << 24
_UTF8_MARK = b"\xef\xbb\xbf"


@dataclass
class Allowance:
    """Bytes that may still be read."""

    limits: Limits
    left: int = field(init=False)

    def __post_init__(self) -> None:
        self.left = self.limits.total_bytes

    def spend(self, n_bytes: int, name: str) -> None:
        """Count bytes that were read.

        Raises
        ------
        FileFormatError
            If they are too many.
        """
        self.left -= n_bytes
        if self.left < 0:
            raise FileFormatError(
                f"{name}: more than {in_words(self.limits.total_bytes)} would have to be read. No export of one person "
                "is that large; give the files that hold the listens, and nothing else."
            )


@dataclass
class Document:
    """One text file, read from its beginning to its end, once.

    Parameters
    ----------
    name
        What messages call it.
    stream
        Its bytes.
    allowance
        How much may still be read.
    size
        Its bytes, as far as is known beforehand.
    encoding
        What somebody said that its text is encoded in; None finds out.
    remarks
        What people should be told of how it was read.
    """

    name: str
    stream: ByteStream
    allowance: Allowance
    size: int = 0
    encoding: str | None = None
    remarks: list[str] = field(default_factory=list)
    _head: bytes | None = None
    _n_read: int = 0
    _content: Any = field(default_factory=hashlib.sha256)

    def __post_init__(self) -> None:
        self.stream = Utf8Stream(self.stream, self.name, self.encoding, self.remarks)

    @property
    def limits(self) -> Limits:
        """The most that is read."""
        return self.allowance.limits

    @property
    def head(self) -> bytes:
        """Its first bytes, in UTF-8, without a byte-order mark."""
        if self._head is None:
            self._head = self._read(HEAD_BYTES).removeprefix(_UTF8_MARK)
        return self._head[:HEAD_BYTES]

    @property
    def fingerprint(self) -> bytes:
        """What no other content has, of what was read so far."""
        return bytes(self._content.digest())

    def content(self) -> bytes:
        """All of it.

        Raises
        ------
        FileFormatError
            If it is too large.
        """
        self._check_size(self.size)
        parts = [self._unread_head()]
        while part := self._read(_BLOCK_BYTES):
            parts.append(part)
            self.check_size()
        return b"".join(parts)

    def check_size(self) -> None:
        """Refuse a document that has to be held as a whole, if what was read of it is too large for that.

        Raises
        ------
        FileFormatError
            If it is.
        """
        self._check_size(self._n_read)

    def blocks(self) -> Iterator[tuple[int, bytes]]:
        """Whole lines, many at a time, and the number of the first of them, from 1.

        Raises
        ------
        FileFormatError
            If a line is too long.
        """
        number, left = 1, self._unread_head()
        while True:
            more = self._read(_BLOCK_BYTES)
            text = left + more
            cut = text.rfind(b"\n") + 1 if more else len(text)  # the last line may go on in the next block
            block, left = text[:cut], text[cut:]
            self._check_lines(block, number)
            n_lines = block.count(b"\n")
            self._check_lines(left, number + n_lines)
            if block:
                yield number, block
            if not more:
                return
            number += n_lines

    def _check_size(self, size: int) -> None:
        most = self.limits.document_bytes
        if size > most:
            raise FileFormatError(
                f"{self.name} is larger than {in_words(most)}, too large for a document that has to be read in one "
                "piece. Split it into several."
            )

    def _check_lines(self, block: bytes, number: int) -> None:
        most, start = self.limits.line_bytes, 0
        while len(block) - start > most:
            # The last line end within reach: a few searches to a block, and not one for every line.
            end = block.rfind(b"\n", start, start + most + 1) + 1
            if not end:
                number += block.count(b"\n", 0, start)
                raise FileFormatError(
                    f"{self.name}, line {number:,}: the line is longer than {in_words(most)}, so this is no list of "
                    "listens, or a damaged one. Ask for the export again."
                )
            start = end

    def _unread_head(self) -> bytes:
        head = self.head if self._head is None else self._head
        unread, self._head = self._head or head, b""  # the head is handed out once; then the stream goes on
        return unread

    def _read(self, size: int) -> bytes:
        """Read until `size` bytes are there or the end is reached."""
        parts: list[bytes] = []
        while size > 0 and (part := self.stream.read(size)):
            self.allowance.spend(len(part), self.name)
            self._content.update(part)
            parts.append(part)
            size -= len(part)
            self._n_read += len(part)
        return b"".join(parts)


@contextmanager
def opened(path: StrPath) -> Iterator[io.BufferedReader]:
    """Open a file for as long as the block runs.

    Raises
    ------
    DataError
        If there is no such file, or it cannot be read.
    """
    check_input(path)
    with ExitStack() as stack:
        try:
            file = stack.enter_context(open(path, "rb"))
        except FileNotFoundError:
            raise DataError(not_found(path)) from None
        except OSError as error:
            raise DataError(f"{os.fspath(path)} cannot be opened: {error.strerror}.") from error
        yield file


def shortened(names: Sequence[str], most: int = 5) -> str:
    """Names for a message, a few of them."""
    shown = ", ".join(name if len(name) <= 80 else name[:79] + "…" for name in names[:most])
    return shown + (f" and {len(names) - most:,} more" if len(names) > most else "")
