"""Mutations of bytes, for fuzzing where atheris is not installed: reproducible by the seed of `random.Random`."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

Mutation = Callable[[random.Random, bytes, bytes], bytes]

_MARKS = [
    *(b"", b"\0", b"\n", b"\r\n", b"\t", b",", b";", b'"', b"'", b"\\", b"{", b"}", b"[", b"]", b":", b"=", b"#", b" "),
    *(b"null", b"true", b"NaN", b"Infinity", b"-1", b"0", b"1e400", b"1e-400", b"-0", b"0x1", b"9" * 30, b"1" * 5_000),
    *(b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\\ud800", b"\\u0000", b"\xc2\xa0", "坂🎧".encode()),
    *(
        b"2024-02-30",
        b"1970-01-01",
        b"99999-01-01",
        b"253402300800",
        b"-9223372036854775809",
        b"x" * 3_000,
        b"[" * 2_000,
    ),
]


def _span(choose: random.Random, data: bytes) -> tuple[int, int]:
    start = choose.randrange(len(data) + 1)
    return start, min(len(data), start + int(2 ** choose.uniform(0, 8)))


def flip(choose: random.Random, data: bytes, other: bytes) -> bytes:
    """Flip a bit."""
    changed = bytearray(data or b"\0")
    changed[choose.randrange(len(changed))] ^= 1 << choose.randrange(8)
    return bytes(changed)


def cut(choose: random.Random, data: bytes, other: bytes) -> bytes:
    """Leave out a span."""
    start, end = _span(choose, data)
    return data[:start] + data[end:]


def repeat(choose: random.Random, data: bytes, other: bytes) -> bytes:
    """Repeat a span."""
    start, end = _span(choose, data)
    return data[:end] + data[start:end] * choose.choice((1, 2, 50)) + data[end:]


def mark(choose: random.Random, data: bytes, other: bytes) -> bytes:
    """Write something that means something over a span, or between."""
    start, end = _span(choose, data)
    return data[:start] + choose.choice(_MARKS) + data[choose.choice((start, end)) :]


def overwrite(choose: random.Random, data: bytes, other: bytes) -> bytes:
    """Write noise over a span."""
    start, end = _span(choose, data)
    return data[:start] + choose.randbytes(end - start) + data[end:]


def splice(choose: random.Random, data: bytes, other: bytes) -> bytes:
    """Go on as another input does."""
    return data[: choose.randrange(len(data) + 1)] + other[choose.randrange(len(other) + 1) :]


def graft(choose: random.Random, data: bytes, other: bytes) -> bytes:
    """Insert a span of another input."""
    start, end = _span(choose, other)
    at = choose.randrange(len(data) + 1)
    return data[:at] + other[start:end] + data[at:]


_MUTATIONS: Sequence[Mutation] = (flip, cut, repeat, mark, mark, overwrite, splice, graft)


def mutated(choose: random.Random, corpus: Sequence[bytes], most_bytes: int) -> bytes:
    """Make an input of one of a corpus, by some mutations."""
    data = choose.choice(corpus)
    for _ in range(choose.choice((1, 1, 2, 3, 6))):
        data = choose.choice(_MUTATIONS)(choose, data, choose.choice(corpus))
    return data[:most_bytes]
