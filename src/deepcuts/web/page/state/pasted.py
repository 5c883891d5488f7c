"""Names that a visitor typed or pasted: one, a list with commas or lines, or a table with plays."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from deepcuts.ingest.tabular.written_dates import seconds_of_words
from deepcuts.web.page.state.own_artists import add_artist
from deepcuts.web.page.state.visit import UnmatchedArtist, Visit

if TYPE_CHECKING:
    from deepcuts.history import Matcher

MOST_TEXT = 100_000  # characters of a text that is looked at
MOST_NAMES = 1_000
_MOST_UNMATCHED = 60  # of the artists that the catalogue does not have, as of exports
_LONGEST_JOIN = 5  # fields that one name may have been cut into: "Crosby, Stills, Nash & Young" has three
_BULLET = re.compile(r"^\s*(?:[-*•–]|\d{1,4}[.)])\s+")
_MARKS = re.compile(r"\s*[|、，；•]\s*|\s+[/·]\s+")  # lie between names, like commas
_WORDS = re.compile(r"\s*[/&+]\s*|\s+(?:and|und|et|y|e|og|och)\s+", re.IGNORECASE)  # lie within names as well
_TRACK = re.compile(r"\s+[-–—]\s+")  # between an artist and what they play
_REMARK = re.compile(r"^(.+?)\s+(?:\(([^()]*)\)|\[([^\[\]]*)\])$")  # behind a name: "(40 plays)", "[Live]"
_COUNT = re.compile(r"(\d[\d,. ]*)\s*(?:plays?|scrobbles?|listens?|times|x|×)", re.IGNORECASE)
_NUMBER = re.compile(r"^\d{1,9}(?:[.,]\d+)?$")
_MOMENT = (
    r"(?:\d{4}-\d\d?-\d\d?(?:[T ]\d\d?:\d\d(?::\d\d)?(?:\.\d+)?\s*(?:Z|[+-]\d\d:?\d\d)?)?"
    r"|\d\d?([./])\d\d?\1\d{2,4}|\d\d?:\d\d(?::\d\d)?|\d{10,13})"  # the last in seconds or less since 1970
)
_BEFORE = re.compile(rf"^[\[(]?{_MOMENT}[\])]?\s+(?=\S)")
_BEHIND = re.compile(rf"(?<=\S)\s+[\[(]?{_MOMENT}[\])]?$")
_HEADINGS = frozenset({"artist", "artists", "artist name", "name", "plays", "play count", "playcount", "count", "rank"})


class Named(NamedTuple):
    """A name of a text, and its plays where the text has them."""

    name: str
    plays: float | None


def names_in(text: str, is_known: Callable[[str], bool]) -> list[Named]:
    """Take a text apart into names, each once, `MOST_NAMES` at most.

    A line that is a name as a whole is one, commas or not; so are fields of a line that are a name together. A number
    beside a single name of a line is its plays. Marks of lists, dates and times, and a line of headings are left out.
    Of "artist - title" the artist is taken, where the catalogue has them and not the whole, and so is what stands
    before "(40 plays)" and other remarks in brackets.

    Parameters
    ----------
    text
        Lines; fields of a line lie between tabs, semicolons, commas or other marks, and may be quoted as in CSV; where
        the catalogue has all parts, also between words like "and".
    is_known
        Whether a name is one of the catalogue.
    """
    found: dict[str, Named] = {}
    lines = [line for line in text[:MOST_TEXT].splitlines() if line.strip()]
    for line in lines:
        for named in _names_of_line(_BULLET.sub("", line).strip(), is_known, is_table=len(lines) > 1):
            found.setdefault(named.name.casefold(), named)
            if len(found) == MOST_NAMES:
                return list(found.values())
    return list(found.values())


def take_names(visit: Visit, matcher: Matcher, text: str, plays: float) -> int:
    """Add the artists that a text names; those that the catalogue does not have are listed with ones that may be meant.

    Parameters
    ----------
    visit
        The visit.
    matcher
        Finder of artists in the catalogue.
    text
        What was typed or pasted. A single name may be unfinished, as in the search.
    plays
        Plays of each, where the text has none.

    Returns
    -------
    How many artists were found.

    Raises
    ------
    DataError
        If there are too many artists already.
    """
    named = names_in(text, matcher.has)
    if len(named) == 1 and named[0].plays is None:
        begun = matcher.search(named[0].name, 1)
        if begun.num_rows:
            add_artist(visit, begun["item_id"][0].as_py(), plays)
            return 1
    rows = matcher.match([one.name for one in named]).table.to_pylist()
    lost = []
    for one, row in zip(named, rows, strict=True):
        if row["item_id"] is not None:
            add_artist(visit, row["item_id"], plays if one.plays is None else one.plays)
        else:
            near = row["suggestions"] or ()
            lost.append(UnmatchedArtist(one.name, [(each["item_id"], each["name"]) for each in near]))
    known = {one.artist for one in visit.unmatched}
    new = [one for one in lost if one.artist not in known]
    visit.unmatched = [*new, *visit.unmatched][:_MOST_UNMATCHED]
    visit.n_unmatched += len(new)
    return len(named) - len(lost)


def _names_of_line(line: str, is_known: Callable[[str], bool], *, is_table: bool) -> Iterator[Named]:
    """Names of one line; numbers are plays, but for those that are names where there are no other lines."""
    artist, *rest = _TRACK.split(line)
    if rest and "," in artist and is_known(artist) and not is_known(line):
        yield Named(artist, _number(rest[0]) if _NUMBER.match(rest[0]) else None)
        return
    fields = [line] if _remarked(line, is_known) else _fields(line, is_known)  # a count may have commas
    fields = _without_moments(fields, is_known)
    parts = [part for field in fields for part in _parts(field, is_known)]
    fields = [field for field in parts if any(map(str.isalnum, field)) or is_known(field)]
    if all(field.casefold() in _HEADINGS for field in fields):
        return
    if len(fields) > 1 and is_known(line):
        yield Named(line, None)
        return
    if is_table and len(fields) == 2 and all(map(_NUMBER.match, fields)):
        names, numbers = fields[:1], [_number(fields[1])]  # a band like 311, and its plays
    else:
        names, numbers = _parted(fields, lambda field: not is_table and is_known(field))
    joined = list(_joined(names, is_known))
    counts = [number for number in numbers if number > 0]
    plays = counts[-1] if len(joined) == 1 and counts else None
    yield from (Named(name, plays) for name in joined)


def _fields(line: str, is_known: Callable[[str], bool]) -> list[str]:
    """Fields of a line; where it has tabs or semicolons, a field that is no name may have commas of its own."""
    delimiter = next((mark for mark in "\t;," if mark in line), ",")
    fields = [field.strip() for field in next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])]
    if delimiter == ",":
        return fields
    return [part for field in fields for part in ([field] if is_known(field) else _fields(field, is_known))]


def _without_moments(fields: list[str], is_known: Callable[[str], bool]) -> list[str]:
    """Fields without the dates and times that stand beside names, in fields of their own or within those of names."""
    left: list[str] = []
    for at, field in enumerate(fields):
        with_year = ", ".join(fields[at : at + 2])  # "Jan 1, 2024"
        with_day = ", ".join(fields[max(0, at - 1) : at + 1])
        if not is_known(field) and any(map(_is_moment, (field, with_year, with_day))):
            continue
        bare = _BEHIND.sub("", _BEFORE.sub("", field))
        left.append(bare if is_known(bare) and not is_known(field) else field)
    return left or fields


def _is_moment(text: str) -> bool:
    in_words = (seconds_of_words(text, order) is not None for order in ("dmy", "mdy"))
    return re.fullmatch(_MOMENT, text) is not None or any(in_words)


def _parts(field: str, is_known: Callable[[str], bool]) -> list[str]:
    """Names that a field may hold, though it has no delimiter of a table."""
    if is_known(field):
        return [field]
    if remarked := _remarked(field, is_known):
        return remarked
    several = [part for part in _MARKS.split(field) if part]
    if len(several) > 1:
        return [name for part in several for name in _parts(part, is_known)]
    together = _WORDS.split(field)
    if len(together) > 1 and all(map(is_known, together)):
        return together
    artist, *rest = _TRACK.split(field)
    if is_known(artist):
        return [artist, *filter(_NUMBER.match, rest)]  # a title says nothing, plays do
    return several


def _remarked(field: str, is_known: Callable[[str], bool]) -> list[str]:
    """Name before a remark in brackets, and the plays that it tells; nothing where it is no such name."""
    found = _REMARK.match(field)
    if found is None or is_known(field) or not is_known(found[1]):
        return []
    count = _COUNT.fullmatch((found[2] or found[3] or "").strip())
    return [found[1], *([re.sub(r"\D", "", count[1])] if count else [])]


def _parted(fields: list[str], is_name: Callable[[str], bool]) -> tuple[list[str], list[float]]:
    """Tell names from numbers; where all are numbers, they are names."""
    numbers = [field for field in fields if _NUMBER.match(field) and not is_name(field)]
    if len(numbers) == len(fields):
        return fields, []
    return [field for field in fields if field not in numbers], [_number(each) for each in numbers]


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def _joined(fields: list[str], is_known: Callable[[str], bool]) -> Iterator[str]:
    """Join fields that are a known name together, the most of them first."""
    start = 0
    while start < len(fields):
        ends = range(min(len(fields), start + _LONGEST_JOIN), start + 1, -1)
        end = next((end for end in ends if is_known(", ".join(fields[start:end]))), start + 1)
        yield ", ".join(fields[start:end])
        start = end
