"""Checks of settings and arguments from outside: numbers, truth values and choices.

Each takes NumPy's scalars as well as Python's own numbers, and returns one of Python's own, so that it can be saved.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from numbers import Integral, Real
from reprlib import Repr
from typing import Any, TypeVar, get_args

from deepcuts.errors import DeepcutsError, SettingsError
from deepcuts.wording import with_article

Kind = TypeVar("Kind")

MOST_SHOWN = 200
LARGEST = 2**63 - 1  # of NumPy's and the kernels' int64, also for seeds

_NUMPY_BOOLS = ("bool", "bool_")

_REPR = Repr()
_REPR.maxlevel, _REPR.maxlong = 4, 60
_REPR.maxlist = _REPR.maxtuple = _REPR.maxdict = _REPR.maxset = _REPR.maxfrozenset = _REPR.maxdeque = 20
_REPR.maxstring = _REPR.maxother = MOST_SHOWN


def shown(value: object, most: int = MOST_SHOWN) -> str:
    """Show a value in a message on one line: what `repr` gives, cut where it is long; of a table, its kind."""
    if hasattr(value, "__arrow_c_stream__"):
        return kind_of(value)
    try:
        text = " ".join(map(str.strip, _REPR.repr(value).splitlines()))
    except Exception:  # numbers of more than 4,300 digits; objects whose own __repr__ fails
        text = f"a value of the type {type(value).__name__}"
    return text if len(text) <= most else text[: most - 1] + "…"


def kind_of(value: object) -> str:
    """Name the type of a value in a message, with its article; None as it is."""
    return "None" if value is None else with_article(type(value).__name__)


def whole_number(name: str, value: object, least: int, most: int | None = None, advice: str | None = None) -> int:
    """Take a whole number.

    Parameters
    ----------
    name
        What it is called, for the message.
    value
        Any integer of Python or NumPy; no truth value.
    least, most
        Its range; None takes any number that an int64 holds.
    advice
        What the message says of the range, where the usual sentence does not do.

    Raises
    ------
    SettingsError
        If it is anything else.
    """
    if not isinstance(value, Integral) or _is_no_number(value):
        usual = f"It is a whole number{'' if most is not None else _from(least)}."
        raise SettingsError(f"{name} is {shown(value)}. {advice or usual}")
    if int(value) > LARGEST and most in (None, LARGEST):
        raise SettingsError(f"{name} is {shown(value)}. It is at most {LARGEST:,}, which 64 bits hold.")
    if not least <= int(value) <= (LARGEST if most is None else most):
        raise SettingsError(f"{name} is {shown(value)}. {advice or f'It {_range(least, most)}.'}")
    return int(value)


def real_number(
    name: str, value: object, least: float, most: float, advice: str | None = None, *, above: bool = False
) -> float:
    """Take a number, whole or not.

    Parameters
    ----------
    name
        What it is called, for the message.
    value
        Any finite number of Python or NumPy; no truth value.
    least, most
        Its range.
    advice
        What the message says of the range, where the usual sentence does not do.
    above
        Whether it has to be above `least`.

    Returns
    -------
    A float; where an int of Python was given, this int.

    Raises
    ------
    SettingsError
        If it is anything else.
    """
    number = _plain(value)
    if number is None or not least <= number <= most or (above and number == least):
        ends = f"is a number above {in_full(least)}{_up_to(most)}" if above else _range(least, most)
        raise SettingsError(f"{name} is {shown(value)}. {advice or f'It {ends}.'}")
    return number


def truth(name: str, value: object) -> bool:
    """Take True or False, of Python or NumPy.

    Raises
    ------
    SettingsError
        If it is anything else; texts such as "no" and numbers are refused as well.
    """
    if not (isinstance(value, bool) or _numpy_type(value) in _NUMPY_BOOLS):
        raise SettingsError(f"{name} is {shown(value)}. Give True or False.")
    return bool(value)


def seed_number(value: object, name: str = "seed", most: int = LARGEST) -> int:
    """Take a seed: a whole number from 0 to 2⁶³ − 1.

    Raises
    ------
    SettingsError
        If it is anything else.
    """
    return whole_number(name, value, 0, most)


def check_callbacks(**callbacks: object) -> None:
    """Refuse what cannot be called, before the work that it is to be told of.

    Raises
    ------
    SettingsError
        At the first one.
    """
    for name, value in callbacks.items():
        if not callable(value):
            raise SettingsError(f"{name} is {shown(value)}. Give a function, or leave it out.")


def check_ranges(settings: Any, **ranges: tuple[float, float]) -> None:
    """Take the numbers and truth values of a frozen settings dataclass, converted to Python's own.

    Parameters
    ----------
    settings
        The dataclass: fields of type int, float and bool are looked at.
    ranges
        For each field of a number, its range.

    Raises
    ------
    SettingsError
        At the first value of another type, or out of its range.
    """
    kinds = {field.name: field.type for field in fields(settings)}
    for name, (least, most) in ranges.items():
        value = getattr(settings, name)
        if kinds[name] in {"int", int}:
            value = whole_number(name, value, int(least), int(most))
        else:
            value = real_number(name, value, least, most)
        object.__setattr__(settings, name, value)
    for name, kind in kinds.items():
        if kind in {"bool", bool}:
            object.__setattr__(settings, name, truth(name, getattr(settings, name)))


def check_choices(settings: Any, **choices: Any) -> None:
    """Refuse values of a settings dataclass that their `Literal` does not list.

    Raises
    ------
    SettingsError
        At the first one.
    """
    for name, kind in choices.items():
        object.__setattr__(settings, name, choice(name, getattr(settings, name), get_args(kind)))


def choice(name: str, value: object, known: tuple[str, ...]) -> str:
    """Take one of some texts.

    Raises
    ------
    SettingsError
        If it is anything else.
    """
    if not isinstance(value, str) or value not in known:
        raise SettingsError(f"{name} is {shown(value)}. Pass {' or '.join(map(repr, known))}.")
    return str(value)


def instance(name: str, value: object, kind: type[Kind], advice: str) -> Kind:
    """Take an object of one class.

    Parameters
    ----------
    name
        What it is called, for the message.
    value
        Anything.
    kind
        The class.
    advice
        How to get one.

    Raises
    ------
    SettingsError
        If it is anything else.
    """
    if not isinstance(value, kind):
        raise SettingsError(f"{name} is {shown(value)}. {advice}")
    return value


def instances(name: str, values: Any, kind: type[Kind], advice: str) -> tuple[Kind, ...]:
    """Take some objects of one class; the parameters are those of `instance`.

    Raises
    ------
    SettingsError
        If they are anything else, such as one of them alone.
    """
    if not is_several(values):
        raise SettingsError(f"{name} is {shown(values)}. {advice}")
    return tuple(instance(name, value, kind, advice) for value in values)


@contextmanager
def naming(what: str, code: object, advice: str) -> Iterator[None]:
    """Name what a caller gave in whatever its code raises.

    Errors of deepcuts stay as they are, and so does all that its own code raises.

    Parameters
    ----------
    what
        What it is called, for the message.
    code
        The function, or the object whose method is called.
    advice
        What the message says of how it is called.

    Raises
    ------
    SettingsError
        In place of any other error of the code.
    """
    try:
        yield
    except (DeepcutsError, MemoryError):
        raise
    except Exception as error:
        module = getattr(code, "__module__", None) or type(code).__module__
        if module.partition(".")[0] == __name__.partition(".")[0]:
            raise
        raise SettingsError(f"{what} raised {type(error).__name__}: {error}. {advice}") from error


def is_several(value: object) -> bool:
    """Whether something can be gone through, and is neither text nor a mapping, nor a number of NumPy as an array."""
    is_one = isinstance(value, str | bytes | Mapping) or getattr(value, "ndim", 1) == 0
    return isinstance(value, Iterable) and not is_one


def texts(name: str, values: Any) -> tuple[str, ...]:
    """Take some texts.

    Raises
    ------
    SettingsError
        If it is anything else, such as one text alone.
    """
    return instances(name, values, str, "Give a list of texts, even of a single one.")


def _plain(value: object) -> float | None:
    """A finite number as Python's own; None for anything else."""
    if not isinstance(value, Real) or _is_no_number(value):
        return None
    try:
        is_finite = math.isfinite(float(value))
    except (OverflowError, ValueError):  # a whole number beyond the range of floats
        return None
    if not is_finite:
        return None
    return int(value) if isinstance(value, Integral) else float(value)


def _is_no_number(value: object) -> bool:
    """Whether Python or NumPy counts a value that is no number among the numbers: truth values and durations."""
    return isinstance(value, bool) or _numpy_type(value) in (*_NUMPY_BOOLS, "timedelta64")


def in_full(number: float) -> str:
    """Write a number as short as it goes without another one being meant: 0.5, 1e+06, 1,048,576."""
    short = f"{number:g}"
    return short if float(short) == number else f"{number:,}"


def _from(least: float) -> str:
    return f" from {least} up"


def _range(least: float, most: float | None) -> str:
    return f"is a whole number{_from(least)}" if most is None else f"lies between {in_full(least)} and {in_full(most)}"


def _up_to(most: float) -> str:
    return "" if math.isinf(most) else f", up to {in_full(most)}"


def _numpy_type(value: object) -> str:
    """Name of the type of a NumPy scalar, else an empty one; without NumPy, whose import would slow the help."""
    kind = type(value)
    return kind.__name__ if kind.__module__ == "numpy" else ""
