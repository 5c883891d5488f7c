"""Checks of rows in flat arrays that were read from a file."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from deepcuts.array_types import BoolVector, Indices, Indptr
from deepcuts.data.csr import divides
from deepcuts.storage import StrPath, values
from deepcuts.wording import counted

_BLOCK = 1 << 18  # entries at a time, which stay in the cache between two looks at them


def check_rows(path: StrPath, name: str, indptr: Indptr, indices: Indices, n_columns: int) -> None:
    """Refuse rows that do not divide their entries, or whose column indexes do not ascend within 0 to n_columns − 1.

    Parameters
    ----------
    path, name
        The file and the name of `indices` there; that of `indptr` is taken to be alike.
    indptr
        int64, (n_rows + 1,).
    indices
        int32, (n_entries,).
    n_columns
        Number of columns.

    Raises
    ------
    FileFormatError
        At the first of these.
    """
    n_entries = len(indices)
    if not divides(indptr, n_entries):
        indptr_name = name.replace("indices", "indptr")
        raise values.inconsistent(
            path,
            f"its array {indptr_name!r} does not divide {counted(n_entries, 'entry', 'entries')} "
            f"among {counted(len(indptr) - 1, 'row')}",
        )
    if n_entries and not n_columns:
        raise values.inconsistent(path, f"its array {name!r} has indexes, but there is nothing that they count")
    values.check_between(path, name, indices, 0, n_columns - 1)
    for start, ascends in _ascents(indptr, indices):
        if not ascends.all():
            entry = start + int(np.flatnonzero(~ascends)[0])
            row = int(np.searchsorted(indptr, entry, side="right")) - 1
            before, after = indices[entry - 1 : entry + 1]
            raise values.inconsistent(
                path, f"its array {name!r} has {after} after {before} in row {row:,} and must ascend"
            )


def _ascents(indptr: Indptr, indices: Indices) -> Iterator[tuple[int, BoolVector]]:
    """Yield, a block of entries at a time, where it starts and whether each entry begins a row or is above the last."""
    for start in range(1, len(indices), _BLOCK):
        block = indices[start : start + _BLOCK]
        ascends = block > indices[start - 1 : start - 1 + len(block)]
        first, last = np.searchsorted(indptr, [start, start + len(block)])
        ascends[indptr[first:last] - start] = True  # the first entry of a row follows none
        yield start, ascends
