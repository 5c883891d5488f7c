"""Tables as DataFrames of pandas, which is no requirement of this package."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from deepcuts.errors import MissingExtraError


def as_frame(table: pa.Table, *index: str) -> Any:
    """Return a table as a DataFrame with some of its columns as the index.

    Raises
    ------
    MissingExtraError
        If pandas is not installed.
    """
    try:
        frame = table.to_pandas()
    except ImportError as error:
        raise MissingExtraError("pandas is not installed. Run: pip install pandas") from error
    return frame.set_index(list(index) if len(index) > 1 else index[0])
