"""How much a play counts, by its time: limits, caps per session and day, and decay with age."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, fields
from datetime import date
from numbers import Real

from deepcuts.checks import real_number, shown, whole_number
from deepcuts.data.moments import WHEN, seconds_of
from deepcuts.errors import SettingsError
from deepcuts.setting_names import refusing_unknown

DAY = 86_400
LEAST_WEIGHT = 1e-6  # of a play, however long ago: 20 half-lives

_MOST = 1e12  # days or minutes: the age of the universe, and far from what overflows in SQL


@refusing_unknown
@dataclass(frozen=True)
class TimeRules:
    """How much a play counts, by when it was heard; without any of these, every play counts as 1.

    A play is kept if ``since <= t < until``. Of the plays of one item in one session, and then of those in one day
    (of UTC), the earliest are kept until the cap is reached. Each play that is left counts
    ``max(2 ** (-age / half_life), 1e-6)``, where age is ``max(0, now - t)`` in days: it fades to a millionth at least,
    so that what somebody played stays known as such. Dislikes (plays below 0) decay too, and no cap applies to them.

    Moments are text, or dates and datetimes of Python, pandas or NumPy.

    Parameters
    ----------
    since
        The first moment to count: a year, a month, a date (its midnight, UTC) or a timestamp; None sets no limit.
    until
        The first moment no longer to count, given alike; None sets no limit.
    half_life
        Days after which a play counts half, above 0 and up to 10¹²; None sets no decay.
    now
        The moment that age is counted from; None takes the clock.
    session_cap
        The most plays of one item in one session, at least 1; None sets no cap.
    session_gap
        Minutes without a play that end a session, above 0 and up to 10¹².
    day_cap
        The most plays of one item in one day, at least 1; None sets no cap.

    Raises
    ------
    SettingsError
        If one is out of its range.
    """

    since: str | date | None = None
    until: str | date | None = None
    half_life: float | None = None
    now: str | date | None = None
    session_cap: int | None = None
    session_gap: float = 30.0
    day_cap: int | None = None

    def __post_init__(self) -> None:
        for name in ("half_life", "session_gap"):
            value = getattr(self, name)
            if value is not None:
                advice = f"Give a number above 0, at most {_MOST:.0e}."
                object.__setattr__(self, name, real_number(name, value, 0, _MOST, advice, above=True))
        for name in ("session_cap", "day_cap"):
            value = getattr(self, name)
            if value is not None:
                advice = "Give a whole number of at least 1."
                object.__setattr__(self, name, whole_number(name, value, 1, advice=advice))
        since, until, _ = (_seconds(name, getattr(self, name)) for name in ("since", "until", "now"))
        if since is not None and until is not None and since >= until:
            raise SettingsError(f"since={self.since!r} is not before until={self.until!r}.")

    @property
    def active(self) -> bool:
        """Whether any rule is set, so that times are needed."""
        idle = {"now", "session_gap"}
        return any(getattr(self, each.name) is not None for each in fields(self) if each.name not in idle)


def timed_rows(rows: str, rules: TimeRules) -> str:
    """SELECT of user_id, item_id, plays and played_at with plays counted by the rules; rows that count 0 drop out.

    Parameters
    ----------
    rows
        SQL of what stands after FROM, with these four columns; rows without ids or without a time drop out.
    rules
        The rules.
    """
    capped = "within"
    if rules.session_cap is not None:
        capped = _capped(_in_sessions(capped, rules.session_gap), "session", rules.session_cap)
    if rules.day_cap is not None:
        days = f"(SELECT *, floor(played_at / {DAY}) AS day FROM {capped})"
        capped = _capped(days, "day", rules.day_cap)
    return f"""
        WITH within AS MATERIALIZED (
            SELECT user_id, item_id, plays, played_at FROM {rows}
            WHERE user_id IS NOT NULL AND {" AND ".join(_limits(rules))})
        SELECT user_id, item_id, plays * {_weight(rules)} AS plays, played_at FROM {capped} WHERE plays <> 0"""


def _limits(rules: TimeRules) -> list[str]:
    since, until = _seconds("since", rules.since), _seconds("until", rules.until)
    limits = ["played_at IS NOT NULL"]
    limits += [] if since is None else [f"played_at >= {since}"]
    return limits + ([] if until is None else [f"played_at < {until}"])


def _in_sessions(rows: str, gap: float) -> str:
    """Number the sessions of each user: one ends where nothing is played for longer than `gap` minutes."""
    # The default frame of a window includes rows of the same second, so they always share a session.
    return f"""(
        SELECT * EXCLUDE (starts), sum(starts) OVER (PARTITION BY user_id ORDER BY played_at) AS session
        FROM (SELECT *, CASE WHEN played_at - lag(played_at) OVER (PARTITION BY user_id ORDER BY played_at)
                                  > {gap * 60} THEN 1 ELSE 0 END AS starts FROM {rows}))"""


def _capped(rows: str, span: str, cap: int) -> str:
    """Keep of each item, in each span of time, the earliest plays up to the cap."""
    # `before`: the plays above 0 in earlier rows. Rows of the same second come in any order; what they keep together
    # is the same. A dislike is below the rest of the cap, so `least` keeps it as it is.
    return f"""(
        SELECT user_id, item_id, played_at, least(plays, greatest(0, {cap} - coalesce(before, 0))) AS plays
        FROM (SELECT *, sum(greatest(plays, 0)) OVER (PARTITION BY user_id, item_id, {span} ORDER BY played_at
                                         ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM {rows}))"""


def _weight(rules: TimeRules) -> str:
    if rules.half_life is None:
        return "1"
    now = _seconds("now", rules.now)
    moment = int(time.time()) if now is None else now
    # Faded below what float32 can hold, a play would be none, and what somebody knows would be recommended to them.
    return f"greatest(pow(2, -greatest(0, {moment} - played_at) / {rules.half_life * DAY!r}), {LEAST_WEIGHT!r})"


def faded_before(rules: TimeRules) -> int | None:
    """The moment before which plays count the least that they can; None where none do."""
    if rules.half_life is None:
        return None
    now = _seconds("now", rules.now)
    moment = int(time.time()) if now is None else now
    return math.floor(moment + math.log2(LEAST_WEIGHT) * rules.half_life * DAY)


def _seconds(name: str, moment: str | date | None) -> int | None:
    """Seconds since 1970 of a moment; None of none."""
    if isinstance(moment, Real):  # it could be meant as a year
        raise SettingsError(f"{name} is {shown(moment)}. {WHEN}")
    return None if moment is None else seconds_of(name, moment)


NO_RULES = TimeRules()
