"""Zip archives: their members as documents, unpacked in memory and never further than the limits allow."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, BinaryIO

from deepcuts.errors import FileFormatError
from deepcuts.history.documents import Allowance, Document
from deepcuts.history.limits import Limits, in_words

MAGICS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")  # a member first, an empty archive, an archive in parts

_ENCRYPTED = 0x1
_TEXT_ENDINGS = (".json", ".jsonl", ".csv", ".tsv", ".txt", ".log")
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, struct.error, OSError, ValueError, NotImplementedError)
_AGAIN = "Download or copy it again."


def members(file: BinaryIO, name: str, allowance: Allowance) -> Iterator[Document]:
    """Documents of an archive, one after the other; what does not end like a text file is passed over unread.

    The names of members are shown and never used as paths: nothing is unpacked to disk. An archive within is a file
    like any other that is no text, so nothing is unpacked twice.

    Raises
    ------
    FileFormatError
        If it is truncated, damaged or encrypted, holds too many files, or one that unpacks to too much.
    """
    with _plain_errors(name):
        archive = zipfile.ZipFile(file)
    with archive:
        infos = [info for info in archive.infolist() if not info.filename.endswith("/")]  # is_dir fails on empty names
        if len(infos) > allowance.limits.members:
            raise FileFormatError(f"{name} holds {len(infos):,} files, and no export does. Give the right archive.")
        for info in infos:
            if info.filename.lower().endswith(_TEXT_ENDINGS) and not info.filename.startswith("__MACOSX/"):
                yield from _member(archive, info, name, allowance)


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, allowance: Allowance) -> Iterator[Document]:
    full = f"{name}: {info.filename}"
    if info.flag_bits & _ENCRYPTED:
        raise FileFormatError(f"{full} is encrypted. Unpack the archive with its password, and give what was in it.")
    with _plain_errors(full):
        packed = archive.open(info)
    with packed:
        yield Document(full, _Unpacking(packed, info.compress_size, full, allowance.limits), allowance, info.file_size)


@dataclass
class _Unpacking:
    """A member as a stream with a limit on its unpacked size."""

    packed: IO[bytes]
    packed_size: int
    name: str
    limits: Limits
    unpacked: int = 0

    def read(self, size: int, /) -> bytes:
        with _plain_errors(self.name):
            part = self.packed.read(min(size, 1 << 20))  # little at a time: a bomb stops within a MiB of the limit
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
