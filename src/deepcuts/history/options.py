"""Options of reading exports."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from deepcuts.checks import choice, instance, real_number
from deepcuts.history.limits import Limits
from deepcuts.ingest import TimeRules
from deepcuts.ingest.tabular.encodings import check_encoding
from deepcuts.setting_names import refusing_unknown

MIN_SCORE = 83.0  # of 100, for a name much like another; chosen by benchmarks/matching.py


Dates: TypeAlias = Literal["auto", "dmy", "mdy", "none"]
Decimal: TypeAlias = Literal[".", ","]
By: TypeAlias = Literal["artist", "song"]


@refusing_unknown
@dataclass(frozen=True)
class HistoryOptions:
    """Options of reading exports.

    Parameters
    ----------
    min_seconds
        Seconds, at least 0: shorter plays of Spotify exports are left out if they were cut off or, in the account
        export, which does not record that, in any case.
    times
        How much a listen counts, by when it was heard.
    limits
        The most that is read.
    dates
        How dates of three numbers are read: "dmy" or "mdy"; "auto" finds out over the column, and "none" reads no times
        of tables, and counts their rows without.
    decimal
        The mark that begins fractions in numbers of plays, "." or ","; None finds out over the column.
    artist_column
        The column of artists in tables whose headers do not tell, by its name or its position from 1; None goes by the
        headers that are known.
    plays_column
        The column of plays in such tables, given alike; None goes by the headers that are known.
    encoding
        The encoding of text, such as cp1251; None finds out whether it is UTF-8, UTF-16 or cp1252.
    by
        What is counted: "artist", or "song" for models whose items are songs, by the name "artist – title".

    Raises
    ------
    SettingsError
        If one is out of its range.
    """

    min_seconds: float = 30.0
    times: TimeRules = field(default_factory=TimeRules)
    limits: Limits = field(default_factory=Limits)
    dates: Dates = "auto"
    decimal: Decimal | None = None
    encoding: str | None = None
    artist_column: str | None = None
    plays_column: str | None = None
    by: By = "artist"

    def __post_init__(self) -> None:
        seconds = real_number("min_seconds", self.min_seconds, 0, math.inf, "Give a number of at least 0.")
        object.__setattr__(self, "min_seconds", seconds)
        instance("times", self.times, TimeRules, "Pass TimeRules(...).")
        instance("limits", self.limits, Limits, "Leave it out.")
        choice("by", self.by, ("artist", "song"))
        choice("dates", self.dates, ("auto", "dmy", "mdy", "none"))
        if self.decimal is not None:
            choice("decimal", self.decimal, (".", ","))
        check_encoding(self.encoding)
