"""How a column writes its numbers: which mark groups thousands, and which one begins the fraction.

A number with one mark before three digits, such as 12.345, can be read in two ways. Which one is meant is found over
the whole column, from the shapes of its numbers: what differs in digits only has one shape, so that a column of any
length has few.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from deepcuts.errors import DataError

MARKS = ".,"  # each of them groups thousands in some countries and begins the fraction in others
_GROUPING_ONLY = "'’\u00a0\u202f\u2009 "
_WAYS_OUT = 'Say which with decimal="." or "," (--decimal).'


@dataclass(frozen=True)
class NumberForm:
    """How numbers are written.

    Parameters
    ----------
    decimal
        The mark that begins the fraction.
    grouped
        Whether the other one of "." and "," groups thousands.
    """

    decimal: str = "."
    grouped: bool = False

    @property
    def group(self) -> str:
        """The mark that may group thousands."""
        return "," if self.decimal == "." else "."


PLAIN = NumberForm()


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
    each = [_without_groups(shape.strip()) for shape in shapes if shape]
    found = {mark: _evidence(each, mark) for mark in MARKS}
    if decimal is not None:
        return NumberForm(decimal, grouped=True)
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
        return NumberForm(other, grouped=True)
    return NumberForm(decimals[0]) if decimals else PLAIN


def number_sql(text: str, form: NumberForm = PLAIN) -> str:
    """SQL of the number that a text without blanks around it writes in a form; null where it is none."""
    decimal, group = rf"\{form.decimal}", rf"\{form.group}"
    alone = f"[{_GROUPING_ONLY.replace(chr(39), chr(39) * 2)}]"
    marks = f"({alone}|{group})" if form.grouped else alone
    is_grouped = rf"regexp_full_match({text}, '[+-]?\d{{1,3}}({marks}\d{{2,3}})*{marks}\d{{3}}({decimal}\d+)?')"
    digits = rf"CASE WHEN {is_grouped} THEN regexp_replace({text}, '{marks}', '', 'g') ELSE {text} END"
    plain = digits if form.decimal == "." else f"replace({_without_point(digits, form)}, '{form.decimal}', '.')"
    return f"coalesce({f'TRY_CAST({text} AS DOUBLE), ' if form == PLAIN else ''}TRY_CAST({plain} AS DOUBLE))"


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
