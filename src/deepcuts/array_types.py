"""Types of arrays that say their dtype and their number of dimensions; what the axes are, docstrings say.

For a type checker every one of them is a NumPy array. The tests call the library with a check of each argument, result
and field that has one of these types (``tests/array_checks.py``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

import numpy as np


@dataclass(frozen=True)
class ArrayForm:
    """What an array must be.

    Parameters
    ----------
    dtypes
        Names of the dtypes it may have; "number" stands for any integer, floating-point or boolean one.
    n_dimensions
        Number of its dimensions; None allows any.
    """

    dtypes: tuple[str, ...]
    n_dimensions: int | None

    def allows(self, array: np.ndarray) -> bool:
        """Whether an array has this form."""
        is_number = array.dtype.kind in "biuf" and "number" in self.dtypes
        has_dimensions = self.n_dimensions is None or array.ndim == self.n_dimensions
        return has_dimensions and (is_number or array.dtype.name in self.dtypes)


def freeze(values: Iterable[object]) -> None:
    """Make those of some values that are arrays read-only, without a copy: their giver cannot write to them either."""
    for value in values:
        if isinstance(value, np.ndarray):
            value.flags.writeable = False


class ReadOnlyCopies:
    """Makes the arrays of a dataclass read-only in a copy and after pickling as well: NumPy copies are writable."""

    def __setstate__(self, state: dict[str, object]) -> None:
        vars(self).update(state)
        self.__post_init__()

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        freeze(vars(self).values())


Indptr = Annotated[np.ndarray, ArrayForm(("int64",), 1)]  # (n_rows + 1,): row i is the entries indptr[i]:indptr[i + 1]
Indices = Annotated[np.ndarray, ArrayForm(("int32",), 1)]  # (n_entries,): users, items or rows that entries refer to
IndexVector = Annotated[np.ndarray, ArrayForm(("int64", "int32"), 1)]  # indexes of users, items, rows or entries
CountVector = Annotated[np.ndarray, ArrayForm(("int64",), 1)]  # how many of something
PersonaVector = Annotated[np.ndarray, ArrayForm(("int8",), 1)]  # numbers of personas within their user, 0 the largest
PersonaMatrix = Annotated[np.ndarray, ArrayForm(("int8",), 2)]
MarkVector = Annotated[np.ndarray, ArrayForm(("uint8",), 1)]  # sums of flags
IndexMatrix = Annotated[np.ndarray, ArrayForm(("int32",), 2)]  # one row per list; -1 where nothing is
BoolVector = Annotated[np.ndarray, ArrayForm(("bool",), 1)]
BoolMatrix = Annotated[np.ndarray, ArrayForm(("bool",), 2)]
FloatVector = Annotated[np.ndarray, ArrayForm(("float32",), 1)]
FloatMatrix = Annotated[np.ndarray, ArrayForm(("float32",), 2)]
DoubleVector = Annotated[np.ndarray, ArrayForm(("float64",), 1)]
DoubleMatrix = Annotated[np.ndarray, ArrayForm(("float64",), 2)]
NumberVector = Annotated[np.ndarray, ArrayForm(("number",), 1)]  # integers, floating-point numbers or truth values
NumberMatrix = Annotated[np.ndarray, ArrayForm(("number",), 2)]
AnyArray = Annotated[np.ndarray, ArrayForm(("number", "complex64"), None)]
