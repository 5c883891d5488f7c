"""What happened while a public data set was read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DatasetReport:
    """What happened while a public data set was read.

    Parameters
    ----------
    n_rows
        Rows of plays read, good and bad.
    n_skipped
        Bad rows left out.
    remarks
        What else there is to say, a sentence each.
    """

    n_rows: int
    n_skipped: int
    remarks: tuple[str, ...] = ()
