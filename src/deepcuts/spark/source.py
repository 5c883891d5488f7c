"""Rows of a DataFrame as users, items and plays, by the rules of `deepcuts.ingest`; what is bad is counted."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numba
import pyarrow as pa

from deepcuts.errors import DataError
from deepcuts.ingest.tabular.arrow_tables import scan_table
from deepcuts.ingest.tabular.columns import Columns
from deepcuts.ingest.tabular.database import plain_errors, workspace
from deepcuts.ingest.tabular.options import ReadOptions
from deepcuts.ingest.tabular.rules import bad_rows, good_rows, without_blanks
from deepcuts.spark.session import Batches, mapped

_WHERE = "the DataFrame"
_TEXT = {"csv": ",", "tsv": "\t", "txt": "\t"}
_ALL = "rows"  # the note of how many there are


def frame_of(session: Any, source: Any) -> Any:
    """Return a DataFrame as it is, and read a path: of CSV or TSV with a header, of JSON lines, else of Parquet."""
    if not isinstance(source, str):
        return source
    ending = source.removesuffix(".gz").rpartition(".")[2].lower()
    if ending in _TEXT:
        return session.read.csv(source, header=True, sep=_TEXT[ending])
    return session.read.json(source) if ending in ("json", "jsonl", "ndjson") else session.read.parquet(source)


def cleaned(frame: Any, columns: Columns, options: ReadOptions, n_parts: int) -> Any:
    """Return rows of user, item, plays, and which of so many parts of the users they are of.

    Rows with a note have no user, but as plays the number of rows that the note is about: the reason why they are bad,
    or all.

    Raises
    ------
    DataError
        If there are no such columns, or their types do not fit.
    """
    names = frame.columns
    indexes = columns.find(names, len(names), _WHERE)
    quoted_names = {role: names[index].replace("`", "``") for role, index in indexes.items()}
    chosen = frame.selectExpr(*(f"`{name}` AS {role}" for role, name in quoted_names.items()))
    known = Columns(**{role: role for role in indexes})
    with workspace(options) as connection:  # types are looked at before all work
        scan_table(connection, chosen.limit(0).toArrow(), known)
    task = partial(_cleaned, known, options, n_parts)
    return mapped(chosen, task, "user string, item string, plays double, part short, note string")


def _cleaned(columns: Columns, options: ReadOptions, n_parts: int, batches: Batches) -> Batches:
    for batch in batches:
        with workspace(options) as connection, plain_errors(_WHERE, options):
            connection.execute(f"SET threads = {numba.get_num_threads()}")  # or each task would take all of its machine
            scan = replace(scan_table(connection, pa.table(batch), columns), dislikes=options.dislikes)
            user, item = (without_blanks(name) if options.trim else name for name in ("user_id", "item_id"))
            # Users that differ in blanks only are of one part, which is to find them.
            rows = connection.sql(f"""
                SELECT {user} AS "user", {item} AS item, plays,
                       (hash({without_blanks("user_id")}) % {n_parts})::SMALLINT AS part, NULL::VARCHAR AS note
                FROM ({good_rows(scan)})""").to_arrow_table()
            notes = [(len(batch), _ALL)]
            if rows["user"].null_count:  # so this second look at all rows is a rare one
                rows = rows.filter(rows["user"].is_valid())
                notes += connection.sql(f"SELECT count(*), reason FROM ({bad_rows(scan)}) GROUP BY reason").fetchall()
        yield from rows.combine_chunks().to_batches()
        yield pa.RecordBatch.from_pylist([{"plays": float(n), "note": note} for n, note in notes], rows.schema)


def refuse_bad_rows(notes: dict[str, int], options: ReadOptions) -> tuple[int, int]:
    """Refuse what cannot be used, or all rows; `notes` says how many there are for each reason, and in all.

    Returns
    -------
    Number of rows, and of bad ones.

    Raises
    ------
    DataError
        If rows are bad and not to be skipped, or none is left.
    """
    n_rows = notes.get(_ALL, 0)
    reasons = sorted(((n, reason) for reason, n in notes.items() if reason != _ALL), reverse=True)
    n_bad = sum(n for n, _ in reasons)
    listed = "; ".join(f"{reason} ({n:,} rows)" for n, reason in reasons)
    if not n_rows:
        raise DataError(f"There are no rows in {_WHERE}.")
    if n_bad == n_rows:
        raise DataError(f"None of the {n_rows:,} rows can be used: {listed}.")
    if n_bad and options.on_bad_rows == "error":
        raise DataError(
            f"{n_bad:,} of {n_rows:,} rows cannot be used: {listed}. Correct them, or leave them out with "
            'on_bad_rows="skip" (--on-bad-rows skip on the command line).'
        )
    return n_rows, n_bad
