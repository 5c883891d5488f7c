"""Rows of a DataFrame as users, items and plays, by the rules of `deepcuts.ingest`; what is bad is counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from deepcuts.errors import DataError
from deepcuts.ingest.tabular.arrow_tables import scan_table
from deepcuts.ingest.tabular.columns import Columns
from deepcuts.ingest.tabular.database import plain_errors, workspace
from deepcuts.ingest.tabular.options import ReadOptions
from deepcuts.ingest.tabular.rules import bad_rows, good_rows, without_blanks
from deepcuts.ingest.tabular.scan import Scan
from deepcuts.spark.session import Batches, Task, arrow_schema, batch_of, cores

_ROWS = 500_000  # that a database takes at once
_WHERE = "the DataFrame"
_TEXT = {"csv": ",", "tsv": "\t", "txt": "\t"}
ALL_ROWS = "rows"  # the note of how many there are

ROWS = "user string, item string, plays double"
COLUMNS = f"{ROWS}, part int, note string"


def frame_of(session: Any, source: Any) -> Any:
    """Return a DataFrame as it is, and read a path: of CSV or TSV with a header, of JSON lines, else of Parquet."""
    if not isinstance(source, str):
        return source
    ending = source.removesuffix(".gz").rpartition(".")[2].lower()
    if ending in _TEXT:
        return session.read.csv(source, header=True, sep=_TEXT[ending])
    return session.read.json(source) if ending in ("json", "jsonl", "ndjson") else session.read.parquet(source)


def cleaning(frame: Any, columns: Columns, options: ReadOptions, n_parts: int) -> tuple[Any, Task]:
    """Return the columns asked for, and what makes rows of user, item, plays and part of them.

    Rows without a user count what the note says: a reason, or all rows. All rows of a user are of one part, of so many.

    Raises
    ------
    DataError
        If there are no such columns, or their types do not fit.
    """
    names = frame.columns
    indexes = columns.find(names, len(names), _WHERE)
    quoted = {role: names[index].replace("`", "``") for role, index in indexes.items()}
    chosen = frame.selectExpr(*(f"`{name}` AS {role}" for role, name in quoted.items()))
    known = Columns(**{role: role for role in indexes})
    with workspace(options) as connection:  # types are looked at before all work
        scan_table(connection, chosen.limit(0).toArrow(), known)
    return chosen, partial(_cleaned, known, options, n_parts)


def _cleaned(columns: Columns, options: ReadOptions, n_parts: int, batches: Batches) -> Batches:
    for table in together(batches):
        with workspace(options) as connection, plain_errors(_WHERE, options):
            connection.execute(f"SET threads = {cores()}")  # or each task would take all of its machine
            scan = replace(scan_table(connection, table, columns), dislikes=options.dislikes)
            found = connection.sql(_rows(scan, options, n_parts)).to_arrow_table()
            notes = [(ALL_ROWS, len(table))]
            if pc.sum(found["n"]).as_py() != len(table):  # so this second look at all rows is a rare one
                reasons = f"SELECT reason, count(*) FROM ({bad_rows(scan)}) GROUP BY reason"
                notes += connection.sql(reasons).fetchall()
        yield from found.drop_columns("n").cast(arrow_schema(COLUMNS)).to_batches(max_chunksize=_ROWS)
        names, counts = zip(*notes, strict=True)
        nothing = [None] * len(notes)
        yield batch_of(COLUMNS, nothing, nothing, list(map(float, counts)), nothing, names)


def _rows(scan: Scan, options: ReadOptions, n_parts: int) -> str:
    user, item = (without_blanks(name) if options.trim else name for name in ("user_id", "item_id"))
    plays, n = ("plays", "1") if "plays" in scan.cells else ("count(*)::DOUBLE", "count(*)")
    return f"""
        SELECT {user} AS "user", {item} AS item, {plays} AS plays, {n} AS n,
               (hash({user}) % {n_parts})::INTEGER AS part, NULL AS note
        FROM ({good_rows(scan)}) WHERE user_id IS NOT NULL {"" if "plays" in scan.cells else "GROUP BY ALL"}"""


def together(batches: Batches) -> Iterator[pa.Table]:
    """Put batches together until they are worth a database."""
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(map(len, waiting)) >= _ROWS:
            yield pa.Table.from_batches(waiting)
            waiting = []
    if waiting:
        yield pa.Table.from_batches(waiting)


def refuse_bad_rows(notes: dict[str, int], options: ReadOptions) -> None:
    """Refuse what cannot be used, or all rows; `notes` says how many there are for each reason, and in all.

    Raises
    ------
    DataError
        If rows are bad and not to be skipped, or none is left.
    """
    n_rows = notes.get(ALL_ROWS, 0)
    reasons = sorted(((n, reason) for reason, n in notes.items() if reason != ALL_ROWS), reverse=True)
    n_bad = sum(n for n, _ in reasons)
    if not n_rows:
        raise DataError(f"There are no rows in {_WHERE}.")
    listed = "; ".join(f"{reason} ({n:,} rows)" for n, reason in reasons)
    if n_bad == n_rows:
        raise DataError(f"None of the {n_rows:,} rows can be used: {listed}.")
    if n_bad and options.on_bad_rows == "error":
        raise DataError(
            f"{n_bad:,} of {n_rows:,} rows cannot be used: {listed}. Correct them, or leave them out with "
            'on_bad_rows="skip" (--on-bad-rows skip on the command line).'
        )
