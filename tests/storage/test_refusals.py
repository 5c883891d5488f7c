"""Files that are not whole, not ours or not honest are refused by name and with the reason."""

from __future__ import annotations

import hashlib
import json
import os
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import safetensors
import safetensors.numpy

from deepcuts import __version__, storage
from deepcuts.errors import FileFormatError
from deepcuts.storage.container import VERIFIED_BYTES
from deepcuts.storage.header import seal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "small.safetensors"


@pytest.fixture
def content(path: Path) -> bytes:
    """Bytes of a small, whole file, which also lies at `path`."""
    arrays = {"factors": np.arange(6, dtype=np.float32).reshape(3, 2), "indptr": np.array([0, 2, 3])}
    storage.write(path, "model", arrays, {"item_ids": pa.array(["Grouper", "坂本龍一"])}, {"n_factors": 2})
    return path.read_bytes()


def forge(path: Path, entries: dict[str, Any] | str, data: bytes = b"", **metadata: object) -> None:
    """Write a file that says whatever a test wants, with checksums that are right."""
    complete = {
        "checksum": "0" * 64,
        "data_checksum": hashlib.sha256(data).hexdigest(),
        "format": "deepcuts",
        "kind": "model",
        "schema_version": "1",
        "package_version": "0.1.0",
        "meta": "{}",
    } | metadata
    complete = {key: value for key, value in complete.items() if value is not None}
    inner = entries if isinstance(entries, str) else json.dumps(entries)[1:-1]
    text = json.dumps({"__metadata__": complete}, separators=(",", ":"))[:-1] + ("," + inner if inner else "") + "}"
    text += " " * (-(8 + len(text)) % 64)
    path.write_bytes(seal(struct.pack("<Q", len(text)) + text.encode()) + data)


def entry(begin: int, end: int, shape: list[Any] | None = None, dtype: object = "U8") -> dict[str, Any]:
    return {"dtype": dtype, "shape": [end - begin] if shape is None else shape, "data_offsets": [begin, end]}


def assert_refused(path: Path, *words: str, kind: str = "model") -> None:
    with pytest.raises(FileFormatError) as caught:
        storage.read(path, kind)
    assert all(word in str(caught.value) for word in (str(path), *words)), str(caught.value)


# Damage


def test_a_file_cut_anywhere_is_refused(path, content):
    for length in range(len(content) - 1, 0, -1):
        os.truncate(path, length)
        assert_refused(path, "truncated")


def test_how_much_is_missing_is_said(path, content):
    path.write_bytes(content[:-10])
    assert_refused(path, f"is truncated: {len(content) - 10} of {len(content)} bytes")
    path.write_bytes(content[:7])
    assert_refused(path, "is truncated, or no deepcuts file at all: it has 7 bytes")


def test_bytes_after_the_end_are_refused(path, content):
    path.write_bytes(content + b"more")
    assert_refused(path, "is damaged: 4 bytes follow its end")


@pytest.mark.parametrize("flip", [0x01, 0x20, 0xFF])
def test_a_change_of_any_byte_is_refused(path, content, flip):
    with path.open("r+b", buffering=0) as file:
        for offset, byte in enumerate(content):
            os.pwrite(file.fileno(), bytes([byte ^ flip]), offset)
            assert_refused(path)
            os.pwrite(file.fileno(), bytes([byte]), offset)
    assert storage.read(path, "model").meta == {"n_factors": 2}


def test_damage_is_told_from_other_trouble(path, content):
    path.write_bytes(content[:-1] + b"!")
    assert_refused(path, "is damaged: its arrays do not match their checksum")
    path.write_bytes(content.replace(__version__.encode(), b"9" + __version__[1:].encode()))
    assert_refused(path, "is damaged: its header does not match its checksum")


