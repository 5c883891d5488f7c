"""Values that are equal where what is in them is."""

from __future__ import annotations

from collections.abc import Sized
from dataclasses import fields
from typing import Any

import numpy as np
import pyarrow as pa
from scipy import sparse


class EqualByContent:
    """Has values of a frozen dataclass be equal where all of their fields are, arrays by their types and entries."""

    def __eq__(self, other: object) -> bool:
        """Whether the other is of the same type and has the same content."""
        if type(self) is not type(other):
            return NotImplemented
        names = [field.name for field in fields(self)]  # type: ignore[arg-type]
        return self is other or all(_are_same(getattr(self, name), getattr(other, name)) for name in names)

    def __hash__(self) -> int:
        sizes = [getattr(self, field.name) for field in fields(self)]  # type: ignore[arg-type]
        return hash((type(self).__name__, *(len(each) for each in sizes if isinstance(each, Sized))))


def _are_same(one: Any, other: Any) -> bool:
    if one is other or type(one) is not type(other):
        return one is other
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other)
    if isinstance(one, pa.Array):
        return bool(one.equals(other))
    if sparse.issparse(one):
        return one.shape == other.shape and all(
            _are_same(getattr(one, part), getattr(other, part)) for part in ("indptr", "indices", "data")
        )
    return bool(one == other)
