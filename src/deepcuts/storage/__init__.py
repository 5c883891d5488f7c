"""One safetensors file for interactions and one for a model: checked, mapped into memory if large, no pickle.

The file is what https://huggingface.co/docs/safetensors describes, and any safetensors library reads it: the length of
the header (u64, little-endian), the header (JSON), the bytes of the arrays without a gap. On top of that,

- arrays lie in the order of their item size, large first, and the header is padded with blanks to a multiple of
  64 bytes, so every array is aligned to its own items and can be used where it lies;
- a string array NAME is two arrays, ``NAME.offsets`` (int32) and ``NAME.bytes`` (uint8, UTF-8), as in Arrow itself;
- ``__metadata__`` holds ``checksum``, ``data_checksum``, ``format`` ("deepcuts"), ``kind`` ("interactions" or
  "model"), ``schema_version``, ``package_version`` and ``meta`` (settings and the like, as JSON), all as strings;
- ``data_checksum`` is the SHA-256 of the bytes of all arrays; ``checksum``, always first, is the SHA-256 of everything
  before those bytes, its own 64 digits left out. It covers the other checksum, so it stands for the whole file.
"""

from deepcuts.lazy import public_names
from deepcuts.storage.container import Stored, describe, is_mapped, read, write
from deepcuts.storage.header import SCHEMA_VERSION, Header, Tensor
from deepcuts.storage.inputs import check_input, each_once
from deepcuts.storage.names import StrPath, check_own_ending, check_text_name, not_found, path_with_ending
from deepcuts.storage.output import (
    check_apart,
    check_output,
    check_outputs,
    make_folder,
    replacing,
    together,
    where_written,
)
from deepcuts.storage.temporary import is_running, temporary_folder

__all__ = [
    "SCHEMA_VERSION",
    "Header",
    "Stored",
    "StrPath",
    "Tensor",
    "check_apart",
    "check_input",
    "check_output",
    "check_outputs",
    "check_own_ending",
    "check_text_name",
    "describe",
    "each_once",
    "is_mapped",
    "is_running",
    "make_folder",
    "not_found",
    "path_with_ending",
    "read",
    "replacing",
    "temporary_folder",
    "together",
    "where_written",
    "write",
]

__dir__ = public_names(__name__)