def test_large_files_are_verified_on_demand(path):
    storage.write(path, "model", {"factors": np.zeros(VERIFIED_BYTES, np.uint8)}, {}, {})
    with path.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"!")
    assert storage.read(path, "model").arrays["factors"][-1] == ord("!")
    with pytest.raises(FileFormatError, match="its arrays do not match their checksum"):
        storage.read(path, "model", verify=True)


# Other files


def test_a_missing_file_is_named(path):
    assert_refused(path, "There is no file")


def test_an_empty_file_and_a_folder_are_refused(path):
    path.touch()
    assert_refused(path, "is empty")
    assert_refused(path.parent, "is a folder or a device")
    assert_refused(path / "file", "cannot be read: Not a directory")


def test_text_zip_and_parquet_are_foreign(tmp_path):
    (tmp_path / "plays.tsv").write_text("user\titem\tplays\n")
    with zipfile.ZipFile(tmp_path / "plays.zip", "w") as archive:
        archive.writestr("plays.tsv", "user\titem\tplays\n")
    pq.write_table(pa.table({"user": ["ada"]}), tmp_path / "plays.parquet")
    for name, start in {"plays.tsv": "user", "plays.zip": "PK", "plays.parquet": "PAR1"}.items():
        assert_refused(tmp_path / name, "is not a deepcuts file", f"b'{start}", "deepcuts ingest")


def test_safetensors_of_others_are_foreign(path):
    for metadata in (None, {"format": "pt"}):
        safetensors.numpy.save_file({"weight": np.ones(3)}, path, metadata)
        assert_refused(path, "is a safetensors file, but not one of deepcuts")


def test_another_kind_is_refused(path, content):
    assert_refused(path, "holds a model, not interactions", "deepcuts ingest", kind="interactions")
    forge(path, {}, kind="interactions")
    assert_refused(path, "holds interactions, not a model", "deepcuts train")
    forge(path, {}, kind="playlist")
    assert_refused(path, "holds 'playlist', not a model")


def test_a_newer_version_is_refused(path):
    forge(path, {}, schema_version="3", checksum="of another form", meta=None)
    assert_refused(path, "was written by a newer deepcuts (schema 3; this one reads up to 1). Upgrade deepcuts.")


# Headers that lie


