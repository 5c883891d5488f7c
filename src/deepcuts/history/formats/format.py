"""What a format is, and what is looked at to find it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import duckdb

from deepcuts.history.documents import Document
from deepcuts.history.options import HistoryOptions

Load: TypeAlias = Callable[[duckdb.DuckDBPyConnection, Document], Iterator[None]]
# Of each text, whether it looks like a moment that somebody may have heard music at.
AreMoments: TypeAlias = Callable[[Sequence[str]], list[bool]]


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
        SELECT FROM raw of row (its number), artists (a list), track, time (a text that `seconds_of` reads), plays, bad
        and dropped, and `single`: whether the same row a second time is the same listen.
    has_clock
        Whether times are known to have a time of day; where not, times that are all midnight are dates.
    family, rank
        Documents of one family hold the same listens in different ways: those of the highest rank are taken alone.
    listener
        SQL of who listened, from a row of raw; "" where documents of this format are of one person.
    several
        Whether an artist may be several, with commas between them: it is divided where each part stands alone in
        other rows.
    """

    name: str
    unit: Literal["line", "record"]
    load: Load
    rows: str
    has_clock: bool = True
    family: str = ""
    rank: int = 0
    listener: str = ""
    several: bool = False


@dataclass(frozen=True)
class Refusal:
    """A document that is recognised, and is not what is needed.

    Parameters
    ----------
    reason
        What it is, and what to give instead; follows the name of the file.
    """

    reason: str


@dataclass(frozen=True)
class Head:
    """The beginning of a document, as formats are recognised by it.

    Parameters
    ----------
    name
        Name of the document.
    raw
        Its first bytes, in UTF-8 where it is text.
    are_moments
        Tells which texts look like moments.
    options
        How to read.
    in_archive
        Whether it is one of several files, of which some hold something else.
    """

    name: str
    raw: bytes
    are_moments: AreMoments
    options: HistoryOptions
    in_archive: bool = False


Recogniser: TypeAlias = Callable[[Head], Format | Refusal | None]
