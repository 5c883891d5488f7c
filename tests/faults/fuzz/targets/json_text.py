"""JSON as plays, an array or an object a line; the first byte says by what columns and options."""

from __future__ import annotations

from pathlib import Path

from faults.fuzz.targets.csv_text import read


def feed(data: bytes, folder: Path) -> None:
    way = data[0] if data else 0
    read(folder / ("plays.jsonl" if way & 128 else "plays.json"), data[1:], way & 127)
