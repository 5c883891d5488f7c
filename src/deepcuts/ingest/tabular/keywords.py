"""The options of a reading as keywords that type checkers and editors know."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypedDict

from deepcuts.ingest.tabular.options import OnBadRows
from deepcuts.ingest.tabular.time_rules import TimeRules


class ReadKeywords(TypedDict, total=False):
    """The fields of `ReadOptions`, which documents them."""

    on_bad_rows: OnBadRows
    bad_rows: Path | None
    dislikes: bool
    trim: bool
    header: bool | None
    delimiter: str | None
    quote: str | None
    memory_limit: str
    temp_directory: Path | None
    force: bool
    times: TimeRules | None
    normalize: bool
    decimal: Literal[".", ","] | None
    dates: Literal["dmy", "mdy"] | None
    encoding: str | None
