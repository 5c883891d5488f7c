"""The header of a file: built and sealed for writing, parsed and checked for reading."""

from __future__ import annotations

import hashlib
import json
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from deepcuts.array_types import AnyArray
from deepcuts.errors import FileFormatError
from deepcuts.storage.names import StrPath
from deepcuts.storage.nested_text import distinct_keys, parse_json
from deepcuts.wording import counted

FORMAT = "deepcuts"
SCHEMA_VERSION = 1
MAX_HEADER_BYTES = 16 << 20  # thousands of times what a model needs, and little enough to parse without harm
ALIGNMENT = 64  # a cache line; mappings begin at a page, so what is aligned in the file is aligned in memory
DTYPES = {
    code: np.dtype(spelling)
    for code, spelling in {
        "F64": "<f8", "F32": "<f4", "F16": "<f2",
        "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1",
        "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1",
    }.items()
}  # fmt: skip

_CODES = {dtype: code for code, dtype in DTYPES.items()}
_LENGTH = struct.Struct("<Q")  # as safetensors has it: u64, little-endian
_BLANK_CHECKSUM = "0" * 64
# Fixed, as `encode` writes this key first and JSON without blanks.
_CHECKSUM_AT = _LENGTH.size + len('{"__metadata__":{"checksum":"')


@dataclass(frozen=True)
class Tensor:
    """Where one array lies: its bytes are ``begin:end`` of the file."""

    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    begin: int
    end: int


@dataclass(frozen=True)
class Header:
    """What a file says of itself.

    Parameters
    ----------
    kind
        "interactions" or "model".
    schema_version, package_version
        The version of the format, and of the package that wrote the file.
    meta
        What the writer noted, as JSON values.
    tensors
        Its arrays, in the order in which they lie.
    checksum, data_checksum
        SHA-256, 64 hexadecimal digits: of the header, which includes the second, and of the bytes of all arrays.
    data_begin, n_bytes
        Where the arrays begin, and the size of the file.
    """

    kind: str
    schema_version: int
    package_version: str
    meta: dict[str, Any]
    tensors: tuple[Tensor, ...]
    checksum: str
    data_checksum: str
    data_begin: int
    n_bytes: int


def encode(arrays: Mapping[str, AnyArray], metadata: Mapping[str, str], data_checksum: str = _BLANK_CHECKSUM) -> bytes:
    """Build the header of arrays that lie one after the other, its own checksum left blank."""
    checksums = {"checksum": _BLANK_CHECKSUM, "data_checksum": data_checksum}
    entries: dict[str, object] = {"__metadata__": {**checksums, **metadata}}
    end = 0
    for name, array in arrays.items():
        begin, end = end, end + array.nbytes
        code = _CODES[array.dtype.newbyteorder("<")]
        entries[name] = {"dtype": code, "shape": array.shape, "data_offsets": [begin, end]}
    text = json.dumps(entries, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-(_LENGTH.size + len(text)) % ALIGNMENT)  # so that the arrays begin on a multiple of 64
    return _LENGTH.pack(len(text)) + text


def seal(header: bytes) -> bytes:
    """Write the checksum of a header at its fixed offset; a sealed header comes back unchanged."""
    before, after = header[:_CHECKSUM_AT], header[_CHECKSUM_AT + len(_BLANK_CHECKSUM) :]
    return before + hashlib.sha256(before + after).hexdigest().encode() + after


def parse(content: memoryview, path: StrPath) -> Header:
    """Read the header of a file and check everything about it.

    Parameters
    ----------
    content
        The bytes of the whole file, of which only the header is touched.
    path
        Its name, for messages.

    Raises
    ------
    FileFormatError
        If the file is truncated, foreign, of a newer version or damaged, or its header contradicts itself.
    """
    raw = _cut_header(content, path)
    entries = _parse_json(raw[_LENGTH.size :], path)
    metadata = entries.pop("__metadata__", None)
    # Before the checksum: a file of a newer version, or of another tool, is called so and not damaged.
    _check_origin(metadata, path)
    if seal(raw) != raw:
        raise FileFormatError(f"{path} is damaged: its header does not match its checksum. Copy or write it again.")
    tensors = _laid_out(entries, len(raw), path)
    n_bytes = tensors[-1].end if tensors else len(raw)
    _check_size(len(content), n_bytes, path)
    try:
        return Header(
            kind=metadata["kind"],
            schema_version=int(metadata["schema_version"]),
            package_version=metadata["package_version"],
            meta=_parse_json(metadata["meta"].encode(), path),
            tensors=tensors,
            checksum=metadata["checksum"],
            data_checksum=metadata["data_checksum"],
            data_begin=len(raw),
            n_bytes=n_bytes,
        )
    except KeyError as error:
        raise _inconsistent(path, f"it has no {error.args[0]}") from None


