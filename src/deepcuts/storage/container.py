"""Arrays, strings and a little JSON, to and from one file."""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import FileIO
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
from numpy.typing import DTypeLike

from deepcuts._version import __version__
from deepcuts.array_types import AnyArray
from deepcuts.errors import FileFormatError, OutputError
from deepcuts.storage import strings as stored_strings
from deepcuts.storage.header import FORMAT, MAX_HEADER_BYTES, SCHEMA_VERSION, Header, encode, parse, seal
from deepcuts.storage.names import StrPath, check_name, check_own_ending, not_found
from deepcuts.storage.output import replacing
from deepcuts.wording import counted

VERIFIED_BYTES = 64 << 20  # SHA-256 of so much takes about a tenth of a second
_BLOCK_BYTES = 8 << 20

_NAMES = {"interactions": "interactions", "model": "a model"}
_WRITERS = {"interactions": "`deepcuts ingest` or Interactions.save", "model": "`deepcuts train` or PersonaModel.save"}


@dataclass(frozen=True, eq=False)
class Stored:
    """What a file holds.

    Parameters
    ----------
    path
        Where it was read from.
    header
        The header of the file.
    arrays
        Read-only NumPy arrays by name. Up to 64 MiB they lie in memory; those of a larger file lie in the file itself,
        which is mapped into memory, and keep it mapped.
    strings
        Arrow strings by name, lying there as well.
    """

    path: StrPath
    header: Header
    arrays: Mapping[str, AnyArray]
    strings: Mapping[str, pa.StringArray]

    @property
    def meta(self) -> dict[str, Any]:
        """What the writer noted, as JSON values."""
        return self.header.meta

    def array(self, name: str, dtype: DTypeLike, shape: tuple[int | None, ...]) -> AnyArray:
        """Take an array of the type and the shape it must have; None lets an axis be of any length.

        Raises
        ------
        FileFormatError
            If the file has no such array, or one of another type or shape.
        """
        array = self.arrays.get(name)
        if array is None:
            raise FileFormatError(f"{self.path} is incomplete: it has no array {name!r}. Write it again.")
        fits = array.ndim == len(shape) and all(
            size in (None, axis) for size, axis in zip(shape, array.shape, strict=True)
        )
        if array.dtype != dtype or not fits:
            wanted = ", ".join("any" if size is None else str(size) for size in shape)
            raise FileFormatError(
                f"{self.path} is inconsistent: its array {name!r} is {array.dtype} {array.shape}, "
                f"but has to be {np.dtype(dtype)} ({wanted}). Write it again."
            )
        return array

    def string_array(self, name: str) -> pa.StringArray:
        """Take a string array.

        Raises
        ------
        FileFormatError
            If the file has none of this name.
        """
        if name not in self.strings:
            raise FileFormatError(f"{self.path} is incomplete: it has no strings {name!r}. Write it again.")
        return self.strings[name]


def write(
    path: StrPath,
    kind: str,
    arrays: Mapping[str, AnyArray],
    strings: Mapping[str, pa.StringArray],
    meta: Mapping[str, Any],
    *,
    force: bool = False,
) -> None:
    """Write one file, completely or not at all; the same content gives the same bytes.

    Parameters
    ----------
    path
        The file to write.
    kind
        "interactions" or "model".
    arrays
        Integers and floats of 8 to 64 bits, any shape. They are written in blocks, so that no large array is copied.
    strings
        Arrow strings without nulls. No name of an array or of strings has a dot.
    meta
        JSON values of moderate size; what is long belongs into an array.
    force
        Whether a file that exists already may be replaced.

    Raises
    ------
    OutputError
        If the file exists and `force` is false, if its ending is of another format, if it cannot be written, or if
        `meta` is too large.
    """
    check_own_ending(path)
    # The arrays' checksum is known only after they are written: the header is written blank first, and then over it,
    # which fits as every checksum has 64 digits.
    tensors = _in_order({**arrays, **stored_strings.split(strings)})
    metadata = {
        "format": FORMAT,
        "kind": kind,
        "schema_version": str(SCHEMA_VERSION),
        "package_version": __version__,
        "meta": json.dumps(meta, ensure_ascii=False, separators=(",", ":"), allow_nan=False),
    }
    unsealed = encode(tensors, metadata)
    if len(unsealed) > MAX_HEADER_BYTES:
        raise OutputError(
            f"{path} cannot be written: its meta takes {counted(len(unsealed), 'byte')}. Put long lists into arrays."
        )
    with replacing(path, force=force) as temporary, temporary.open("wb") as file:
        file.write(unsealed)
        data_checksum = _write_data(file, tensors)
        file.seek(0)
        file.write(seal(encode(tensors, metadata, data_checksum)))


