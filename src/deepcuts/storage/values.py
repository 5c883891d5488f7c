"""Checks of what a file says: numbers within bounds, rows that ascend, JSON values of the right types.

A checksum tells that a file is as it was written, not that its writer was honest. So nothing that is read is used
before it has passed here; large arrays are read once, a few megabytes at a time, without a copy.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, fields
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np

from deepcuts.array_types import AnyArray
from deepcuts.errors import FileFormatError
from deepcuts.storage.names import StrPath

Record = TypeVar("Record")

LARGEST_COUNT = 1 << 53  # beyond, float64 skips whole numbers
LARGEST_FLOAT = float(np.finfo(np.float32).max)
SMALLEST_FLOAT = float(np.finfo(np.float32).smallest_subnormal)

_BLOCK = 1 << 18  # numbers at a time, which stay in the cache between two looks at them


def inconsistent(path: StrPath, reason: str) -> FileFormatError:
    """Make the error of a file that contradicts itself; `reason` is a clause that begins with "its" or "it"."""
    return FileFormatError(f"{path} is inconsistent: {reason}. Write it again, from data that you trust.")


def check_between(path: StrPath, name: str, array: AnyArray, least: float, most: float) -> None:
    """Refuse an array that has a number outside `least` to `most`; NaN is outside of any bounds.

    Raises
    ------
    FileFormatError
        If there is one; the message names it.
    """
    flat = array.reshape(-1)
    with np.errstate(invalid="ignore"):
        for start in range(0, len(flat), _BLOCK):
            block = flat[start : start + _BLOCK]
            low, high = block.min(), block.max()  # NaN where there is one
            if not (least <= low and high <= most):
                found = block[np.flatnonzero(~((block >= least) & (block <= most)))[0]]
                bounds = f"{least:.6g} to {most:.6g}"
                raise inconsistent(path, f"its array {name!r} has the value {found:.6g}, outside {bounds}")


def read_record(kind: type[Record], values: object, path: StrPath, name: str) -> Record:
    """Make a dataclass of a JSON object; a missing value has its default, for files of versions without it.

    Parameters
    ----------
    kind
        The dataclass. Its fields are of type int, float, bool, None, a `Literal` of strings, or a union of these.
    values
        What the file has.
    path, name
        The file, and what the object is called there.

    Raises
    ------
    FileFormatError
        If it is no object, has a field too many or too few, or a value of another type.
    """
    if not isinstance(values, dict):
        raise inconsistent(path, f"its {name} is not a JSON object")
    types = get_type_hints(kind)
    unknown = values.keys() - types.keys()
    if unknown:
        raise inconsistent(path, f"its {name} has a field {min(unknown)[:50]!r} that is not known")
    optional = {field.name for field in fields(kind) if field.default is not MISSING}  # type: ignore[arg-type]
    missing = types.keys() - values.keys() - optional
    if missing:
        raise inconsistent(path, f"its {name} has no {min(missing)}")
    return kind(**{key: typed(types[key], value, path, f"{name}.{key}") for key, value in values.items()})


def typed(kind: Any, value: object, path: StrPath, name: str) -> Any:
    """Take a JSON value of a type: int below 2^63, float (finite; from whole numbers too), bool, a choice, a union.

    Raises
    ------
    FileFormatError
        If it is anything else.
    """
    kinds = get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
    for one in kinds:
        if _is_of(one, value):
            return float(value) if one is float else value  # type: ignore[arg-type]
    wanted = " or ".join(_WORDS[one] if one in _WORDS else " or ".join(map(repr, get_args(one))) for one in kinds)
    raise inconsistent(path, f"its {name} is {_shown(value)}, not {wanted}")


def _is_of(kind: Any, value: object) -> bool:
    """Whether a JSON value is of a type that is no union."""
    whole = type(value) is int and -(1 << 63) <= value < 1 << 63
    if kind is float:
        return whole or (type(value) is float and math.isfinite(value))
    if kind is NoneType:
        return value is None
    return whole if kind is int else type(value) is bool if kind is bool else value in get_args(kind)


_WORDS: Mapping[type, str] = {
    int: "a whole number below 2^63",
    float: "a finite number",
    bool: "true or false",
    NoneType: "null",
}


def check_number(path: StrPath, name: str, value: float, least: float, most: float) -> None:
    """Refuse a number outside `least` to `most`.

    Raises
    ------
    FileFormatError
        If it is outside.
    """
    if not least <= value <= most:
        raise inconsistent(path, f"its {name} is {_shown(value)}, outside {least:.6g} to {most:.6g}")


def _shown(value: object) -> str:
    """A JSON value for a message: cut where it is long."""
    if type(value) is int and abs(value) >= 1 << 63:
        return f"a whole number of {value.bit_length():,} bits"
    if isinstance(value, (list, dict)):
        return "a list" if isinstance(value, list) else "an object"
    shown = repr(value)
    return shown if len(shown) <= 50 else shown[:50] + "…"