def _cut_header(content: memoryview, path: StrPath) -> bytes:
    """Return the header with its length in front."""
    start = bytes(content[: _LENGTH.size + 1])
    if len(start) < _LENGTH.size:
        raise FileFormatError(f"{path} is truncated, or no deepcuts file at all: it has {counted(len(start), 'byte')}.")
    (length,) = _LENGTH.unpack_from(start)
    # The JSON of safetensors begins with "{" right after the length, so any text or Parquet file fails here.
    if length > MAX_HEADER_BYTES or start[_LENGTH.size :] not in (b"", b"{"):
        raise FileFormatError(
            f"{path} is not a deepcuts file: it begins with {start!r}. "
            "Plays in other formats come in through read_plays or `deepcuts ingest`."
        )
    _check_size(min(len(content), _LENGTH.size + length), _LENGTH.size + length, path)
    return bytes(content[: _LENGTH.size + length])


def _check_size(found: int, expected: int, path: StrPath) -> None:
    if found < expected:
        raise FileFormatError(f"{path} is truncated: {found:,} of {counted(expected, 'byte')}. Copy or write it again.")
    if found > expected:
        raise FileFormatError(
            f"{path} is damaged: {counted(found - expected, 'byte follows', 'bytes follow')} its "
            f"end. Copy or write it again."
        )


def _parse_json(text: bytes, path: StrPath) -> dict[str, Any]:
    """Parse a JSON object of which no key appears twice and every string can be printed."""
    try:
        value = parse_json(text.decode(), distinct_keys)
        # Fails on half a surrogate pair, which would fail in every print.
        json.dumps(value, ensure_ascii=False).encode()
    except ValueError as error:
        raise _inconsistent(path, f"it is not valid JSON, {str(error)[:100]}") from None
    if not isinstance(value, dict):
        raise _inconsistent(path, "it is not a JSON object")
    return value


def _check_origin(metadata: object, path: StrPath) -> None:
    """Refuse a file that this version did not write and might misread."""
    if not isinstance(metadata, dict) or metadata.get("format") != FORMAT:
        raise FileFormatError(f"{path} is a safetensors file, but not one of deepcuts.")
    if not all(isinstance(value, str) for value in metadata.values()):
        raise _inconsistent(path, "a value of its metadata is not a string")
    version = metadata.get("schema_version", "")
    # isascii, as "²".isdigit() is true and int("²") fails.
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        raise _inconsistent(path, f"its schema version is {version[:20]!r}")
    if int(version) > SCHEMA_VERSION:
        raise FileFormatError(
            f"{path} was written by a newer deepcuts (schema {version}; this one reads up to {SCHEMA_VERSION}). "
            "Upgrade deepcuts."
        )


def _laid_out(entries: Mapping[str, Any], data_begin: int, path: StrPath) -> tuple[Tensor, ...]:
    """Turn the entries of a header into tensors that fill the file without gap and overlap."""
    tensors = sorted((_tensor(name, entry, data_begin, path) for name, entry in entries.items()), key=_span)
    end = data_begin
    for tensor in tensors:
        if tensor.begin != end:  # sorted by offsets: each array begins where the one before it ends
            raise _inconsistent(path, f"array {tensor.name!r} begins at byte {tensor.begin:,} instead of {end:,}")
        end = tensor.end
    return tuple(tensors)


def _span(tensor: Tensor) -> tuple[int, int]:
    return tensor.begin, tensor.end


def _tensor(name: str, entry: Any, data_begin: int, path: StrPath) -> Tensor:
    try:
        dtype, shape, (begin, end) = DTYPES[entry["dtype"]], tuple(entry["shape"]), entry["data_offsets"]
    except (KeyError, TypeError, ValueError):
        raise _inconsistent(path, f"it does not say type, shape and offsets of array {name!r}") from None
    sizes = (*shape, begin, end)
    # type(…) is int, as True is an int as well; the bound keeps what NumPy makes of these within 64 bits.
    if len(shape) > 8 or not all(type(size) is int and 0 <= size < 1 << 56 for size in sizes):
        raise _inconsistent(path, f"shape or offsets of array {name!r} is out of range")
    # NumPy refuses an empty array whose other axes are beyond all bounds.
    n_numbers = math.prod(max(size, 1) for size in shape)
    if end - begin != math.prod(shape) * dtype.itemsize or n_numbers >= 1 << 56:
        raise _inconsistent(path, f"array {name!r} does not fill its offsets")
    if (data_begin + begin) % dtype.itemsize:
        raise _inconsistent(path, f"array {name!r} is not aligned to its items")
    return Tensor(name, dtype, shape, data_begin + begin, data_begin + end)


def _inconsistent(path: StrPath, reason: str) -> FileFormatError:
    return FileFormatError(f"{path} has an inconsistent header: {reason}. Copy or write it again.")
