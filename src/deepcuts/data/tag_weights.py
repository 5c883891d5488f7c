"""Weights of tags and labels from a caller's table."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from deepcuts.array_types import DoubleVector
from deepcuts.checks import shown
from deepcuts.errors import DataError

_TAKEN = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_boolean, pa.types.is_null)


def take_weights(column: pa.ChunkedArray, items: pa.ChunkedArray, kind: str, missing: float = np.nan) -> DoubleVector:
    """Take a column of weights as float64, (n_rows,), finite and from 0 up.

    Parameters
    ----------
    column
        Numbers, (n_rows,).
    items
        Ids of the items that they are of, (n_rows,), for messages.
    kind
        What has the weights, for messages: "tag" or "label".
    missing
        What a missing weight counts as; NaN refuses it.

    Raises
    ------
    DataError
        If they are no numbers, or one is NaN, infinite or below 0.
    """
    if not any(is_taken(column.type) for is_taken in _TAKEN):
        raise DataError(
            f"Column 'weight' of the {kind}s holds {shown(str(column.type))[1:-1]}. Weights are numbers from 0 up."
        )
    weights: DoubleVector = pc.fill_null(column.cast(pa.float64(), safe=False), missing).to_numpy()
    if len(wrong := np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))):
        raise DataError(
            f"A {kind} of item {shown(items[int(wrong[0])].as_py())} has the weight {weights[wrong[0]]}. "
            "Weights are numbers from 0 up."
        )
    return weights
