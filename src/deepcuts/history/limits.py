"""Limits of what is read of an export, so that no file can use up memory or time."""

from __future__ import annotations

from dataclasses import dataclass

from deepcuts.wording import counted

_MIB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """The most that is read; real exports stay far below.

    Parameters
    ----------
    line_bytes
        Length of a line.
    document_bytes
        Size of a JSON document, which is parsed in one piece.
    total_bytes
        Size of everything that is read, unpacked.
    members
        Files in an archive.
    ratio
        Unpacked size over packed size of a file in an archive, once `ratio_from` bytes are unpacked.
    ratio_from
        Bytes below which the ratio does not matter.
    """

    line_bytes: int = _MIB
    document_bytes: int = 512 * _MIB
    total_bytes: int = 4096 * _MIB
    members: int = 20_000
    ratio: float = 250.0
    ratio_from: int = 16 * _MIB


def in_words(n_bytes: int) -> str:
    """A size for a message."""
    return f"{n_bytes / _MIB:,.0f} MiB" if n_bytes >= _MIB else counted(n_bytes, "byte")
