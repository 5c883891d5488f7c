"""Fields of what a browser or a link sends back, read as any input: of the right type and size, or left out."""

from __future__ import annotations

import math
from typing import Any

MOST_TEXT = 512  # characters of an id, a name, a source


def field_of(saved: object, name: str) -> Any:
    """Return a field of an object; None where there is none."""
    return saved.get(name) if isinstance(saved, dict) else None


def text_of(value: object) -> str:
    """Return text, cut off at `MOST_TEXT`; anything else is empty."""
    return value[:MOST_TEXT] if isinstance(value, str) else ""


def texts_of(value: object, most: int) -> list[str]:
    """Return the texts of a list, at the most so many."""
    return [text_of(one) for one in value[:most] if isinstance(one, str)] if isinstance(value, list) else []


def pairs_of(value: object, most: int) -> list[tuple[str, str]]:
    """Return the pairs of texts of a list, at the most so many; what is none is left out."""
    rows = value[:most] if isinstance(value, list) else []
    return [
        (text_of(row[0]), text_of(row[1]))
        for row in rows
        if isinstance(row, list) and len(row) == 2 and all(isinstance(part, str) for part in row)
    ]


def is_number(value: object) -> bool:
    """Whether a value is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def part_of(value: Any) -> float:
    """Return a number from 0 to 1; 0 for anything else."""
    return min(1.0, max(0.0, float(value))) if is_number(value) else 0.0
