"""How a column writes its numbers: which mark groups thousands, and which one begins the fraction.

A number with one mark before three digits, such as 12.345, can be read in two ways. Which one is meant is found over
the whole column, from the shapes of its numbers: what differs in digits only has one shape, so that a column of any
length has few. A word that stands after every number of a column, as in "12 plays", is its unit, and left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from deepcuts.errors import DataError
from deepcuts.ingest.tabular.database import quoted

MARKS = ".,"  # each of them groups thousands in some countries and begins the fraction in others
_GROUPING_ONLY = "'’\u00a0\u202f\u2009 "
_WAYS_OUT = 'Say which with decimal="." or "," (--decimal).'

# Zeros of other scripts, each followed by its nine other digits: Arabic, Persian, Indic, Thai and so on, full width.
_ZEROS = "٠۰߀०০੦૦୦௦౦೦൦๐໐༠၀០᠐０"
_ODD = "".join(chr(ord(zero) + digit) for zero in _ZEROS for digit in range(10)) + "٬，．"
_PLAIN = "0123456789" * len(_ZEROS) + "',."

_NUMBER = re.compile(rf"[+-]?\d[\d.,{_GROUPING_ONLY}]*([eE][+-]?\d+)?|[.,]\d+")
_WITH_UNIT = re.compile(rf"([+-]?\d[\d.,{_GROUPING_ONLY}]*?)\s*([^\W\d_][^\s\d.,;:/()%-]+\.?|[x×回次])")
_STEM = 3  # letters in which the one and the many of a word agree: play and plays, Wiedergabe and Wiedergaben
# Units of something else than plays, and words that multiply the number before them; by their first letters.
_NO_COUNTS = tuple(
    """
    min|minut|мин|std|stun|hour|hr|heur|hora|ore|uur|час|sec|sek|segu|сек|ms|mill|mio|mln|mrd|mld|bill|tsd|thou|taus|mil|
    тыс|млн|day|tag|jour|día|dia|giorn|dag|dni|week|woch|sem|month|mona|mois|mes|year|jahr|ann|an|год|лет|kb|mb|gb|
    byte|star|point|punk|song|trac|titl|titel|alb|list|hör|audi|oyen|ouvi|asco|foll|fan|like|perc|proz|rank|place|platz
    """.replace("\n", "")
    .replace(" ", "")
    .split("|")
)


@dataclass(frozen=True)
class NumberForm:
    """How numbers are written.

    Parameters
    ----------
    decimal
        The mark that begins the fraction.
    grouped
        Whether the other one of "." and "," groups thousands.
    unit
        The first letters of the word that stands after every number, in lower case; "" where none does.
    """

    decimal: str = "."
    grouped: bool = False
    unit: str = ""

    @property
    def group(self) -> str:
        """The mark that may group thousands."""
        return "," if self.decimal == "." else "."


PLAIN = NumberForm()
_NUMBER_AND_UNIT = r"(?i)^([+-]?\d.*?)[\s\x{{00a0}}\x{{202f}}]*{}[^\s\d]*$"


def plain_digits(text: str) -> str:
    """SQL of a text with the digits of other scripts, and the marks between them, as those of ASCII."""
    return f"""CASE WHEN strlen({text}) = length({text}) THEN {text}
                    ELSE translate({text}, {quoted(_ODD)}, {quoted(_PLAIN)}) END"""


def are_mostly_numbers(cells: Sequence[str]) -> bool:
    """Whether more than half of some cells are numbers, or numbers with one unit."""
    _, numbers = _without_unit([cell.translate(_TO_PLAIN) for cell in cells])
    return 2 * sum(bool(_NUMBER.fullmatch(number)) for number in numbers) > len(cells)


_TO_PLAIN = str.maketrans(_ODD, _PLAIN)


def number_shape(text: str) -> str:
    """SQL of the shape of a number as text: each digit a 9, but a 0 at the beginning stays."""
    return rf"""CASE WHEN regexp_full_match({text}, '[1-9]\d{{0,2}}') THEN '9'
                     WHEN regexp_full_match({text}, '[1-9]\d+') THEN '9999'
                     ELSE CASE WHEN regexp_matches({text}, '^[+-]?0') THEN '0'
                               ELSE regexp_replace(left({text}, 1), '\d', '9') END
                          || regexp_replace(substring({text}, 2, 40), '\d', '9', 'g') END"""


def form_of_numbers(shapes: Iterable[str], where: str, decimal: str | None = None) -> NumberForm:
    """How a column writes its numbers.

    Parameters
    ----------
    shapes
        Its numbers, or their shapes.
    where
        What the numbers are, for messages.
    decimal
        The mark of fractions, where somebody said it.

    Raises
    ------
    DataError
        If the numbers can be read in two ways, and nothing says which.
    """
    unit, numbers = _without_unit([shape.strip() for shape in shapes if shape])
    each = list(map(_without_groups, numbers))
    found = {mark: _evidence(each, mark) for mark in MARKS}
    if decimal is not None:
        return NumberForm(decimal, grouped=True, unit=unit)
    decimals = [mark for mark in MARKS if found[mark].fraction]
    groups = [mark for mark in MARKS if found[mark].groups]
    doubtful = [mark for mark in MARKS if found[mark].either and mark not in decimals and mark not in groups]
    if len(decimals) > 1 or set(decimals) & set(groups) or len(groups) > 1:
        raise DataError(f"{where}: some numbers have a fraction where others have groups of thousands. {_WAYS_OUT}")
    if len(doubtful) > 1:
        raise DataError(f"{where}: numbers such as 1.234 and 1,234 stand side by side. {_WAYS_OUT}")
    if doubtful and (any(_is_long(shape) for shape in each) and not decimals):
        mark = doubtful[0]
        raise DataError(
            f"{where}: numbers such as 12{mark}345 may be thousands or fractions, as others of four digits and more "
            f"have no mark. {_WAYS_OUT}"
        )
    grouping = groups or doubtful
    if grouping:
        other = "," if grouping[0] == "." else "."
        return NumberForm(other, grouped=True, unit=unit)
    return NumberForm(decimals[0] if decimals else ".", unit=unit)


def _without_unit(cells: Sequence[str]) -> tuple[str, list[str]]:
    """The unit of some numbers, and these without it; "" and the same where they have none, or not all the same."""
    found = [_WITH_UNIT.fullmatch(cell) for cell in cells if any(map(str.isdigit, cell))]
    stems = {match[2].lower()[:_STEM] if match else "" for match in found}
    unit = stems.pop() if len(stems) == 1 else ""
    if not unit or any(match and match[2].lower().startswith(_NO_COUNTS) for match in found):
        return "", list(cells)
    return unit, [match[1] for match in found if match]


def number_sql(text: str, form: NumberForm = PLAIN) -> str:
    """SQL of the number that a text without blanks around it writes in a form; null where it is none."""
    if form.unit:
        text = f"regexp_extract({text}, {quoted(_NUMBER_AND_UNIT.format(re.escape(form.unit)))}, 1)"
    decimal, group = rf"\{form.decimal}", rf"\{form.group}"
    alone = f"[{_GROUPING_ONLY.replace(chr(39), chr(39) * 2)}]"
    marks = f"({alone}|{group})" if form.grouped else alone
    is_grouped = rf"regexp_full_match({text}, '[+-]?\d{{1,3}}({marks}\d{{2,3}})*{marks}\d{{3}}({decimal}\d+)?')"
    digits = rf"CASE WHEN {is_grouped} THEN regexp_replace({text}, '{marks}', '', 'g') ELSE {text} END"
    plain = digits if form.decimal == "." else f"replace({_without_point(digits, form)}, '{form.decimal}', '.')"
    first = f"TRY_CAST({text} AS DOUBLE), " if form.decimal == "." and not form.grouped else ""
    return f"coalesce({first}TRY_CAST({plain} AS DOUBLE))"


def _without_point(digits: str, form: NumberForm) -> str:
    """SQL of digits, null where a point is left among them that neither groups nor begins a fraction."""
    return f"CASE WHEN NOT contains({digits}, '{form.group}') THEN {digits} END"


@dataclass(frozen=True)
class _Evidence:
    fraction: bool
    groups: bool
    either: bool


def _without_groups(text: str) -> str:
    """A number without marks that can only group thousands, where they stand as such."""
    marks = re.escape(_GROUPING_ONLY)
    grouped = re.fullmatch(rf"([+-]?\d{{1,3}}(?:[{marks}]\d{{3}})+)([.,]\d+)?", text)
    return re.sub(rf"[{marks}]", "", grouped[1]) + (grouped[2] or "") if grouped else text


def _evidence(texts: Iterable[str], mark: str) -> _Evidence:
    """Whether some numbers show that a mark begins fractions, that it groups thousands, or may do either."""
    fraction = groups = either = False
    other = "," if mark == "." else "."
    esc, esc_other = re.escape(mark), re.escape(other)
    for text in texts:
        number = text.lstrip("+-")
        if re.fullmatch(rf"[1-9]\d{{0,2}}{esc}\d{{3}}", number):
            either = True
        elif re.fullmatch(rf"[1-9]\d{{0,2}}({esc}\d{{2,3}})*{esc}\d{{3}}({esc_other}\d+)?", number):
            groups = True
        elif re.fullmatch(rf"\d*{esc}\d+([eE][+-]?\d+)?|\d+{esc}|\d{{1,3}}({esc_other}\d{{3}})+{esc}\d+", number):
            fraction = True
    return _Evidence(fraction, groups, either)


def _is_long(text: str) -> bool:
    """Whether a number of four digits or more has no mark among them."""
    return re.match(r"[+-]?[1-9]\d{3,}", text) is not None
