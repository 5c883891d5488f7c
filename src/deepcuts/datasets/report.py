"""The report of a reading of a public data set."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DatasetReport:
    """Report of a reading of a public data set.

    Parameters
    ----------
    n_rows
        Rows of plays read, good and bad.
    n_skipped
        Bad rows left out.
    remarks
        Further remarks, a sentence each.
    """

    n_rows: int
    n_skipped: int
    remarks: tuple[str, ...] = ()
