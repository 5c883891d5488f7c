"""Bad rows: an error that shows the first of them, or a file that lists them all."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import duckdb

from deepcuts.errors import DataError
from deepcuts.ingest.aggregation import RowCounts
from deepcuts.ingest.tabular.database import quoted
from deepcuts.ingest.tabular.options import IngestReport, ReadOptions
from deepcuts.ingest.tabular.rules import ROLES, bad_rows
from deepcuts.ingest.tabular.scan import Scan
from deepcuts.storage import replacing
from deepcuts.wording import counted

logger = logging.getLogger(__name__)

_ORDER = "ORDER BY scan, file, row"


def handle_bad_rows(
    connection: duckdb.DuckDBPyConnection, scans: Sequence[Scan], counts: RowCounts, options: ReadOptions
) -> IngestReport:
    """Refuse the bad rows, or list them and go on without them.

    Raises
    ------
    DataError
        If there are any and they are not to be skipped, or if there are no others.
    OutputError
        If the list cannot be written.
    """
    if not counts.n_bad:
        return IngestReport(counts.n_rows, 0, {}, None)
    _collect(connection, scans)
    first, few = _first(connection), f"{counts.n_bad:,} of {counted(counts.n_rows, 'row')}"
    refuse_bad_rows(counts, first, options)
    reasons = dict(connection.execute("SELECT reason, count(*) FROM bad_rows GROUP BY 1 ORDER BY 2 DESC, 1").fetchall())
    _write(connection, options)
    logger.warning("Left out %s that cannot be used. %s.", few, first)
    return IngestReport(counts.n_rows, counts.n_bad, reasons, options.bad_rows)


def refuse_bad_rows(counts: RowCounts, found: str, options: ReadOptions) -> None:
    """Refuse rows of which some are bad, unless these are to be skipped and there are others.

    Parameters
    ----------
    counts
        How many there are, and how many of them are bad.
    found
        What was found, for the message.
    options
        Whether bad ones are to be skipped.

    Raises
    ------
    DataError
        With how many are bad.
    """
    if counts.n_bad and options.on_bad_rows == "error":
        raise DataError(
            f"{found}. In all, {counts.n_bad:,} of {counted(counts.n_rows, 'row')} cannot be used. Correct them, or "
            'leave them out with on_bad_rows="skip" (--on-bad-rows skip on the command line).'
        )
    if counts.n_bad and counts.n_bad == counts.n_rows:
        raise DataError(f"None of {counted(counts.n_rows, 'row')} can be used. {found}.")


def _collect(connection: duckdb.DuckDBPyConnection, scans: Sequence[Scan]) -> None:
    """Make the table `bad_rows` of the bad rows of all scans."""
    each = (f"SELECT {n} AS scan, '{scan.unit}' AS unit, * FROM ({bad_rows(scan)})" for n, scan in enumerate(scans))
    connection.execute(f"CREATE TEMP TABLE bad_rows AS {' UNION ALL '.join(each)}")


def _first(connection: duckdb.DuckDBPyConnection) -> str:
    """Where the first bad row is, why it is bad and what it holds."""
    found = connection.execute(f"SELECT * EXCLUDE (scan) FROM bad_rows {_ORDER} LIMIT 1").fetchall()[0]
    unit, file, row, reason, *texts, line = found
    cells = dict(zip(ROLES, texts, strict=True))
    # The reasons of `tabular.rules` begin with the name of the cell, those about a whole line with "line".
    value = cells.get(reason.partition(" ")[0], line)
    return f"{file}, {unit} {row:,}: {reason}" + ("" if value is None else f": {_shortened(value)!r}")


def _shortened(value: str, most: int = 80) -> str:
    return value if len(value) <= most else value[: most - 1] + "…"


def _write(connection: duckdb.DuckDBPyConnection, options: ReadOptions) -> None:
    if options.bad_rows is None:
        return
    with replacing(options.bad_rows, force=options.force) as path:
        # `replacing` gives a temporary file already, so DuckDB need not write to one of its own.
        connection.execute(f"""
            COPY (SELECT file, row, reason, user_text AS "user", item_text AS item, plays_text AS plays,
                         time_text AS time, line FROM bad_rows {_ORDER})
            TO {quoted(str(path))} (FORMAT csv, HEADER, USE_TMP_FILE false)""")
