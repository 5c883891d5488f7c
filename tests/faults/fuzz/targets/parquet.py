"""Parquet as plays; the first byte says by what columns and options."""

from __future__ import annotations

from pathlib import Path

from faults.fuzz.targets.csv_text import read


def feed(data: bytes, folder: Path) -> None:
    read(folder / "plays.parquet", data[1:], data[0] & 127 if data else 0)