def read(path: StrPath, kind: str, *, verify: bool = False) -> Stored:
    """Read a file, or map it into memory, after checks of everything but the values in its arrays.

    A file of up to 64 MiB is read, so that nothing that happens to it later changes what was read. A larger one is
    mapped, with its inode held: to rename another file over it changes nothing either, but to write into it would. One
    that another account may write to is read in any case.

    Parameters
    ----------
    path
        A file that `write` has written.
    kind
        What it has to hold: "interactions" or "model".
    verify
        Whether to compare the arrays with their checksum. That reads the whole file, so above 64 MiB it is done only
        on demand; up to there it is always done. Header and strings are checked in any case.

    Raises
    ------
    FileFormatError
        If there is no such file, or it is empty, truncated, foreign, damaged, of a newer version or of another kind.
    """
    content = _content(path)
    header = parse(content, path)
    if header.kind != kind:
        raise FileFormatError(
            f"{path} holds {_NAMES.get(header.kind, repr(header.kind))}, not {_NAMES[kind]}. "
            f"Pass a file written by {_WRITERS[kind]}."
        )
    if verify or header.n_bytes <= VERIFIED_BYTES:
        _verify(content, header, path)
    # Views of the mapping, not copies: the system reads a page when it is first used.
    tensors = {
        tensor.name: np.ndarray(tensor.shape, tensor.dtype, buffer=content, offset=tensor.begin)
        for tensor in header.tensors
    }
    arrays = {name: tensor for name, tensor in tensors.items() if "." not in name}  # the others are halves of strings
    return Stored(path, header, arrays, stored_strings.join(tensors, path))


def describe(path: StrPath) -> Header:
    """Read the header of a file of any kind, without touching its arrays.

    Raises
    ------
    FileFormatError
        If there is no such file, or it is empty, truncated, foreign, of a newer version or its header is damaged.
    """
    return parse(_content(path), path)


def _in_order(arrays: Mapping[str, AnyArray]) -> dict[str, AnyArray]:
    """Order arrays by item size, large first, which keeps each aligned although no gap is allowed."""
    return {name: arrays[name] for name in sorted(arrays, key=lambda name: (-arrays[name].itemsize, name))}


def _write_data(file: BinaryIO, arrays: Mapping[str, AnyArray]) -> str:
    """Write the bytes of arrays and return their checksum."""
    checksum = hashlib.sha256()
    for array in arrays.values():
        for block in _blocks(array):  # checksummed as written, so that no array is read back
            file.write(block)
            checksum.update(block)
    return checksum.hexdigest()


def _blocks(array: AnyArray) -> Iterator[memoryview]:
    """Yield the bytes of an array a few rows at a time, so that no large array is copied to put it in order."""
    if array.size == 0:
        return
    rows = np.atleast_1d(array)
    step = max(1, _BLOCK_BYTES // rows[0].nbytes)  # one row at least, however long it is
    for start in range(0, len(rows), step):
        block = rows[start : start + step]
        # Little-endian on disk on every machine; only the block is copied, and only where the array is not so already.
        yield np.ascontiguousarray(block, block.dtype.newbyteorder("<")).reshape(-1).view(np.uint8).data


def _content(path: StrPath) -> memoryview:
    """Return the bytes of a file, read-only: in memory, or mapped where it is large and nobody else can change it."""
    check_name(path, FileFormatError)
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # before it is opened: a pipe would wait for a writer
            raise FileFormatError(f"{path} is a folder or a device, not a file.")
        with open(path, "rb", buffering=0) as file:
            status = os.fstat(file.fileno())  # of what was opened, whatever the path means by now
            if not stat.S_ISREG(status.st_mode):
                raise FileFormatError(f"{path} is a folder or a device, not a file.")
            if status.st_size == 0:
                raise FileFormatError(f"{path} is empty: 0 bytes. Write it again.")
            if _maps(status):
                # The mapping holds the file open by itself, also after another takes its name.
                return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
            return _read_all(file, status.st_size)
    except FileFormatError:
        raise
    except FileNotFoundError:
        raise FileFormatError(not_found(path)) from None
    except OSError as error:
        raise FileFormatError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:  # a file that was emptied between two calls
        raise FileFormatError(f"{str(path)!r} cannot be read: {error}.") from error


def is_mapped(path: StrPath) -> bool:
    """Whether reading a file would map it, so that what is written into it later would reach its reader."""
    return _maps(os.stat(path))


def _maps(status: os.stat_result) -> bool:
    return status.st_size > VERIFIED_BYTES and _is_own(status)


def _is_own(status: os.stat_result) -> bool:
    """Whether only this account, or the administrator, can write into a file.

    What another account truncates while it is mapped ends this process.
    """
    if os.name == "nt":  # a mapped file cannot be truncated there
        return True
    of_group = status.st_mode & stat.S_IWGRP and status.st_gid != os.getegid()
    return status.st_uid in (0, os.geteuid()) and not of_group and not status.st_mode & stat.S_IWOTH


def _read_all(file: FileIO, size: int) -> memoryview:
    """Read a file of `size` bytes, and one more if it has grown meanwhile, so that its header no longer fits."""
    blocks, left = [], size + 1
    while left > 0 and (block := file.read(left)):
        blocks.append(block)
        left -= len(block)
    return memoryview(blocks[0] if len(blocks) == 1 else b"".join(blocks))


def _verify(content: memoryview, header: Header, path: StrPath) -> None:
    if hashlib.sha256(content[header.data_begin :]).hexdigest() != header.data_checksum:
        raise FileFormatError(f"{path} is damaged: its arrays do not match their checksum. Copy or write it again.")
