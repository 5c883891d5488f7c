"""Moments in time as people write them, in seconds since 1970."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime
from numbers import Real

from deepcuts.checks import real_number, shown
from deepcuts.errors import SettingsError

_PART_OF_DATE = re.compile(r"\d{4}(-\d{2})?")
_FARTHEST = 2**62  # seconds, within the int64 of times
WHEN = "Give a date such as 2024-01-31, a timestamp such as 2024-01-31T18:00:00Z, a year or a month."


def seconds_of(name: str, moment: object) -> int:
    """Seconds since 1970 of a moment; what names no zone is UTC.

    Parameters
    ----------
    name
        What it is called, for the message.
    moment
        Text: a year, a month, a date (its midnight) or a timestamp of ISO 8601. Or a date or datetime of Python (so of
        pandas) or NumPy, or a number of seconds.

    Raises
    ------
    SettingsError
        If it is anything else.
    """
    if isinstance(moment, Real):
        seconds = real_number(name, moment, -_FARTHEST, _FARTHEST, WHEN)
        return math.ceil(seconds)  # moments of plays are whole: those from 1.5 on are those from 2 on
    if isinstance(moment, date):  # so is a datetime
        moment = moment.isoformat()
    elif type(moment).__name__ == "datetime64":  # of NumPy, which is not imported for its name alone
        moment = str(moment)
    if not isinstance(moment, str):
        raise SettingsError(f"{name} is {shown(moment)}. {WHEN}")
    # A year lacks "-01-01", a month the "-01" at the end of it.
    full = moment + "-01-01"[len(moment) - 4 :] if _PART_OF_DATE.fullmatch(moment) else moment
    try:
        found = datetime.fromisoformat(full)
        return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        raise SettingsError(f"{name} is {shown(moment)}. {WHEN}") from None
