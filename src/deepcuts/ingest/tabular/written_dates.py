"""Dates as people and programs write them: in words, as three numbers, by week; of a month or a week, the first day."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Literal, TypeAlias

Order: TypeAlias = Literal["dmy", "mdy"]

# Names of months, in lower case and without a dot: English first, then others that differ.
_MONTHS = (
    "january|jan|januar|januari|jänner|janvier|janv|enero|ene|gennaio|gen|janeiro|stycznia|января|янв|ocak|tammikuuta",
    "february|feb|februar|februari|février|fevrier|févr|fév|febrero|febbraio|fevereiro|fev|lutego|февраля|фев|şubat|helmikuuta",
    "march|mar|märz|mär|mrz|maart|mrt|mars|marzo|março|marca|марта|мар|mart|maaliskuuta",
    "april|apr|avril|avr|abril|abr|aprile|kwietnia|апреля|апр|nisan|huhtikuuta",
    "may|mai|mei|maj|mayo|maggio|mag|maio|maja|мая|май|mayıs|toukokuuta",
    "june|jun|juni|juin|junio|giugno|giu|junho|czerwca|июня|июн|haziran|kesäkuuta",
    "july|jul|juli|juillet|juil|julio|luglio|lug|julho|lipca|июля|июл|temmuz|heinäkuuta",
    "august|aug|augusti|augustus|août|aout|agosto|ago|sierpnia|августа|авг|ağustos|elokuuta",
    "september|sept|sep|septembre|septiembre|settembre|set|setembro|września|wrzesnia|сентября|сен|сент|eylül|syyskuuta",
    "october|oct|oktober|okt|octobre|octubre|ottobre|ott|outubro|out|października|октября|окт|ekim|lokakuuta",
    "november|nov|novembre|noviembre|novembro|listopada|ноября|ноя|нояб|kasım|marraskuuta",
    "december|dec|dezember|dez|décembre|decembre|déc|diciembre|dic|dicembre|dezembro|grudnia|декабря|дек|aralık|joulukuuta",
)
_MONTH_OF = {name: number for number, names in enumerate(_MONTHS, start=1) for name in names.split("|")}

_CLOCK = re.compile(
    r"(?:^|[\s,T])(\d{1,2})[:.h](\d{2})(?:[:.](\d{2})(?:[.,]\d+)?)?\s*([ap])?\.?\s?(?:m\.?)?"
    r"\s*(?:uhr|h)?\s*(utc|gmt|z)?\s*([+-]\d{2}:?\d{2})?\s*(?:\([^)]*\))?$",
    re.IGNORECASE,
)  # fmt: skip
# As `date` and `ctime` write them, and Ruby and Twitter with an offset: the year comes after the clock.
_YEAR_LAST = re.compile(
    r"(\D+ \d{1,2}) (\d{1,2}:\d{2}:\d{2})((?: (?:utc|gmt|[+-]\d{2}:?\d{2}))?) (\d{4})", re.IGNORECASE
)
_EAST_ASIAN = re.compile(r"^(\d{4})\s?[年년]\s?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日일]")
_EAST_ASIAN_MONTH = re.compile(r"^(\d{4})\s?[年년]\s?(\d{1,2})\s?[月월]$")
_YEAR_MONTH = re.compile(r"^(\d{4})[-/](\d{1,2})$")
_WEEK = re.compile(r"^(\d{4})-?[Ww](\d{2})(?:-?([1-7]))?$")
_MONTH_YEAR = re.compile(r"^(\d{1,2})[-/](\d{4})$")
_THREE = re.compile(r"^(\d{1,4})([./-])(\d{1,2})\2(\d{2}|\d{4})\.?$")
_WORDS = re.compile(r"[^\W\d_]+|\d+")
_BLANKS = re.compile(r"[\s\u200e\u200f]+")
_BASIC = re.compile(
    r"(\d{4})(\d{2})(\d{2})[T ](\d{2}):?(\d{2}):?(\d{2})?(?:[.,]\d+)?\s*(Z|[+-]\d{2}:?\d{2})?", re.IGNORECASE
)
_ORDINALS = {"st", "nd", "rd", "th", "o", "er"}
_LONGEST = 100
_PIVOT = 70  # two digits of a year from here on are of the last century


@lru_cache(maxsize=1 << 16)
def seconds_of_words(text: str, order: str | None) -> int | None:
    """Seconds since 1970 of a date in words, in basic ISO 8601, by week or of three numbers; None of anything else.

    Where no zone is named, it is UTC. A month without a day is its first, a week its Monday. Numbers between dots begin
    with the day, or with a year of four digits; for those between slashes or hyphens the order has to be given.

    Examples
    --------
    >>> seconds_of_words("October 24, 2017 at 10:11PM", None)
    1508883060
    >>> seconds_of_words("Tue Oct 24 22:11:00 +0200 2017", None)
    1508875860
    >>> seconds_of_words("3/4/2024", "mdy") - seconds_of_words("3/4/2024", "dmy")
    -2592000
    """
    if len(text) > _LONGEST:
        return None
    plain = _YEAR_LAST.sub(r"\1 \4 \2\3", _BLANKS.sub(" ", text).strip())
    try:
        return _basic(plain) or _written(plain, order)
    except (ValueError, OverflowError):
        return None


def _basic(text: str) -> int | None:
    match = _BASIC.fullmatch(text)
    if not match:
        return None
    numbers = [int(each or 0) for each in match.groups()[:6]]
    return _seconds(numbers[0], numbers[1], numbers[2], (numbers[3], numbers[4], numbers[5]), match[7])


def _written(text: str, order: str | None) -> int | None:
    clock, zone = (0, 0, 0), None
    match = _CLOCK.search(text)
    if match and _date(text[: match.start()], order):
        clock, zone = _clock(match), match[6] or match[5]
        text = text[: match.start()]
    found = _date(text, order)
    return None if found is None else _seconds(*found, clock, zone)


def _date(text: str, order: str | None) -> tuple[int, int, int] | None:
    """Year, month and day."""
    text = text.strip(" ,")
    if match := _EAST_ASIAN.match(text):
        return int(match[1]), int(match[2]), int(match[3])
    if match := _YEAR_MONTH.match(text) or _EAST_ASIAN_MONTH.match(text):
        return int(match[1]), int(match[2]), 1
    if match := _WEEK.match(text):
        day = date.fromisocalendar(int(match[1]), int(match[2]), int(match[3] or 1))
        return day.year, day.month, day.day
    if match := _MONTH_YEAR.match(text):
        return int(match[2]), int(match[1]), 1
    if match := _THREE.match(text):
        return _of_three(match, order)
    return _of_words(_WORDS.findall(text.casefold()))


def _of_three(match: re.Match[str], order: str | None) -> tuple[int, int, int] | None:
    first, mark, second, last = match[1], match[2], int(match[3]), match[4]
    if len(first) == 4:
        return (int(first), second, int(last)) if len(last) == 2 else None
    if len(first) == 3 or (mark != "." and order is None):
        return None
    day, month = (second, int(first)) if mark != "." and order == "mdy" else (int(first), second)
    return _year(last), month, day


def _of_words(words: list[str]) -> tuple[int, int, int] | None:
    """A date with one name of a month and one or two numbers; other words, such as of weekdays, are passed over."""
    months = [number for word in words if (number := _MONTH_OF.get(word))]
    numbers = [word for word in words if word.isdigit()]
    if len(months) == len(numbers) == 1 and len(words) == 2 and len(numbers[0]) == 4:
        return int(numbers[0]), months[0], 1
    if len(months) != 1 or len(numbers) != 2:
        return None
    years = [number for number in numbers if len(number) == 4]
    if len(years) > 1:
        return None
    year = years[0] if years else numbers[1]
    day = next(number for number in numbers if number is not year)
    return _year(year), months[0], int(day)


def _year(digits: str) -> int:
    if len(digits) > 2:
        return int(digits)
    return int(digits) + (1900 if int(digits) >= _PIVOT else 2000)


def _clock(match: re.Match[str]) -> tuple[int, int, int]:
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    half = (match[4] or "").lower()
    if half and not 1 <= hour <= 12:
        raise ValueError("no hour of a half-day")
    return (hour % 12 + 12 * (half == "p") if half else hour), minute, second


def _seconds(year: int, month: int, day: int, clock: tuple[int, int, int], zone: str | None) -> int:
    moment = datetime(year, month, day, *clock, tzinfo=_zone(zone))
    return int(moment.timestamp())


def _zone(zone: str | None) -> timezone:
    digits = (zone or "").replace(":", "")
    if not digits.startswith(("+", "-")):
        return UTC
    away = timedelta(hours=int(digits[1:3]), minutes=int(digits[3:5]))
    return timezone(-away if digits[0] == "-" else away)