def test_an_honest_forgery_is_read(path):
    forge(path, {"plain": entry(0, 4)}, b"good")
    assert storage.read(path, "model").arrays["plain"].tobytes() == b"good"


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ({"a": entry(0, 3), "b": entry(2, 4)}, "array 'b' begins at byte"),
        ({"a": entry(0, 2), "b": entry(3, 4)}, "array 'b' begins at byte"),
        ({"a": entry(1, 4)}, "array 'a' begins at byte"),
        ({"a": entry(-1, 3)}, "shape or offsets of array 'a' is out of range"),
        ({"a": entry(0, 4, [-4])}, "shape or offsets of array 'a' is out of range"),
        ({"a": entry(0, 4, [2.0, 2])}, "shape or offsets of array 'a' is out of range"),
        ({"a": entry(0, 4, [True, 4])}, "shape or offsets of array 'a' is out of range"),
        ({"a": entry(0, 4, [1] * 9)}, "shape or offsets of array 'a' is out of range"),
        ({"a": entry(0, 0, [0, 1 << 70])}, "shape or offsets of array 'a' is out of range"),
        ({"a": entry(0, 0, [0, 1 << 40, 1 << 40])}, "array 'a' does not fill its offsets"),
        ({"a": entry(0, 4, [5])}, "array 'a' does not fill its offsets"),
        ({"a": entry(0, 4, [4], "F32")}, "array 'a' does not fill its offsets"),
        ({"a": entry(4, 0, [4])}, "array 'a' does not fill its offsets"),
        ({"a": entry(0, 1), "b": entry(1, 3, [1], "I16")}, "array 'b' is not aligned to its items"),
        ({"a": entry(0, 4, dtype="O")}, "does not say type, shape and offsets of array 'a'"),
        ({"a": entry(0, 4, dtype=["U8"])}, "does not say type, shape and offsets of array 'a'"),
        ({"a": {"dtype": "U8", "shape": [4]}}, "does not say type, shape and offsets of array 'a'"),
        (
            {"a": {"dtype": "U8", "shape": 4, "data_offsets": [0, 4]}},
            "does not say type, shape and offsets of array 'a'",
        ),
        (
            {"a": {"dtype": "U8", "shape": [4], "data_offsets": [0]}},
            "does not say type, shape and offsets of array 'a'",
        ),
        ({"a": 4}, "does not say type, shape and offsets of array 'a'"),
        ('"a":1,"a":2', "the key 'a' appears twice"),
        ('"a":', "it is not valid JSON"),
        ('"a":' + "[" * 100_000, "it is not valid JSON"),
        ('"a":' + "9" * 5_000, "it is not valid JSON"),
        ('"\\ud800":1', "it is not valid JSON"),
    ],
)
def test_a_header_that_lies_is_refused(path, entries, reason):
    forge(path, entries, b"data")
    assert_refused(path, "has an inconsistent header", reason)


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({"meta": "[]"}, "it is not a JSON object"),
        ({"meta": "{"}, "it is not valid JSON"),
        ({"meta": None}, "it has no meta"),
        ({"kind": None}, "it has no kind"),
        ({"data_checksum": None}, "it has no data_checksum"),
        ({"kind": 1}, "a value of its metadata is not a string"),
        ({"schema_version": None}, "its schema version is ''"),
        ({"schema_version": "-1"}, "its schema version is '-1'"),
        ({"schema_version": "²"}, "its schema version is '²'"),
        ({"schema_version": "9" * 5_000}, "its schema version is '9999"),
    ],
)
def test_metadata_that_lies_is_refused(path, metadata, reason):
    forge(path, {}, **metadata)
    assert_refused(path, "has an inconsistent header", reason)


def test_a_huge_header_is_not_even_read(path):
    path.write_bytes(struct.pack("<Q", 1 << 62) + b"{" + b" " * 100)
    assert_refused(path, "is not a deepcuts file")


def test_a_header_of_other_bytes_is_refused(path):
    for text in (b"{\xff}  ", b"{}{}  "):
        path.write_bytes(struct.pack("<Q", len(text)) + text)
        assert_refused(path, "has an inconsistent header: it is not valid JSON")


def test_arrays_beyond_the_end_are_missing(path):
    forge(path, {"a": entry(0, 1 << 50)}, b"data")
    assert_refused(path, "is truncated", "1,125,899,906,8")


@pytest.mark.parametrize(
    ("offsets", "text", "reason"),
    [
        ([0, 5], b"abcd", "do not fit their bytes"),
        ([0, 2], b"abcd", "do not fit their bytes"),
        ([1, 4], b"abcd", "do not fit their bytes"),
        ([0, 3, 2, 4], b"abcd", "do not fit their bytes"),
        ([0, -(2**31), 2**31 - 1, 4], b"abcd", "do not fit their bytes"),
        ([], b"", "do not fit their bytes"),
        ([0, 1, 2], b"\xc3\xa9", "are not valid UTF-8"),
        ([[0, 4]], b"abcd", "are not int32 offsets and uint8 bytes"),
        (np.array([0, 4]), b"abcd", "are not int32 offsets and uint8 bytes"),
        ([0, 0], None, "are not int32 offsets and uint8 bytes"),
    ],
)
def test_strings_that_lie_are_refused(path, offsets, text, reason):
    arrays = {"ids.offsets": offsets if isinstance(offsets, np.ndarray) else np.array(offsets, np.int32)}
    if text is not None:
        arrays["ids.bytes"] = np.frombuffer(text, np.uint8)
    storage.write(path, "model", arrays, {}, {})
    assert_refused(path, "its strings 'ids'", reason)
