"""Delimited text as plays; the first byte says by what columns and options, and whether it is compressed."""

from __future__ import annotations

import gzip
from pathlib import Path

from deepcuts.ingest import Columns, ReadOptions, TimeRules, ingest

COLUMNS = (
    Columns(1, 2, 3),
    Columns("user", "item"),
    Columns(1, 2),
    Columns("user_id", "artist", "plays", "time"),
    Columns(1, 2, 3, 4),
    Columns(3, "1"),
)
OPTIONS = (
    ReadOptions(on_bad_rows="skip"),
    ReadOptions(trim=True, header=True),
    ReadOptions(dislikes=True, on_bad_rows="skip", quote="'"),
    ReadOptions(delimiter=";", header=False),
    ReadOptions(on_bad_rows="skip", times=TimeRules(half_life=30.0, session_cap=1)),
    ReadOptions(),
)


def feed(data: bytes, folder: Path) -> None:
    way, content = data[:1] or b"\0", data[1:]
    read(folder / "plays.csv", gzip.compress(content, 1) if way[0] & 128 else content, way[0] & 127)


def read(path: Path, content: bytes, way: int) -> None:
    """Read plays by the columns and options of a number."""
    path.write_bytes(content)
    columns, options = COLUMNS[way % len(COLUMNS)], OPTIONS[way // len(COLUMNS) % len(OPTIONS)]
    plays, report = ingest(path, columns, options)
    assert report.n_rows > report.n_skipped
    assert plays.n_pairs
