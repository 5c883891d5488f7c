"""What a format is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

import duckdb

from deepcuts.history.documents import Document

Load: TypeAlias = Callable[[duckdb.DuckDBPyConnection, Document], Iterator[None]]


@dataclass(frozen=True)
class Format:
    """How to read a document.

    Parameters
    ----------
    name
        What people call it.
    unit
        What its rows are counted in.
    load
        Puts the document into a table `raw`, a part at a time; the table holds one part until the next is asked for.
    rows
        SELECT FROM raw of row (its number), artists (a list), track, time, plays, bad and dropped.
    """

    name: str
    unit: Literal["line", "record"]
    load: Load
    rows: str
