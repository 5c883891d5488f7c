"""Archives and packed files: what is in them as documents, unpacked in memory and never past the limits."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any, BinaryIO, cast

import pyarrow as pa

from deepcuts.errors import DataError, FileFormatError
from deepcuts.history.documents import Allowance, Document
from deepcuts.history.limits import Limits, in_words
from deepcuts.history.spreadsheets import is_spreadsheet, sheets_of
from deepcuts.ingest.tabular.encodings import ByteStream
from deepcuts.wording import counted

_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")  # a member first, an empty archive, an archive in parts
_PACKED: dict[bytes, tuple[str, Callable[[Any], Any]]] = {
    b"\x1f\x8b": ("gunzip", lambda file: gzip.GzipFile(fileobj=file)),
    b"BZh": ("bunzip2", bz2.BZ2File),
    b"\xfd7zXZ": ("unxz", lzma.LZMAFile),
    b"\x28\xb5\x2f\xfd": ("unzstd", lambda file: pa.CompressedInputStream(pa.PythonFile(file, mode="r"), "zstd")),
}
_TOOLS = {b"7z\xbc\xaf": "7-Zip", b"Rar!": "unrar", b"\x1f\x9d": "uncompress"}
_TAR_MARK, _TAR_MARK_AT = b"ustar", 257

_ENCRYPTED = 0x1
_TEXT_ENDINGS = (".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".txt", ".log", ".xml", ".html", ".htm", ".listens")
_PACKED_ENDINGS = (".xlsx", ".ods", ".zip", ".gz", ".bz2", ".xz", ".zst", ".tar", ".tgz")
_DEEPEST = 3  # archives and packings within one another
_DAMAGE = (
    zipfile.BadZipFile, tarfile.TarError, lzma.LZMAError, zlib.error, EOFError, struct.error, OSError, ValueError,
    NotImplementedError, pa.ArrowException,
)  # fmt: skip
_AGAIN = "Download or copy it again."


@dataclass(frozen=True)
class Unpacked:
    """A document, and how it came: in an archive of several, or alone."""

    document: Document
    in_archive: bool


def documents_in(name: str, file: BinaryIO, allowance: Allowance, encoding: str | None) -> Iterator[Unpacked]:
    """Documents of a file, one after the other: the file itself, what is packed in it, or the members of an archive.

    Members that do not end like a text or a packed file are passed over unread. Names of members are shown and never
    used as paths: nothing is unpacked to disk.

    Raises
    ------
    FileFormatError
        If an archive is truncated, damaged or encrypted, holds too many files, or one that unpacks to too much; or if
        the file is packed in a way that is not read.
    """
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    yield from _Opener(allowance, encoding).documents(name, file, size, in_archive=False, depth=0)


def files_in(folder: str, limits: Limits) -> list[str]:
    """Files of a folder and of those in it that may hold listens, by their names, in the order of these.

    Links to folders are not followed, and what is hidden is left out.

    Raises
    ------
    DataError
        If there is none.
    FileFormatError
        If there are more than an export has.
    """
    found: list[str] = []
    for where, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [os.path.join(where, name) for name in sorted(names) if _is_wanted(name) and not name.startswith(".")]
        if len(found) > limits.members:
            raise FileFormatError(
                f"{folder} holds more than {counted(limits.members, 'file')}. Give the folder of one export."
            )
    if not found:
        raise DataError(f"The folder {folder} holds no file that an export could be, such as .zip, .json or .csv.")
    return found


@dataclass(frozen=True)
class _Opener:
    """Opens what is in files, down to a depth."""

    allowance: Allowance
    encoding: str | None

    def documents(self, name: str, file: Any, size: int, *, in_archive: bool, depth: int) -> Iterator[Unpacked]:
        """Documents of a stream, which need not be one that can be searched."""
        stream = _Peekable(file)
        start = stream.peek(_TAR_MARK_AT + len(_TAR_MARK))
        tool = next((tool for magic, tool in _TOOLS.items() if start.startswith(magic)), None)
        if tool:
            raise FileFormatError(f"{name} is packed in a way that is not read. Unpack it first, with {tool}.")
        packing = next((packing for magic, packing in _PACKED.items() if start.startswith(magic)), None)
        is_archive = start.startswith(_ZIP) or start[_TAR_MARK_AT:] == _TAR_MARK
        if (packing or is_archive) and depth == _DEEPEST:
            raise FileFormatError(
                f"{name}: archives lie within archives {depth} deep. Unpack the outer ones, and give what is in them."
            )
        if packing:
            tool, unpack = packing
            packed = f"{name} is packed. Unpack it first, with {tool}: it"
            with _plain_errors(packed):
                inner = _Unpacking(unpack(stream), size, packed, self.allowance.limits)
            yield from self.documents(name, inner, size, in_archive=in_archive, depth=depth + 1)
        elif start.startswith(_ZIP):
            yield from self._zipped(name, stream, depth)
        elif is_archive:
            yield from self._in_tar(name, stream, depth)
        else:
            yield Unpacked(Document(name, stream, self.allowance, size, self.encoding), in_archive)

    def _zipped(self, name: str, stream: _Peekable, depth: int) -> Iterator[Unpacked]:
        with _plain_errors(name):
            archive = zipfile.ZipFile(stream.searchable(self.allowance, name))
        with archive:
            infos = [
                info for info in archive.infolist() if not info.filename.endswith("/")
            ]  # is_dir fails on empty names
            if len(infos) > self.allowance.limits.members:
                raise FileFormatError(
                    f"{name} holds {counted(len(infos), 'file')}, and no export does. Give the right archive."
                )
            if is_spreadsheet({info.filename for info in infos}):
                yield from self._sheets(name, archive)
                return
            for info in infos:
                if _is_wanted(info.filename):
                    yield from self._member(archive, info, name, depth)

    def _sheets(self, name: str, archive: zipfile.ZipFile) -> Iterator[Unpacked]:
        sheets = list(sheets_of(name, archive, cast(IO[bytes], archive.fp), self.allowance.limits))
        for title, text in sheets:
            document = Document(f"{name}: {title}", io.BytesIO(text), self.allowance, len(text), "utf-8")
            yield Unpacked(document, in_archive=len(sheets) > 1)

    def _member(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, depth: int) -> Iterator[Unpacked]:
        full = f"{name}: {info.filename}"
        if info.flag_bits & _ENCRYPTED:
            raise FileFormatError(
                f"{full} is encrypted. Unpack the archive with its password, and give what was in it."
            )
        with _plain_errors(full):
            packed = archive.open(info)
        with packed:
            inner = _Unpacking(packed, info.compress_size, full, self.allowance.limits)
            yield from self.documents(full, inner, info.file_size, in_archive=True, depth=depth + 1)

    def _in_tar(self, name: str, stream: _Peekable, depth: int) -> Iterator[Unpacked]:
        n_members = 0
        with _plain_errors(name):
            archive = tarfile.open(fileobj=cast(IO[bytes], stream), mode="r|")  # noqa: SIM115
        while True:
            with _plain_errors(name):
                member = archive.next()
                file = archive.extractfile(member) if member and member.isfile() else None
            if member is None:
                return
            n_members += 1
            if n_members > self.allowance.limits.members:
                raise FileFormatError(
                    f"{name} holds more than {counted(n_members - 1, 'file')}, and no export does. "
                    f"Give the right archive."
                )
            if file and _is_wanted(member.name):
                full = f"{name}: {member.name}"
                inner = _Unpacking(file, member.size, full, self.allowance.limits)
                yield from self.documents(full, inner, member.size, in_archive=True, depth=depth + 1)


def _is_wanted(name: str) -> bool:
    return name.lower().endswith(_TEXT_ENDINGS + _PACKED_ENDINGS) and "__MACOSX/" not in name


class _Peekable:
    """A stream whose first bytes can be looked at before it is read."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream, self._ahead, self._at = stream, b"", 0

    def peek(self, size: int) -> bytes:
        """Return the next bytes, and leave them to be read."""
        while len(self._ahead) < size and (part := self._stream.read(size - len(self._ahead))):
            self._ahead += part
        return self._ahead

    def read(self, size: int = -1, /) -> bytes:
        """Return up to `size` bytes, all that is left if it is below 0."""
        if size < 0:
            parts = [self._take(len(self._ahead))]
            while part := self._stream.read(1 << 20):
                parts.append(part)
            return b"".join(parts)
        found = self._take(size)
        return found or self._count(self._stream.read(size))

    def _take(self, size: int) -> bytes:
        found, self._ahead = self._ahead[:size], self._ahead[size:]
        return self._count(found)

    def _count(self, part: bytes) -> bytes:
        self._at += len(part)
        return part

    def tell(self) -> int:
        """Return how many bytes were read."""
        return self._at

    def searchable(self, allowance: Allowance, name: str) -> IO[bytes]:
        """The stream from its beginning as a file that can be searched: itself, or all of it in memory."""
        if isinstance(self._stream, io.IOBase) and self._stream.seekable():
            self._stream.seek(0)
            return cast(IO[bytes], self._stream)
        held = io.BytesIO()
        while part := self.read(1 << 20):
            allowance.spend(len(part), name)
            held.write(part)
            if held.tell() > allowance.limits.document_bytes:
                raise FileFormatError(
                    f"{name} is an archive within another, and too large to hold in memory. Unpack the outer one."
                )
        held.seek(0)
        return held

    # What gzip, bz2, lzma and tarfile ask of a file.
    closed = False
    mode = "rb"

    def readable(self) -> bool:
        """Whether it can be read."""
        return True

    def seekable(self) -> bool:
        """Whether it can be searched."""
        return False

    def close(self) -> None:
        """Leave the stream to whoever opened it."""


