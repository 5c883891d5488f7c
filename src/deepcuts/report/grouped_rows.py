"""Rows of a table, by the number in one of its columns."""

from __future__ import annotations

from typing import Any

import pyarrow as pa


def rows_by(table: pa.Table, column: str) -> dict[int, list[dict[str, Any]]]:
    """Return the rows of each number, numbers and rows in the order of the table."""
    found: dict[int, list[dict[str, Any]]] = {}
    for row in table.to_pylist():
        found.setdefault(row[column], []).append(row)
    return found
