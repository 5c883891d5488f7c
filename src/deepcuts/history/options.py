"""Options of reading exports."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from deepcuts.checks import real_number
from deepcuts.history.limits import Limits
from deepcuts.ingest import TimeRules

MIN_SCORE = 83.0  # of 100, for a name much like another; chosen by benchmarks/matching.py


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

    Raises
    ------
    SettingsError
        If one is out of its range.
    """

    min_seconds: float = 30.0
    times: TimeRules = field(default_factory=TimeRules)
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        seconds = real_number("min_seconds", self.min_seconds, 0, math.inf, "Give a number of at least 0.")
        object.__setattr__(self, "min_seconds", seconds)
