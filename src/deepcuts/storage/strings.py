"""Arrow strings as two plain arrays each, the buffers in which Arrow holds them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from deepcuts.array_types import AnyArray
from deepcuts.errors import FileFormatError
from deepcuts.storage.names import StrPath

OFFSETS, BYTES = ".offsets", ".bytes"


def split(strings: Mapping[str, pa.StringArray]) -> dict[str, AnyArray]:
    """Split strings into ``NAME.offsets``, int32, (n + 1,), counted from the start of ``NAME.bytes``, uint8."""
    arrays: dict[str, AnyArray] = {}
    for name, values in strings.items():
        text = values.cast(pa.string())
        _, offsets_buffer, bytes_buffer = text.buffers()  # shared with the array that this may be a slice of
        offsets = np.zeros(1, np.int32)
        if len(text):  # Arrow may leave out the buffers of an empty array
            offsets = np.frombuffer(offsets_buffer, np.int32, len(text) + 1, 4 * text.offset)
        arrays[name + OFFSETS] = offsets - offsets[0]  # a slice's begin above 0
        arrays[name + BYTES] = np.frombuffer(bytes_buffer or b"", np.uint8)[offsets[0] : offsets[-1]]
    return arrays


def join(arrays: Mapping[str, AnyArray], path: StrPath) -> dict[str, pa.StringArray]:
    """Join all strings among `arrays` again, without a copy.

    Raises
    ------
    FileFormatError
        If offsets and bytes do not fit each other, or the bytes are not UTF-8. `path` names the file.
    """
    names = [name.removesuffix(OFFSETS) for name in arrays if name.endswith(OFFSETS)]
    return {name: _join(name, arrays[name + OFFSETS], arrays.get(name + BYTES), path) for name in names}


def _join(name: str, offsets: AnyArray, text: AnyArray | None, path: StrPath) -> pa.StringArray:
    if text is None or not (_is_vector(offsets, np.int32) and _is_vector(text, np.uint8)):
        raise FileFormatError(f"{path} is inconsistent: its strings {name!r} are not int32 offsets and uint8 bytes.")
    # Arrow reads outside the buffer where offsets do not ascend or pass its end: checked before it sees them.
    if not (len(offsets) and offsets[0] == 0 and offsets[-1] == len(text) and np.all(offsets[1:] >= offsets[:-1])):
        raise FileFormatError(f"{path} is inconsistent: the offsets of its strings {name!r} do not fit their bytes.")
    values = pa.StringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(text))
    try:
        values.validate(full=True)  # UTF-8 included
    except pa.ArrowInvalid:
        raise FileFormatError(f"{path} is inconsistent: its strings {name!r} are not valid UTF-8.") from None
    return values


def _is_vector(array: AnyArray, dtype: type[np.generic]) -> bool:
    return array.ndim == 1 and array.dtype == dtype
