"""Columns of Arrow tables from indexes, with text beyond the 2 GiB that one Arrow array holds."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pyarrow as pa

from deepcuts.array_types import AnyArray, CountVector, IndexVector
from deepcuts.checks import kind_of

_CHUNK_BYTES = 1 << 30
_COMPUTING = ("toArrow", "collect", "compute")  # of tables of Spark, polars and Dask that are still to be computed


@runtime_checkable
class ArrowTable(Protocol):
    """Anything with the Arrow PyCapsule interface: tables of pandas, polars and pyarrow, relations of DuckDB."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Return a capsule that holds an Arrow C stream."""


def call_for_rows(given: Any) -> str | None:
    """Name the method that makes the rows of a table that is still to be computed; None of anything else."""
    has_rows = hasattr(given, "__arrow_c_stream__")
    return None if has_rows else next((call for call in _COMPUTING if hasattr(given, call)), None)


def advice_for_column(given: Any) -> str | None:
    """Say how a single column, such as counts by user and item of pandas, becomes a table; None of anything else."""
    if not hasattr(given, "to_frame") or hasattr(given, "columns") or hasattr(given, "levels"):
        return None
    how = "reset_index(name='plays')" if hasattr(given, "reset_index") else "to_frame()"
    return f"one column, without those of users and items. Pass the table that plays.{how} makes, if it has them."


def what_came(given: Any) -> str:
    """Say what came in place of a table, for a message."""
    call = call_for_rows(given)
    return kind_of(given) + (f", whose rows {call}() makes" if call else "")


def as_arrow(values: AnyArray) -> pa.Array:
    """View contiguous numbers as an Arrow array; `pyarrow.array` would import pandas before, which takes long."""
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), [None, pa.py_buffer(values)])


def take_text(texts: pa.StringArray, indexes: IndexVector) -> pa.ChunkedArray:
    """Return the texts at `indexes`, however often each is wanted.

    Parameters
    ----------
    texts
        Arrow strings.
    indexes
        int, (n,), from 0 to the number of texts - 1.

    Returns
    -------
    Arrow strings, as many as indexes, in chunks of 1 GiB at most, or of one text that is longer.
    """
    indexes = np.ascontiguousarray(indexes)
    cuts = _cuts(_lengths(texts, indexes))
    parts = [texts.take(as_arrow(indexes[start:stop])) for start, stop in pairwise(cuts)]
    return pa.chunked_array(parts, pa.string())


def take_rows(table: pa.Table, indexes: IndexVector) -> pa.Table:
    """Return the rows of a table at `indexes`; Arrow's own `take` puts all text of a column together."""
    columns = [_take_values(column, indexes) for column in table.columns]
    return pa.table(columns, table.column_names)


def encoded(column: pa.ChunkedArray) -> tuple[pa.StringArray, IndexVector]:
    """Different texts of a column, and which of them each row holds, int32; what is missing counts as one."""
    is_encoded = pa.types.is_dictionary(column.type)
    chunks = (column.unify_dictionaries() if is_encoded else column.dictionary_encode("encode")).chunks
    texts = chunks[0].dictionary if chunks else pa.array([], pa.string())  # all chunks have that of the column
    codes = [chunk.indices.to_numpy() for chunk in chunks]
    return texts, np.concatenate([*codes, np.empty(0, np.int32)])


def _take_values(column: pa.ChunkedArray, indexes: IndexVector) -> pa.ChunkedArray:
    if column.type != pa.string():
        return column.take(as_arrow(indexes))
    texts, codes = encoded(column)
    return take_text(texts, codes[indexes])


def _lengths(texts: pa.StringArray, indexes: IndexVector) -> CountVector:
    """Bytes of the texts at `indexes`, int64."""
    if not len(texts):
        return np.zeros(len(indexes), np.int64)
    offsets = np.frombuffer(texts.buffers()[1], np.int32, len(texts) + 1, 4 * texts.offset)
    lengths: CountVector = offsets[1:][indexes].astype(np.int64) - offsets[:-1][indexes]
    return lengths


def _cuts(lengths: CountVector) -> list[int]:
    """Where chunks of texts of these lengths begin, and the end of the last one."""
    ends = np.cumsum(lengths)
    cuts = [0]
    while cuts[-1] < len(lengths):
        before = int(ends[cuts[-1] - 1]) if cuts[-1] else 0
        fitting = int(np.searchsorted(ends, before + _CHUNK_BYTES, "right"))
        cuts.append(max(fitting, cuts[-1] + 1))
    return cuts
