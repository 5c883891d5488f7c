"""Files of deepcuts, as they are or with their checksums made right; the first byte says which."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

import deepcuts as dc
from deepcuts.storage.header import seal
from faults.fuzz.targets.settings import session  # noqa: F401  # the driver calls it

START = b'{"__metadata__":{"checksum":"' + b"0" * 64 + b'","data_checksum":"'


def feed(data: bytes, folder: Path) -> None:
    way, content = data[0] if data else 0, data[1:]
    path = folder / "file.safetensors"
    path.write_bytes(resealed(content) if way & 1 else content)
    if way & 2:
        plays = dc.Interactions.load(path)
        assert plays.to_arrow().num_rows >= plays.n_pairs
    else:
        model = dc.load(path)
        assert model.recommend(k=3).num_rows >= 0
        model.fold_in({model.item_ids.values[0].as_py(): 2.0}).recommend(k=2)


def resealed(content: bytes) -> bytes:
    """A file whose checksums are those of what it holds, where its header is long enough to have them."""
    if len(content) < 8 or (end := 8 + struct.unpack_from("<Q", content)[0]) > len(content):
        return content
    header, arrays = bytearray(content[:end]), content[end:]
    at = 8 + len(START)
    if len(header) < at + 64:
        return content
    header[at : at + 64] = hashlib.sha256(arrays).hexdigest().encode()
    return seal(bytes(header)) + arrays