@dataclass
class _Unpacking:
    """A member as a stream with a limit on its unpacked size."""

    packed: Any
    packed_size: int
    name: str
    limits: Limits
    unpacked: int = 0

    def read(self, size: int, /) -> bytes:
        with _plain_errors(self.name):
            part = bytes(
                self.packed.read(min(size, 1 << 20))
            )  # little at a time: a bomb stops within a MiB of the limit
        self.unpacked += len(part)
        # Counted as it unpacks: the size that the archive states of itself may be a lie.
        if self.unpacked > max(self.limits.ratio_from, self.limits.ratio * self.packed_size):
            raise FileFormatError(
                f"{self.name} unpacks to more than {in_words(self.unpacked)}, over {self.limits.ratio:,.0f} times its "
                "packed size. No export does that; it may be a zip bomb, and was not read."
            )
        return part


@contextmanager
def _plain_errors(name: str) -> Iterator[None]:
    """Turn errors of the archive's reader into errors of deepcuts."""
    try:
        yield
    except FileFormatError:
        raise
    except RuntimeError as error:  # raised by zipfile where a password is missing
        raise FileFormatError(f"{name} cannot be unpacked: {error}.") from error
    except _DAMAGE as error:
        raise FileFormatError(
            f"{name} is a truncated or damaged archive: {error or 'it ends early'}. {_AGAIN}"
        ) from error
