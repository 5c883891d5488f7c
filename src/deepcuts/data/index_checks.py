"""Checks of indexes that a caller gives: those of users, items or rows, from 0 on."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepcuts.array_types import IndexVector
from deepcuts.checks import kind_of, shown, whole_number
from deepcuts.errors import SettingsError


def checked_index(name: str, value: Any, n: int) -> int:
    """Take the index of one of n things.

    Raises
    ------
    SettingsError
        If it is no whole number from 0 to n − 1.
    """
    return whole_number(name, value, 0, n - 1)


def checked_indexes(name: str, values: Any, n: int) -> IndexVector:
    """Take indexes of some of n things.

    Raises
    ------
    SettingsError
        If they are no whole numbers from 0 to n − 1 in one row.
    """
    try:
        found = np.asarray(values)
    except (TypeError, ValueError) as error:  # rows of several lengths
        raise SettingsError(f"{name} is {kind_of(values)}. Pass whole numbers from 0 to {n - 1:,}.") from error
    if found.ndim != 1 or (found.size and found.dtype.kind not in "iu"):
        raise SettingsError(
            f"{name} is an array of {found.dtype} of the shape {found.shape}. Pass whole numbers from 0 to {n - 1:,} "
            "in one row."
        )
    outside = (found < 0) | (found >= n) if found.size else np.empty(0, bool)
    if outside.any():
        raise SettingsError(f"{name} has {shown(found[outside][0].item())}. Pass whole numbers from 0 to {n - 1:,}.")
    return found.astype(np.int64, copy=False)
